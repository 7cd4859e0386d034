//! What a device itself may receive beside management: the protocols that it runs, and what keeps a network alive.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{LocalPlan, RunProtocol};
use crate::packet::{AddressSet, FlowSet, IntervalSet, ServiceSet};

/// Services to the device: to its own addresses, to link-local addresses, to multicast groups and to the broadcast
/// address. Sources are not limited: neighbours, and clients that have no address yet.
pub fn run_flows(local: &LocalPlan, services: impl IntoIterator<Item = ServiceSet>) -> Vec<FlowSet> {
    let receivers = Arc::new(local.own.union(&link_receivers()));
    let everyone = Arc::new(AddressSet::full());
    services
        .into_iter()
        .map(|service| FlowSet {
            source: Arc::clone(&everyone),
            destination: Arc::clone(&receivers),
            service: Arc::new(service),
        })
        .collect()
}

/// What a network needs to stay alive whatever the policy says, and what cannot open a flow: neighbour discovery
/// (RFC 4861: never forwarded, its hop limit is 255), multicast listener discovery (RFC 3810: its hop limit is 1) and
/// ICMP errors (RFC 792, RFC 4443).
pub fn companion_flows() -> Vec<FlowSet> {
    let all = IntervalSet::range(0, 255);
    let errors = IntervalSet::from_ranges([(3, 3), (11, 12)]);
    let v6 = IntervalSet::from_ranges([(1, 4), (130, 137), (143, 143)]);
    vec![FlowSet {
        source: Arc::new(AddressSet::full()),
        destination: Arc::new(AddressSet::full()),
        service: Arc::new(ServiceSet::icmp(&errors, &all).union(&ServiceSet::icmpv6(&v6, &all))),
    }]
}

/// Link-local addresses, multicast groups and the limited broadcast address.
fn link_receivers() -> AddressSet {
    let prefixes = [
        Ipv4Net::new(Ipv4Addr::new(224, 0, 0, 0), 4).map(IpNet::V4),
        Ipv4Net::new(Ipv4Addr::BROADCAST, 32).map(IpNet::V4),
        Ipv6Net::new(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8).map(IpNet::V6),
        Ipv6Net::new(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10).map(IpNet::V6),
    ];
    AddressSet::from_prefixes(prefixes.iter().flatten())
}

/// All that a device takes for a protocol that it runs: what others may open, and answers to what it asks, told by the port
/// that they come from. A device that keeps state knows these as replies.
pub fn run_service(protocol: RunProtocol) -> ServiceSet {
    opened_service(protocol).union(&answer_service(protocol))
}

/// What others may open towards a device for a protocol that it runs.
pub fn opened_service(protocol: RunProtocol) -> ServiceSet {
    let number = |number: u8| ServiceSet::protocols(&IntervalSet::single(number));
    let udp_to = |list: &[u16]| ServiceSet::udp(IntervalSet::full(), ports(list));
    let codes = IntervalSet::range(0, 255);
    match protocol {
        RunProtocol::Ospf => number(89),
        RunProtocol::Bgp => ServiceSet::tcp(IntervalSet::full(), ports(&[179])),
        RunProtocol::Eigrp => number(88),
        RunProtocol::Rip => udp_to(&[520, 521]),
        RunProtocol::Pim => number(103),
        RunProtocol::Igmp => {
            let mld = IntervalSet::from_ranges([(130, 132), (143, 143)]);
            number(2).union(&ServiceSet::icmpv6(&mld, &codes))
        }
        RunProtocol::Hsrp => udp_to(&[1985, 2029]),
        RunProtocol::Vrrp => number(112),
        RunProtocol::Bfd => udp_to(&[3784, 3785, 4784]),
        RunProtocol::DhcpRelay | RunProtocol::DhcpServer => udp_to(&[67, 547]),
        RunProtocol::DhcpClient => udp_to(&[68, 546]),
        RunProtocol::Ping => {
            let echo = |kind: u16| IntervalSet::single(kind);
            ServiceSet::icmp(&echo(8), &codes).union(&ServiceSet::icmpv6(&echo(128), &codes))
        }
        RunProtocol::Ntp
        | RunProtocol::Dns
        | RunProtocol::Radius
        | RunProtocol::Tacacs
        | RunProtocol::Syslog => ServiceSet::empty(),
    }
}

fn answer_service(protocol: RunProtocol) -> ServiceSet {
    let udp_from = |list: &[u16]| ServiceSet::udp(ports(list), IntervalSet::full());
    let tcp_from = |list: &[u16]| ServiceSet::tcp(ports(list), IntervalSet::full());
    match protocol {
        RunProtocol::Bgp => tcp_from(&[179]),
        RunProtocol::Ntp => udp_from(&[123]),
        RunProtocol::Dns => udp_from(&[53]).union(&tcp_from(&[53])),
        RunProtocol::Radius => udp_from(&[1645, 1646, 1812, 1813]),
        RunProtocol::Tacacs => tcp_from(&[49]),
        RunProtocol::Syslog => tcp_from(&[514, 601, 6514]),
        _ => ServiceSet::empty(),
    }
}

fn ports(list: &[u16]) -> IntervalSet<u16> {
    list.iter().map(|port| (*port, *port)).collect()
}
