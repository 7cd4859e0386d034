//! Which packets arrive at the device itself for each protocol that it speaks, as one table. A list filters what
//! comes in, to others and to the device alike; what the device sends is never filtered.
//!
//! Answers to clients on the device are limited to the ports from which IOS asks, so that a forged source port
//! does not open its other services.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::product;
use super::term::{Purpose, Term};
use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, ServiceSet};
use crate::plan::{LocalPlan, RunProtocol, Side};

/// Who sends, or receives.
#[derive(Clone, Copy)]
enum Peer {
    Any,
    Own,
    /// The device's addresses on the side's interfaces.
    OnLink,
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Net4(Ipv4Addr, u8),
    Net6(Ipv6Addr, u8),
}

/// What is sent.
#[derive(Clone, Copy)]
enum What {
    Protocol(u8),
    Udp(Ports, Ports),
    Tcp(Ports),
    /// TCP from this port with ACK or RST.
    TcpFrom(u16),
    Icmp(u16),
}

type Ports = (u16, u16);

const ALL: Ports = (0, u16::MAX);
const EPHEMERAL: Ports = (1024, u16::MAX);

const fn port(number: u16) -> Ports {
    (number, number)
}

/// Link-local addresses (RFC 4291).
const LINK: Peer = Peer::Net6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10);
const BROADCAST: Peer = Peer::V4(Ipv4Addr::BROADCAST);

/// 224.0.0.x, the local network control block (RFC 5771).
const fn group4(last: u8) -> Peer {
    Peer::V4(Ipv4Addr::new(224, 0, 0, last))
}

/// ff02::x, link-local scope (RFC 4291).
const fn group6(last: u16) -> Peer {
    Peer::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, last))
}

/// One row: in this family, from whom, to whom, what.
type Arrival = (Family, Peer, Peer, What);

const V4: Family = Family::V4;
const V6: Family = Family::V6;
use Peer::{Any, OnLink, Own};
use What::{Icmp, Protocol, Tcp, TcpFrom, Udp};

