//! The tables of FortiOS: those that are modelled, and those that may be skipped.

use super::entry::Entry;
use crate::packet::Family;

/// A table whose entries are modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Address(Family),
    AddressGroup(Family),
    Service,
    ServiceGroup,
    Schedule,
    Zone,
    Policy,
    LocalIn(Family),
}

/// What a name in a field refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Addresses and address groups.
    Addresses(Family),
    /// Services and service groups.
    Services,
    /// Interfaces and zones.
    Interfaces,
}

impl Table {
    /// The table of a `config` path.
    pub fn of(path: &str) -> Option<Self> {
        Some(match path {
            "firewall address" => Self::Address(Family::V4),
            "firewall address6" => Self::Address(Family::V6),
            "firewall addrgrp" => Self::AddressGroup(Family::V4),
            "firewall addrgrp6" => Self::AddressGroup(Family::V6),
            "firewall service custom" => Self::Service,
            "firewall service group" => Self::ServiceGroup,
            "firewall schedule recurring" => Self::Schedule,
            "system zone" => Self::Zone,
            "firewall policy" => Self::Policy,
            "firewall local-in-policy" => Self::LocalIn(Family::V4),
            "firewall local-in-policy6" => Self::LocalIn(Family::V6),
            _ => return None,
        })
    }

    /// True where entries have numbers and an order.
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::Policy | Self::LocalIn(_))
    }

    /// Where the names of its entries are referred to.
    pub fn space(self) -> Option<Space> {
        match self {
            Self::Address(family) | Self::AddressGroup(family) => Some(Space::Addresses(family)),
            Self::Service | Self::ServiceGroup => Some(Space::Services),
            Self::Zone => Some(Space::Interfaces),
            Self::Schedule | Self::Policy | Self::LocalIn(_) => None,
        }
    }

    /// The fields of an entry that refer to others.
    pub fn references(self) -> &'static [(&'static str, Space)] {
        const V4: Space = Space::Addresses(Family::V4);
        const V6: Space = Space::Addresses(Family::V6);
        match self {
            Self::AddressGroup(Family::V4) => &[("member", V4), ("exclude-member", V4)],
            Self::AddressGroup(Family::V6) => &[("member", V6), ("exclude-member", V6)],
            Self::ServiceGroup => &[("member", Space::Services)],
            Self::Policy => &[
                ("srcintf", Space::Interfaces),
                ("dstintf", Space::Interfaces),
                ("srcaddr", V4),
                ("dstaddr", V4),
                ("srcaddr6", V6),
                ("dstaddr6", V6),
                ("service", Space::Services),
            ],
            Self::LocalIn(Family::V4) => &[
                ("intf", Space::Interfaces),
                ("srcaddr", V4),
                ("dstaddr", V4),
                ("service", Space::Services),
            ],
            Self::LocalIn(Family::V6) => &[
                ("intf", Space::Interfaces),
                ("srcaddr", V6),
                ("dstaddr", V6),
                ("service", Space::Services),
            ],
            Self::Address(_) | Self::Service | Self::Schedule | Self::Zone => &[],
        }
    }

    /// Which setting a field needs, where the entry does not have it: FortiOS refuses the field then.
    pub fn refusal(self, entry: &Entry, field: &str) -> Option<String> {
        let (decider, default, modelled, needed): (_, _, &[&str], &[&str]) = match (self, field) {
            (Self::Address(Family::V4), "subnet") => ("type", "ipmask", &ADDRESS_TYPES, &["ipmask"]),
            (Self::Address(Family::V4), "start-ip" | "end-ip") => {
                ("type", "ipmask", &ADDRESS_TYPES, &["iprange"])
            }
            (Self::Address(Family::V4), "wildcard") => ("type", "ipmask", &ADDRESS_TYPES, &["wildcard"]),
            (Self::Address(Family::V6), "ip6") => ("type", "ipprefix", &ADDRESS6_TYPES, &["ipprefix"]),
            (Self::Address(Family::V6), "start-ip" | "end-ip") => {
                ("type", "ipprefix", &ADDRESS6_TYPES, &["iprange"])
            }
            (
                Self::Address(_),
                "country" | "end-mac" | "fqdn" | "interface" | "macaddr" | "route-tag" | "sdn" | "sdn-tag"
                | "start-mac" | "sub-type" | "wildcard-fqdn",
            ) => (
                "type",
                "ipmask",
                &[ADDRESS_TYPES[0], "ipprefix", "iprange", "wildcard"],
                &["another"],
            ),
            (Self::Service, "tcp-portrange" | "udp-portrange" | "sctp-portrange") => {
                ("protocol", PORTS[0], &PROTOCOLS, &PORTS)
            }
            (Self::Service, "protocol-number") => ("protocol", PORTS[0], &PROTOCOLS, &["IP"]),
            (Self::Service, "icmptype" | "icmpcode") => {
                ("protocol", PORTS[0], &PROTOCOLS, &["ICMP", "ICMP6"])
            }
            _ => return None,
        };
        let value = entry.one(decider, default).unwrap_or_default();
        // Of types that are not modelled nothing is known; who uses one is told so.
        let refused = modelled.contains(&value) && !needed.contains(&value);
        refused.then(|| format!("`{field}` needs `{decider} {}`", needed.join("` or `")))
    }
}

