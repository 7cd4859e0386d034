//! The tables and fields that the oracle knows, with the limits that FortiOS 7.4 sets.

/// A table, what it calls its entries, and its fields.
pub struct Schema {
    pub table: &'static str,
    pub name_length: usize,
    pub numbered: bool,
    pub fields: &'static [&'static str],
}

const POLICY: &[&str] = &[
    "name",
    "uuid",
    "srcintf",
    "dstintf",
    "action",
    "srcaddr",
    "dstaddr",
    "srcaddr6",
    "dstaddr6",
    "srcaddr-negate",
    "dstaddr-negate",
    "srcaddr6-negate",
    "dstaddr6-negate",
    "service-negate",
    "schedule",
    "service",
    "status",
    "logtraffic",
    "logtraffic-start",
    "nat",
    "comments",
    "label",
    "global-label",
    "inspection-mode",
    "match-vip",
    "send-deny-packet",
    "anti-replay",
];

const LOCAL_IN: &[&str] = &[
    "uuid",
    "intf",
    "srcaddr",
    "dstaddr",
    "srcaddr-negate",
    "dstaddr-negate",
    "service-negate",
    "action",
    "schedule",
    "service",
    "status",
    "comments",
    "logtraffic",
];

const GROUP: &[&str] = &[
    "uuid",
    "member",
    "exclude",
    "exclude-member",
    "comment",
    "color",
    "category",
    "allow-routing",
];

pub const SCHEMAS: &[Schema] = &[
    Schema {
        table: "system zone",
        name_length: 35,
        numbered: false,
        fields: &["interface", "intrazone", "description"],
    },
    Schema {
        table: "system interface",
        name_length: 15,
        numbered: false,
        fields: &[
            "vdom",
            "ip",
            "allowaccess",
            "alias",
            "description",
            "type",
            "role",
            "interface",
            "vlanid",
        ],
    },
    Schema {
        table: "firewall address",
        name_length: 79,
        numbered: false,
        fields: &[
            "uuid",
            "type",
            "subnet",
            "start-ip",
            "end-ip",
            "wildcard",
            "comment",
            "color",
            "allow-routing",
        ],
    },
    Schema {
        table: "firewall address6",
        name_length: 79,
        numbered: false,
        fields: &["uuid", "type", "ip6", "start-ip", "end-ip", "comment", "color"],
    },
    Schema {
        table: "firewall addrgrp",
        name_length: 79,
        numbered: false,
        fields: GROUP,
    },
    Schema {
        table: "firewall addrgrp6",
        name_length: 79,
        numbered: false,
        fields: GROUP,
    },
    Schema {
        table: "firewall service custom",
        name_length: 79,
        numbered: false,
        fields: &[
            "uuid",
            "protocol",
            "protocol-number",
            "icmptype",
            "icmpcode",
            "tcp-portrange",
            "udp-portrange",
            "sctp-portrange",
            "comment",
            "color",
            "category",
            "visibility",
        ],
    },
    Schema {
        table: "firewall service group",
        name_length: 79,
        numbered: false,
        fields: &["uuid", "member", "comment", "color"],
    },
    Schema {
        table: "firewall policy",
        name_length: 10,
        numbered: true,
        fields: POLICY,
    },
    Schema {
        table: "firewall local-in-policy",
        name_length: 10,
        numbered: true,
        fields: LOCAL_IN,
    },
    Schema {
        table: "firewall local-in-policy6",
        name_length: 10,
        numbered: true,
        fields: LOCAL_IN,
    },
];

pub fn of(table: &str) -> Option<&'static Schema> {
    SCHEMAS.iter().find(|schema| schema.table == table)
}

/// How many bytes a field holds.
pub fn field_length(table: &str, field: &str) -> Option<usize> {
    match (table, field) {
        (_, "comment") => Some(255),
        (_, "comments") => Some(1023),
        (_, "description") => Some(127),
        (_, "label" | "global-label") => Some(63),
        ("firewall policy", "name") => Some(35),
        (_, "schedule") => Some(35),
        _ => None,
    }
}

/// A name holds no character that FortiOS takes for an attack; `( ) #` are refused by many builds.
pub fn check_name(name: &str, length: usize) -> Result<(), String> {
    if name.is_empty() || name.len() > length {
        return Err(format!("`{name}` does not have 1 to {length} bytes"));
    }
    if name.chars().any(|c| "\"'<>()#\\".contains(c) || c.is_control()) {
        return Err(format!("`{name}` holds a character that FortiOS refuses"));
    }
    Ok(())
}

/// Fields that make sense only where `type` or `protocol` has one value, which must be set before.
pub fn needs(table: &str, field: &str) -> Option<(&'static str, &'static [&'static str])> {
    Some(match (table, field) {
        ("firewall address", "subnet") => ("type", &["ipmask"]),
        ("firewall address6", "ip6") => ("type", &["ipprefix"]),
        ("firewall address" | "firewall address6", "start-ip" | "end-ip") => ("type", &["iprange"]),
        ("firewall address", "wildcard") => ("type", &["wildcard"]),
        ("firewall service custom", "protocol-number") => ("protocol", &["IP"]),
        ("firewall service custom", "icmptype" | "icmpcode") => ("protocol", &["ICMP", "ICMP6"]),
        ("firewall service custom", "tcp-portrange" | "udp-portrange" | "sctp-portrange") => {
            ("protocol", &["TCP/UDP/SCTP", "TCP/UDP/UDP-Lite/SCTP"])
        }
        _ => return None,
    })
}

/// What an absent field means.
pub fn default(table: &str, field: &str) -> &'static str {
    match (table, field) {
        ("firewall address", "type") => "ipmask",
        ("firewall address6", "type") => "ipprefix",
        ("firewall address", "subnet") => "0.0.0.0/0",
        ("firewall address6", "ip6") => "::/0",
        ("firewall service custom", "protocol") => "TCP/UDP/SCTP",
        ("firewall service custom", "protocol-number") => "0",
        ("system zone", "intrazone") | (_, "action") => "deny",
        (_, "status") => "enable",
        (_, "exclude") => "disable",
        (_, field) if field.ends_with("-negate") => "disable",
        _ => "",
    }
}
