//! Names that IOS prints instead of numbers: Cisco IOS Security Command Reference, `access-list (IP extended)` and
//! `permit (IPv6)`, completed by the YANG models of IOS-XE 16.9. Numbers are IANA's.

use crate::packet::{Family, protocol};

type Names<T> = &'static [(&'static str, T)];

const TCP: Names<u16> = &[
    ("bgp", 179),
    ("chargen", 19),
    ("cmd", 514),
    ("daytime", 13),
    ("discard", 9),
    ("domain", 53),
    ("drip", 3949),
    ("echo", 7),
    ("exec", 512),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("gopher", 70),
    ("hostname", 101),
    ("ident", 113),
    ("irc", 194),
    ("klogin", 543),
    ("kshell", 544),
    ("login", 513),
    ("lpd", 515),
    ("msrpc", 135),
    ("nntp", 119),
    ("onep-plain", 15001),
    ("onep-tls", 15002),
    ("pim-auto-rp", 496),
    ("pop2", 109),
    ("pop3", 110),
    ("smtp", 25),
    ("sunrpc", 111),
    ("syslog", 514),
    ("tacacs", 49),
    ("talk", 517),
    ("telnet", 23),
    ("time", 37),
    ("uucp", 540),
    ("whois", 43),
    ("www", 80),
];

const UDP: Names<u16> = &[
    ("biff", 512),
    ("bootpc", 68),
    ("bootps", 67),
    ("discard", 9),
    ("dnsix", 195),
    ("domain", 53),
    ("echo", 7),
    ("isakmp", 500),
    ("mobile-ip", 434),
    ("nameserver", 42),
    ("netbios-dgm", 138),
    ("netbios-ns", 137),
    ("netbios-ss", 139),
    ("non500-isakmp", 4500),
    ("ntp", 123),
    ("pim-auto-rp", 496),
    ("rip", 520),
    ("ripv6", 521),
    ("snmp", 161),
    ("snmptrap", 162),
    ("sunrpc", 111),
    ("syslog", 514),
    ("tacacs", 49),
    ("talk", 517),
    ("tftp", 69),
    ("time", 37),
    ("who", 513),
    ("xdmcp", 177),
];

const PROTOCOLS4: Names<u8> = &[
    ("ahp", 51),
    ("eigrp", 88),
    ("esp", 50),
    ("gre", 47),
    ("icmp", 1),
    ("igmp", 2),
    ("ipinip", 4),
    ("nos", 94),
    ("ospf", 89),
    ("pcp", 108),
    ("pim", 103),
    ("tcp", 6),
    ("udp", 17),
];

const PROTOCOLS6: Names<u8> = &[
    ("ahp", 51),
    ("esp", 50),
    ("icmp", 58),
    ("pcp", 108),
    ("sctp", 132),
    ("tcp", 6),
    ("udp", 17),
];

/// An ICMP message: its type, and its code where the name means one.
pub type Message = (u8, Option<u8>);

const ICMP: Names<Message> = &[
    ("administratively-prohibited", (3, Some(13))),
    ("alternate-address", (6, None)),
    ("conversion-error", (31, None)),
    ("dod-host-prohibited", (3, Some(10))),
    ("dod-net-prohibited", (3, Some(9))),
    ("echo", (8, None)),
    ("echo-reply", (0, None)),
    ("general-parameter-problem", (12, Some(0))),
    ("host-isolated", (3, Some(8))),
    ("host-precedence-unreachable", (3, Some(14))),
    ("host-redirect", (5, Some(1))),
    ("host-tos-redirect", (5, Some(3))),
    ("host-tos-unreachable", (3, Some(12))),
    ("host-unknown", (3, Some(7))),
    ("host-unreachable", (3, Some(1))),
    ("information-reply", (16, None)),
    ("information-request", (15, None)),
    ("mask-reply", (18, None)),
    ("mask-request", (17, None)),
    ("mobile-redirect", (32, None)),
    ("net-redirect", (5, Some(0))),
    ("net-tos-redirect", (5, Some(2))),
    ("net-tos-unreachable", (3, Some(11))),
    ("net-unreachable", (3, Some(0))),
    ("network-unknown", (3, Some(6))),
    ("no-room-for-option", (12, Some(2))),
    ("option-missing", (12, Some(1))),
    ("packet-too-big", (3, Some(4))),
    ("parameter-problem", (12, None)),
    ("port-unreachable", (3, Some(3))),
    ("precedence-unreachable", (3, Some(15))),
    ("protocol-unreachable", (3, Some(2))),
    ("reassembly-timeout", (11, Some(1))),
    ("redirect", (5, None)),
    ("router-advertisement", (9, None)),
    ("router-solicitation", (10, None)),
    ("source-quench", (4, None)),
    ("source-route-failed", (3, Some(5))),
    ("time-exceeded", (11, None)),
    ("timestamp-reply", (14, None)),
    ("timestamp-request", (13, None)),
    ("traceroute", (30, None)),
    ("ttl-exceeded", (11, Some(0))),
    ("unreachable", (3, None)),
];

/// `destination-unreachable` is left out: the manuals do not say whether it is type 1 or its code 3 alone.
const ICMPV6: Names<Message> = &[
    ("beyond-scope", (1, Some(2))),
    ("echo-reply", (129, None)),
    ("echo-request", (128, None)),
    ("header", (4, Some(0))),
    ("hop-limit", (3, Some(0))),
    ("mld-query", (130, None)),
    ("mld-reduction", (132, None)),
    ("mld-report", (131, None)),
    ("nd-na", (136, None)),
    ("nd-ns", (135, None)),
    ("next-header", (4, Some(1))),
    ("no-admin", (1, Some(1))),
    ("no-route", (1, Some(0))),
    ("packet-too-big", (2, None)),
    ("parameter-option", (4, Some(2))),
    ("parameter-problem", (4, None)),
    ("port-unreachable", (1, Some(4))),
    ("reassembly-timeout", (3, Some(1))),
    ("redirect", (137, None)),
    ("router-advertisement", (134, None)),
    ("router-renumbering", (138, None)),
    ("router-solicitation", (133, None)),
    ("time-exceeded", (3, None)),
    ("unreachable", (1, None)),
];

fn find<T: Copy>(names: Names<T>, name: &str) -> Option<T> {
    let mut all = names.iter();
    all.find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| *value)
}

/// A port by its name: TCP and UDP differ in some.
pub fn port(number: u8, name: &str) -> Option<u16> {
    match number {
        protocol::TCP => find(TCP, name),
        protocol::UDP => find(UDP, name),
        _ => None,
    }
}

/// A protocol by its name; `icmp` is ICMPv6 in a list of IPv6.
pub fn protocol(family: Family, name: &str) -> Option<u8> {
    match family {
        Family::V4 => find(PROTOCOLS4, name),
        Family::V6 => find(PROTOCOLS6, name),
    }
}

/// An ICMP message by its name.
pub fn message(family: Family, name: &str) -> Option<Message> {
    match family {
        Family::V4 => find(ICMP, name),
        Family::V6 => find(ICMPV6, name),
    }
}