const ADDRESS_TYPES: [&str; 3] = ["ipmask", "iprange", "wildcard"];
const ADDRESS6_TYPES: [&str; 2] = ["ipprefix", "iprange"];
/// The protocol of services with ports; the longer name is that of FortiOS 7.4.
pub const PORTS: [&str; 2] = ["TCP/UDP/SCTP", "TCP/UDP/UDP-Lite/SCTP"];
/// Every protocol that is modelled.
pub const PROTOCOLS: [&str; 5] = [PORTS[0], PORTS[1], "ICMP", "ICMP6", "IP"];

/// Tables, and families of tables, that do not decide which forwarded packet opens a flow, nor what a name in a
/// policy means: names, logs, accounts, routing (which picks the interface, after which policies decide), profiles
/// (which a policy has to name, and is reported for), tunnels and radios (whose ends are interfaces like others).
const SKIPPED: &[&str] = &[
    "alertemail",
    "antivirus",
    "application",
    "authentication",
    "casb",
    "certificate",
    "diameter-filter",
    "dlp",
    "dnsfilter",
    "emailfilter",
    "endpoint-control",
    "file-filter",
    "firewall DoS-policy",
    "firewall DoS-policy6",
    "firewall auth-portal",
    "firewall city",
    "firewall country",
    "firewall identity-based-route",
    "firewall interface-policy",
    "firewall interface-policy6",
    "firewall internet-service-addition",
    "firewall internet-service-append",
    "firewall internet-service-custom",
    "firewall internet-service-custom-group",
    "firewall internet-service-definition",
    "firewall internet-service-extension",
    "firewall internet-service-group",
    "firewall internet-service-name",
    "firewall ippool",
    "firewall ippool6",
    "firewall ldb-monitor",
    "firewall multicast-address",
    "firewall multicast-address6",
    "firewall multicast-policy",
    "firewall multicast-policy6",
    "firewall profile-group",
    "firewall profile-protocol-options",
    "firewall region",
    "firewall schedule group",
    "firewall schedule onetime",
    "firewall service category",
    "firewall shaper",
    "firewall shaping-policy",
    "firewall shaping-profile",
    "firewall sniffer",
    "firewall ssh",
    "firewall ssl",
    "firewall ssl-server",
    "firewall ssl-ssh-profile",
    "firewall traffic-class",
    "firewall vendor-mac",
    "firewall vip",
    "firewall vip6",
    "firewall vipgrp",
    "firewall vipgrp6",
    "firewall wildcard-fqdn",
    "icap",
    "ips",
    "log",
    "report",
    "router",
    "rule",
    "sctp-filter",
    "spamfilter",
    "ssh-filter",
    "switch-controller",
    "system accprofile",
    "system admin",
    "system alarm",
    "system alias",
    "system api-user",
    "system arp-table",
    "system auto-install",
    "system auto-script",
    "system automation-action",
    "system automation-condition",
    "system automation-destination",
    "system automation-stitch",
    "system automation-trigger",
    "system autoupdate",
    "system central-management",
    "system console",
    "system csf",
    "system custom-language",
    "system ddns",
    "system dhcp",
    "system dhcp6",
    "system dns",
    "system dns-database",
    "system dns-server",
    "system dns64",
    "system dscp-based-priority",
    "system email-server",
    "system external-resource",
    "system federated-upgrade",
    "system fips-cc",
    "system fm",
    "system fortiguard",
    "system fortimanager",
    "system fortisandbox",
    "system fsso-polling",
    "system ftm-push",
    "system geoip-country",
    "system geoip-override",
    "system global",
    "system gre-tunnel",
    "system ha",
    "system ha-monitor",
    "system ike",
    "system interface",
    "system ipip-tunnel",
    "system ipv6-neighbor-cache",
    "system link-monitor",
    "system lldp",
    "system lte-modem",
    "system mac-address-table",
    "system modem",
    "system netflow",
    "system network-visibility",
    "system ngfw-settings",
    "system npu",
    "system ntp",
    "system object-tagging",
    "system password-policy",
    "system password-policy-guest-admin",
    "system physical-switch",
    "system probe-response",
    "system ptp",
    "system replacemsg",
    "system replacemsg-group",
    "system replacemsg-image",
    "system resource-limits",
    "system saml",
    "system sdn-connector",
    "system session-helper",
    "system session-ttl",
    "system sflow",
    "system sit-tunnel",
    "system sms-server",
    "system snmp",
    "system ssh-config",
    "system sso-admin",
    "system sso-fortigate-cloud-admin",
    "system standalone-cluster",
    "system storage",
    "system stp",
    "system switch-interface",
    "system tos-based-priority",
    "system vdom-dns",
    "system vdom-exception",
    "system vdom-link",
    "system vdom-netflow",
    "system vdom-property",
    "system vdom-radius-server",
    "system vdom-sflow",
    "system virtual-switch",
    "system wccp",
    "user",
    "videofilter",
    "virtual-patch",
    "voip",
    "vpn",
    "waf",
    "wanopt",
    "web-proxy",
    "webfilter",
    "wireless-controller",
];

