//! Objects that every unit ships with, as in FortiOS 7.x. An administrator may edit them: what the text says of
//! one goes before this table. Those that differ between versions (`MGCP`, `webproxy`) are not in it.

use crate::packet::{AddressSet, Family, IntervalSet, ServiceSet};

/// `all` and `none`. The latter is the address of all zeros.
pub fn address(family: Family, name: &str) -> Option<AddressSet> {
    match (name, family) {
        ("all", _) => Some(AddressSet::full().only(family)),
        ("none", Family::V4) => Some(AddressSet {
            v4: IntervalSet::single(0),
            v6: IntervalSet::empty(),
        }),
        ("none", Family::V6) => Some(AddressSet {
            v4: IntervalSet::empty(),
            v6: IntervalSet::single(0),
        }),
        _ => None,
    }
}

type Ports = &'static [(u16, u16)];

enum Shape {
    Every,
    Number(u8),
    Icmp(Option<u16>),
    Icmp6(Option<u16>),
    /// Destination ports of TCP and of UDP.
    Ports(Ports, Ports),
    /// TCP with source ports.
    From(Ports, Ports),
}

/// A predefined service.
pub fn service(name: &str) -> Option<ServiceSet> {
    let (_, shape) = SERVICES.iter().find(|(known, _)| *known == name)?;
    let any = IntervalSet::full;
    let set = |ports: Ports| IntervalSet::from_ranges(ports.iter().copied());
    let bytes = |number: Option<u16>| number.map_or(IntervalSet::range(0, 255), IntervalSet::single);
    let number = |number: u8| ServiceSet::protocols(&IntervalSet::single(number));
    Some(match *shape {
        Shape::Every => ServiceSet::full(),
        Shape::Number(n) => number(n),
        Shape::Icmp(kind) => ServiceSet::icmp(&bytes(kind), &bytes(None)),
        Shape::Icmp6(kind) => ServiceSet::icmpv6(&bytes(kind), &bytes(None)),
        Shape::Ports(tcp, udp) => ServiceSet::tcp(any(), set(tcp)).union(&ServiceSet::udp(any(), set(udp))),
        Shape::From(sources, destinations) => ServiceSet::tcp(set(sources), set(destinations)),
    })
}

use Shape::{Every, From, Icmp, Icmp6, Number, Ports as P};

const SERVICES: &[(&str, Shape)] = &[
    ("ALL", Every),
    ("ALL_TCP", P(&[(1, 65535)], &[])),
    ("ALL_UDP", P(&[], &[(1, 65535)])),
    ("ALL_ICMP", Icmp(None)),
    ("ALL_ICMP6", Icmp6(None)),
    ("GRE", Number(47)),
    ("ESP", Number(50)),
    ("AH", Number(51)),
    ("OSPF", Number(89)),
    ("PING", Icmp(Some(8))),
    ("PING6", Icmp6(Some(128))),
    ("TIMESTAMP", Icmp(Some(13))),
    ("INFO_REQUEST", Icmp(Some(15))),
    ("INFO_ADDRESS", Icmp(Some(17))),
    ("AFS3", P(&[(7000, 7009)], &[(7000, 7009)])),
    ("BGP", P(&[(179, 179)], &[])),
    ("CVSPSERVER", P(&[(2401, 2401)], &[(2401, 2401)])),
    ("DCE-RPC", P(&[(135, 135)], &[(135, 135)])),
    ("DHCP", P(&[], &[(67, 68)])),
    ("DHCP6", P(&[], &[(546, 547)])),
    ("DNS", P(&[(53, 53)], &[(53, 53)])),
    ("FINGER", P(&[(79, 79)], &[])),
    ("FTP", P(&[(21, 21)], &[])),
    ("FTP_GET", P(&[(21, 21)], &[])),
    ("FTP_PUT", P(&[(21, 21)], &[])),
    ("GOPHER", P(&[(70, 70)], &[])),
    ("H323", P(&[(1503, 1503), (1720, 1720)], &[(1719, 1719)])),
    ("HTTP", P(&[(80, 80)], &[])),
    ("HTTPS", P(&[(443, 443)], &[])),
    ("IKE", P(&[], &[(500, 500), (4500, 4500)])),
    ("IMAP", P(&[(143, 143)], &[])),
    ("IMAPS", P(&[(993, 993)], &[])),
    ("Internet-Locator-Service", P(&[(389, 389)], &[])),
    ("IRC", P(&[(6660, 6669)], &[])),
    ("KERBEROS", P(&[(88, 88), (464, 464)], &[(88, 88), (464, 464)])),
    ("L2TP", P(&[(1701, 1701)], &[(1701, 1701)])),
    ("LDAP", P(&[(389, 389)], &[])),
    ("LDAP_UDP", P(&[], &[(389, 389)])),
    ("MS-SQL", P(&[(1433, 1434)], &[])),
    ("MYSQL", P(&[(3306, 3306)], &[])),
    ("NFS", P(&[(111, 111), (2049, 2049)], &[(111, 111), (2049, 2049)])),
    ("NNTP", P(&[(119, 119)], &[])),
    ("NTP", P(&[(123, 123)], &[(123, 123)])),
    ("ONC-RPC", P(&[(111, 111)], &[(111, 111)])),
    ("PC-Anywhere", P(&[(5631, 5631)], &[(5632, 5632)])),
    ("POP3", P(&[(110, 110)], &[])),
    ("POP3S", P(&[(995, 995)], &[])),
    ("PPTP", P(&[(1723, 1723)], &[])),
    ("RADIUS", P(&[], &[(1812, 1813)])),
    ("RADIUS-OLD", P(&[], &[(1645, 1646)])),
    ("RDP", P(&[(3389, 3389)], &[])),
    ("REXEC", P(&[(512, 512)], &[])),
    ("RIP", P(&[], &[(520, 520)])),
    ("RLOGIN", From(&[(512, 1023)], &[(513, 513)])),
    ("RSH", From(&[(512, 1023)], &[(514, 514)])),
    (
        "RTSP",
        P(&[(554, 554), (7070, 7070), (8554, 8554)], &[(554, 554)]),
    ),
    ("SAMBA", P(&[(139, 139)], &[])),
    ("SCCP", P(&[(2000, 2000)], &[])),
    ("SIP", P(&[(5060, 5060)], &[(5060, 5060)])),
    ("SMB", P(&[(445, 445)], &[])),
    ("SMTP", P(&[(25, 25)], &[])),
    ("SMTPS", P(&[(465, 465)], &[])),
    ("SNMP", P(&[(161, 162)], &[(161, 162)])),
    ("SOCKS", P(&[(1080, 1080)], &[(1080, 1080)])),
    ("SQUID", P(&[(3128, 3128)], &[])),
    ("SSH", P(&[(22, 22)], &[])),
    ("SYSLOG", P(&[], &[(514, 514)])),
    ("TELNET", P(&[(23, 23)], &[])),
    ("TFTP", P(&[], &[(69, 69)])),
    ("TRACEROUTE", P(&[], &[(33434, 33535)])),
    ("VNC", P(&[(5900, 5900)], &[])),
    ("WINS", P(&[(1512, 1512)], &[(1512, 1512)])),
    ("X-WINDOWS", P(&[(6000, 6063)], &[])),
];
