//! What does not change which packets an inbound access list lets in.
//!
//! Routing, names, clocks, management, logging, spanning trees, and NAT that hides senders: an inbound list sees a packet
//! before it is routed or translated. What drops or opens beside the lists (zone-based firewall, inspection, VLAN maps, unicast
//! reverse path, policing on an interface, TrustSec, downloadable lists, IPsec, MPLS, event scripts) is not here.

use super::keyword::abbreviates;

/// Global commands, together with the lines of the section below each.
const GLOBAL: &[&str] = &[
    "aaa",
    "access-list compiled",
    "alias",
    "archive",
    "arp",
    "bfd",
    "boot",
    "boot-end-marker",
    "boot-start-marker",
    "Building configuration...",
    "call-home",
    "cdp",
    "class-map",
    "clock",
    "config-register",
    "configure terminal",
    "control-plane",
    "crypto engine",
    "crypto ikev2",
    "crypto ipsec",
    "crypto isakmp",
    "crypto key",
    "crypto pki",
    "Current configuration",
    "device-tracking logging",
    "diagnostic",
    "enable",
    "errdisable",
    "exception",
    "file",
    "flow",
    "hostname",
    "hw-module",
    "ip arp",
    "ip as-path",
    "ip bgp-community",
    "ip cef",
    "ip classless",
    "ip community-list",
    "ip default-gateway",
    "ip default-network",
    "ip device",
    "ip dhcp",
    "ip dns",
    "ip domain",
    "ip domain-list",
    "ip domain-lookup",
    "ip domain-name",
    "ip extcommunity-list",
    "ip finger",
    "ip flow-cache",
    "ip flow-export",
    "ip flow-top-talkers",
    "ip forward-protocol",
    "ip ftp",
    "ip gratuitous-arps",
    "ip host",
    "ip http",
    "ip icmp",
    "ip igmp",
    "ip multicast",
    "ip multicast-routing",
    "ip name-server",
    "ip nat",
    "ip pim",
    "ip prefix-list",
    "ip radius",
    "ip rcmd",
    "ip route",
    "ip routing",
    "ip scp",
    "ip sla",
    "ip source-route",
    "ip ssh",
    "ip subnet-zero",
    "ip tacacs",
    "ip tcp path-mtu-discovery",
    "ip tcp selective-ack",
    "ip tcp synwait-time",
    "ip tcp timestamp",
    "ip tcp window-size",
    "ip telnet",
    "ip tftp",
    "ip vrf",
    "ip access-list log-update",
    "ip access-list logging",
    "ip access-list persistent",
    "ipv6 access-list log-update",
    "ipv6 cef",
    "ipv6 dhcp",
    "ipv6 hop-limit",
    "ipv6 host",
    "ipv6 icmp",
    "ipv6 local",
    "ipv6 mld",
    "ipv6 multicast-routing",
    "ipv6 nd",
    "ipv6 neighbor",
    "ipv6 ospf",
    "ipv6 pim",
    "ipv6 prefix-list",
    "ipv6 route",
    "ipv6 router",
    "ipv6 source-route",
    "ipv6 unicast-routing",
    "key",
    "lacp",
    "license",
    "line",
    "lldp",
    "logging",
    "login",
    "mac address-table",
    "memory",
    "memory-size",
    "mls qos",
    "monitor",
    "multilink",
    "netconf",
    "netconf-yang",
    "network-clock",
    "ntp",
    "object-group fqdn",
    "object-group v6-service",
    "parser",
    "password",
    "platform console",
    "platform punt-keepalive",
    "platform qfp",
    "policy-map",
    "port-channel",
    "power",
    "process",
    "privilege",
    "prompt",
    "radius",
    "radius-server",
    "redundancy",
    "restconf",
    "rmon",
    "route-map",
    "route-tag",
    "router",
    "scheduler",
    "sdm",
    "security authentication",
    "security passwords",
    "service",
    "snmp",
    "snmp-server",
    "software auto-upgrade",
    "spanning-tree",
    "stack-mac",
    "subscriber templating",
    "switch",
    "system",
    "tacacs",
    "tacacs-server",
    "telemetry",
    "tftp-server",
    "time-range",
    "track",
    "transceiver",
    "udld",
    "upgrade",
    "username",
    "version",
    "vlan dot1q",
    "vlan internal",
    "vrf definition",
    "vtp",
];