/// True where a table may be skipped: it or its family is in the list.
pub fn is_skipped(path: &str) -> bool {
    let in_family = |family: &str| {
        path.strip_prefix(family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    SKIPPED.iter().any(|family| in_family(family))
}

/// Fields of `system settings` that leave policies as they are, whatever their value. Those of the web interface
/// (`gui-…`) do so too.
const PLAIN_SETTINGS: &[&str] = &[
    "allow-subnet-overlap",
    "bfd",
    "comments",
    "default-voip-alg-mode",
    "detect-unknown-esp",
    "device",
    "discovered-device-timeout",
    "ecmp-max-paths",
    "firewall-session-dirty",
    "gateway",
    "h323-direct-model",
    "ike-port",
    "inspection-mode",
    "ip",
    "lldp-reception",
    "lldp-transmission",
    "location-id",
    "mac-ttl",
    "manageip",
    "opmode",
    "policy-offload-level",
    "sctp-session-without-init",
    "sip-expectation",
    "sip-helper",
    "sip-nat-trace",
    "sip-ssl-port",
    "sip-tcp-port",
    "sip-udp-port",
    "snat-hairpin-traffic",
    "status",
    "tcp-session-without-syn",
    "utf8-spam-tagging",
    "v4-ecmp-mode",
    "vdom-type",
    "vpn-stats-log",
    "vpn-stats-period",
];

/// What keeps a `set` in `system settings` from being passed over.
pub fn setting_doubt(field: &str, values: &[&str]) -> Option<String> {
    match (field, values) {
        ("ngfw-mode", ["profile-based"]) => None,
        ("ngfw-mode", _) => Some("policies of another kind decide: `firewall security-policy`".to_owned()),
        ("central-nat" | "asymroute" | "asymroute6" | "asymroute-icmp" | "asymroute6-icmp", ["disable"]) => {
            None
        }
        (field, _) if field.starts_with("gui-") || PLAIN_SETTINGS.contains(&field) => None,
        _ => Some(format!("`{field}` is not modelled")),
    }
}