const OSPF: &[Arrival] = &[
    (V4, Any, group4(5), Protocol(89)),
    (V4, Any, group4(6), Protocol(89)),
    (V4, Any, Own, Protocol(89)),
    (V6, LINK, group6(5), Protocol(89)),
    (V6, LINK, group6(6), Protocol(89)),
    (V6, LINK, LINK, Protocol(89)),
    (V6, Any, Own, Protocol(89)),
];
const BGP: &[Arrival] = &[
    (V4, Any, Own, Tcp(port(179))),
    (V4, Any, Own, TcpFrom(179)),
    (V6, Any, Own, Tcp(port(179))),
    (V6, Any, Own, TcpFrom(179)),
    (V6, LINK, LINK, Tcp(port(179))),
    (V6, LINK, LINK, TcpFrom(179)),
];
const EIGRP: &[Arrival] = &[
    (V4, Any, group4(10), Protocol(88)),
    (V4, Any, OnLink, Protocol(88)),
    (V6, LINK, group6(10), Protocol(88)),
    (V6, LINK, LINK, Protocol(88)),
];
const RIP: &[Arrival] = &[
    (V4, Any, group4(9), Udp(ALL, port(520))),
    (V4, Any, OnLink, Udp(ALL, port(520))),
    (V6, LINK, group6(9), Udp(ALL, port(521))),
    (V6, LINK, LINK, Udp(ALL, port(521))),
];
const PIM: &[Arrival] = &[
    (V4, Any, group4(13), Protocol(103)),
    (V4, Any, Own, Protocol(103)),
    (V6, LINK, group6(13), Protocol(103)),
    (V6, Any, Own, Protocol(103)),
];
/// Reports go to the group that they are about, so every group is a destination.
const IGMP: &[Arrival] = &[
    (V4, Any, Peer::Net4(Ipv4Addr::new(224, 0, 0, 0), 4), Protocol(2)),
    (V6, LINK, MULTICAST6, Icmp(130)),
    (V6, LINK, MULTICAST6, Icmp(131)),
    (V6, LINK, MULTICAST6, Icmp(132)),
    (V6, LINK, MULTICAST6, Icmp(143)),
];
const MULTICAST6: Peer = Peer::Net6(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8);
/// Version 1 speaks to all routers, version 2 to 224.0.0.102, the IPv6 form on a port of its own to ff02::66.
const HSRP: &[Arrival] = &[
    (V4, Any, group4(2), Udp(ALL, port(1985))),
    (V4, Any, group4(102), Udp(ALL, port(1985))),
    (V6, LINK, group6(0x66), Udp(ALL, port(2029))),
];
const VRRP: &[Arrival] = &[
    (V4, Any, group4(18), Protocol(112)),
    (V6, LINK, group6(0x12), Protocol(112)),
];
const BFD: &[Arrival] = &[
    (V4, Any, Own, Udp(ALL, port(3784))),
    (V4, Any, Own, Udp(ALL, port(4784))),
    (V6, Any, Own, Udp(ALL, port(3784))),
    (V6, Any, Own, Udp(ALL, port(4784))),
    (V6, LINK, LINK, Udp(ALL, port(3784))),
];
/// A client broadcasts from no address, and from its own when it rebinds (RFC 2131, 4.4.5). No router forwards these.
const DHCP_RELAY: &[Arrival] = &[
    (V4, Any, BROADCAST, Udp(port(68), port(67))),
    (V4, Any, Own, Udp(port(68), port(67))),
    (V4, Any, Own, Udp(port(67), port(67))),
    (V6, LINK, DHCP_AGENTS6, Udp(port(546), port(547))),
    (V6, Any, Own, Udp(port(547), port(547))),
];
/// All_DHCP_Relay_Agents_and_Servers (RFC 8415).
const DHCP_AGENTS6: Peer = Peer::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2));
const DHCP_CLIENT: &[Arrival] = &[
    (V4, Any, BROADCAST, Udp(port(67), port(68))),
    (V4, Any, OnLink, Udp(port(67), port(68))),
    (V6, LINK, LINK, Udp(port(547), port(546))),
];
const DHCP_SERVER: &[Arrival] = &[
    (V4, Any, BROADCAST, Udp(port(68), port(67))),
    (V4, Any, Own, Udp(port(68), port(67))),
    (V4, Any, Own, Udp(port(67), port(67))),
    (V6, LINK, DHCP_AGENTS6, Udp(port(546), port(547))),
    (V6, Any, Own, Udp(port(546), port(547))),
    (V6, Any, Own, Udp(port(547), port(547))),
];
const PING: &[Arrival] = &[
    (V4, Any, Own, Icmp(8)),
    (V6, Any, Own, Icmp(128)),
    (V6, LINK, LINK, Icmp(128)),
];
const NTP: &[Arrival] = &[
    (V4, Any, Own, Udp(port(123), port(123))),
    (V6, Any, Own, Udp(port(123), port(123))),
];
const DNS: &[Arrival] = &[
    (V4, Any, Own, Udp(port(53), EPHEMERAL)),
    (V4, Any, Own, TcpFrom(53)),
    (V6, Any, Own, Udp(port(53), EPHEMERAL)),
    (V6, Any, Own, TcpFrom(53)),
];
const RADIUS: &[Arrival] = &[
    (V4, Any, Own, Udp((1812, 1813), EPHEMERAL)),
    (V6, Any, Own, Udp((1812, 1813), EPHEMERAL)),
];
const TACACS: &[Arrival] = &[(V4, Any, Own, TcpFrom(49)), (V6, Any, Own, TcpFrom(49))];
const SYSLOG: &[Arrival] = &[(V4, Any, Own, TcpFrom(6514)), (V6, Any, Own, TcpFrom(6514))];