/// Commands below `interface`.
const INTERFACE: &[&str] = &[
    "arp",
    "auto",
    "autostate",
    "bandwidth",
    "bfd",
    "carrier-delay",
    "cdp",
    "channel-group",
    "channel-protocol",
    "clock",
    "dampening",
    "delay",
    "description",
    "duplex",
    "encapsulation",
    "fair-queue",
    "flowcontrol",
    "glbp",
    "hold-queue",
    "ip address",
    "ip arp",
    "ip authentication",
    "ip bandwidth-percent",
    "ip dhcp",
    "ip directed-broadcast",
    "ip flow",
    "ip hello-interval",
    "ip helper-address",
    "ip hold-time",
    "ip igmp",
    "ip load-sharing",
    "ip local-proxy-arp",
    "ip mroute-cache",
    "ip mtu",
    "ip nat",
    "ip nhrp",
    "ip ospf",
    "ip pim",
    "ip proxy-arp",
    "ip redirects",
    "ip rip",
    "ip route-cache",
    "ip router",
    "ip split-horizon",
    "ip summary-address",
    "ip tcp adjust-mss",
    "ip unnumbered",
    "ip unreachables",
    "ip vrf forwarding",
    "ipv6 address",
    "ipv6 dhcp",
    "ipv6 eigrp",
    "ipv6 enable",
    "ipv6 flow",
    "ipv6 mld",
    "ipv6 mtu",
    "ipv6 nd",
    "ipv6 ospf",
    "ipv6 pim",
    "ipv6 redirects",
    "ipv6 rip",
    "ipv6 router",
    "ipv6 tcp adjust-mss",
    "ipv6 unnumbered",
    "ipv6 unreachables",
    "isis",
    "keepalive",
    "lacp",
    "lldp",
    "load-interval",
    "logging",
    "mac-address",
    "mdix",
    "media-type",
    "mls qos",
    "mop",
    "mtu",
    "negotiation",
    "ntp",
    "ospfv3",
    "power",
    "shutdown",
    "snmp",
    "spanning-tree",
    "speed",
    "standby",
    "switchport",
    "tunnel",
    "tx-ring-limit",
    "udld",
    "vrf forwarding",
    "vrrp",
    "vtp",
];

/// What never stands below another section than its own: below one that is skipped it would be a global command, and
/// do what it does there.
const GLOBAL_ALONE: &[&str] = &[
    "access-list",
    "banner",
    "interface",
    "ip access-group",
    "ip access-list",
    "ip inspect",
    "ipv6 access-list",
    "ipv6 traffic-filter",
    "vlan access-map",
    "vlan filter",
    "zone-pair",
];

/// True for a global command, or its removal, that changes nothing here.
pub fn is_global(words: &[&str]) -> bool {
    // `vlan 10`, `vlan 10,20-29`: but not `vlan filter`.
    let vlan = matches!(without_no(words), [first, ids] if first.eq_ignore_ascii_case("vlan")
        && ids.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'-')));
    // A banner that is set is a text, which is not read as lines.
    let banner = matches!(words, [first, second, ..] if first.eq_ignore_ascii_case("no")
        && second.eq_ignore_ascii_case("banner"));
    vlan || banner || is_in(GLOBAL, without_no(words))
}

/// True for a global command that leads packets elsewhere than a list, which saw them before, could tell: to hosts behind
/// a translated address, or into another routing table.
pub fn leads_elsewhere(words: &[&str]) -> bool {
    let has = |wanted: &str| words.iter().any(|word| abbreviates(word, wanted));
    (is_in(&["ip nat"], words) && (has("static") || has("destination")))
        || (is_in(&["ip route vrf", "ipv6 route vrf"], words) && (has("global") || has("nexthop-vrf")))
}

/// True for a command below `interface` that changes nothing here.
pub fn is_of_interface(words: &[&str]) -> bool {
    is_in(INTERFACE, without_no(words))
}

/// True for a line below a skipped section that is a global command all the same.
pub fn is_global_alone(words: &[&str]) -> bool {
    let words = without_no(words);
    let begins = |command: &&str| {
        let mut given = words.iter();
        command
            .split(' ')
            .all(|word| given.next().is_some_and(|given| abbreviates(given, word)))
    };
    // `object` alone is a line of `track`.
    GLOBAL_ALONE.iter().any(begins) || is_in(&["object-group"], words)
}

fn without_no<'w, 't>(words: &'w [&'t str]) -> &'w [&'t str] {
    match words {
        [no, rest @ ..] if no.eq_ignore_ascii_case("no") => rest,
        _ => words,
    }
}

fn is_in(commands: &[&str], words: &[&str]) -> bool {
    commands.iter().any(|command| {
        let mut given = words.iter();
        command
            .split(' ')
            .all(|word| given.next().is_some_and(|given| given.eq_ignore_ascii_case(word)))
    })
}