fn arrivals(protocol: RunProtocol) -> &'static [Arrival] {
    match protocol {
        RunProtocol::Ospf => OSPF,
        RunProtocol::Bgp => BGP,
        RunProtocol::Eigrp => EIGRP,
        RunProtocol::Rip => RIP,
        RunProtocol::Pim => PIM,
        RunProtocol::Igmp => IGMP,
        RunProtocol::Hsrp => HSRP,
        RunProtocol::Vrrp => VRRP,
        RunProtocol::Bfd => BFD,
        RunProtocol::DhcpRelay => DHCP_RELAY,
        RunProtocol::DhcpClient => DHCP_CLIENT,
        RunProtocol::DhcpServer => DHCP_SERVER,
        RunProtocol::Ping => PING,
        RunProtocol::Ntp => NTP,
        RunProtocol::Dns => DNS,
        RunProtocol::Radius => RADIUS,
        RunProtocol::Tacacs => TACACS,
        RunProtocol::Syslog => SYSLOG,
    }
}

/// True where the protocol needs to know the device's own addresses.
pub fn needs_own_addresses(protocol: RunProtocol) -> bool {
    arrivals(protocol).iter().any(|(_, _, to, _)| matches!(to, Own))
}

/// The terms of every protocol that the device speaks, in one family of one side.
pub fn run_terms(local: &LocalPlan, side: &Side, family: Family) -> Vec<Term> {
    let mut terms = Vec::new();
    for protocol in local.run_on(Some(side)) {
        for (_, from, to, what) in arrivals(protocol).iter().filter(|row| row.0 == family) {
            let flow = FlowSet {
                source: Arc::new(addresses(*from, local, side)),
                destination: Arc::new(addresses(*to, local, side)),
                service: Arc::new(service(*what, family)),
            };
            let Some(flow) = product::narrow(&flow, family) else {
                continue;
            };
            terms.push(Term {
                purpose: Purpose::Run(protocol.word()),
                origin: None,
                flow,
                established: matches!(what, TcpFrom(_)),
                log: false,
            });
        }
    }
    terms
}

fn addresses(peer: Peer, local: &LocalPlan, side: &Side) -> AddressSet {
    let (v4, v6) = (IntervalSet::empty(), IntervalSet::empty());
    match peer {
        Peer::Any => AddressSet::full(),
        Peer::Own => (*local.own).clone(),
        Peer::OnLink => {
            let interfaces = side.interfaces.iter();
            let known = AddressSet::from_addresses(
                interfaces.flat_map(|interface| interface.addresses.iter().copied()),
            );
            if known.is_empty() {
                (*local.own).clone()
            } else {
                known
            }
        }
        Peer::V4(address) => AddressSet::from_addresses([address.into()]),
        Peer::V6(address) => AddressSet::from_addresses([address.into()]),
        Peer::Net4(base, length) => {
            let (first, free) = (u32::from(base), u32::MAX.checked_shr(length.into()).unwrap_or(0));
            AddressSet {
                v4: IntervalSet::range(first, first | free),
                v6,
            }
        }
        Peer::Net6(base, length) => {
            let (first, free) = (
                u128::from(base),
                u128::MAX.checked_shr(length.into()).unwrap_or(0),
            );
            AddressSet {
                v4,
                v6: IntervalSet::range(first, first | free),
            }
        }
    }
}

fn service(what: What, family: Family) -> ServiceSet {
    let range = |(first, last): Ports| IntervalSet::range(first, last);
    match what {
        Protocol(number) => ServiceSet::protocols(&IntervalSet::single(number)),
        Udp(from, to) => ServiceSet::udp(range(from), range(to)),
        Tcp(to) => ServiceSet::tcp(IntervalSet::full(), range(to)),
        TcpFrom(from) => ServiceSet::tcp(IntervalSet::single(from), IntervalSet::full()),
        Icmp(number) => {
            let (types, codes) = (IntervalSet::single(number), IntervalSet::range(0, 255));
            match family {
                Family::V4 => ServiceSet::icmp(&types, &codes),
                Family::V6 => ServiceSet::icmpv6(&types, &codes),
            }
        }
    }
}
