//! Traffic of the device itself: what keeps it alive on its links, and the protocols that `run` names.

use crate::packet::{AddressSet, Family};
use crate::plan::RunProtocol;

use super::atom;
use super::ruleset::Chain;

/// What comes before everything else in every base chain: replies pass, broken packets do not.
pub const STATE: &str = "ct state vmap { established : accept, related : accept, invalid : drop }";

/// Neighbour and router discovery (RFC 4861; the hop limit shows that no router passed it on), the listener reports
/// without which a switch that snoops them stops passing neighbour solicitations (RFC 3810, 5: from a link-local
/// address, or none yet), and the errors that path MTU discovery needs (RFC 4890, RFC 1191).
const ALIVE: [(&str, &str); 4] = [
    (
        "icmpv6 type { 133-136 } ip6 hoplimit 255 counter accept",
        "neighbour and router discovery",
    ),
    (
        "icmpv6 type { 130-132, 143 } ip6 saddr { ::, fe80::/10 } counter accept",
        "multicast listeners",
    ),
    (
        "icmpv6 type { 1-4 } counter accept",
        "errors, packet-too-big among them",
    ),
    ("icmp type 3 icmp code 4 counter accept", "fragmentation needed"),
];

/// Adds what an endpoint cannot do without.
pub fn add_essentials(chain: &mut Chain, loopback: &str) {
    chain.add(STATE, "replies, and errors about known flows");
    chain.add(format!("{loopback} \"lo\" accept"), "the device to itself");
    for (statement, comment) in ALIVE {
        chain.add(statement, comment);
    }
}

/// Adds what a device must receive to run a protocol. `guard` tells by which interfaces, and ends in a space, or is
/// empty.
pub fn add_received(chain: &mut Chain, protocol: RunProtocol, guard: &str, own: &AddressSet) {
    for tests in received(protocol) {
        chain.add(
            format!("{guard}{tests} counter accept"),
            format!("run {}", protocol.word()),
        );
    }
    if protocol == RunProtocol::Ping {
        add_ping(chain, guard, own);
    }
}

/// Adds what a device must send to run a protocol.
pub fn add_sent(chain: &mut Chain, protocol: RunProtocol) {
    for tests in sent(protocol) {
        chain.add(
            format!("{tests} counter accept"),
            format!("run {}", protocol.word()),
        );
    }
}

fn add_ping(chain: &mut Chain, guard: &str, own: &AddressSet) {
    for (family, request) in [(Family::V4, "icmp type 8"), (Family::V6, "icmpv6 type 128")] {
        // Without known addresses, what the kernel takes for the device's own counts.
        let to_own = if own.is_empty_in(family) {
            String::new()
        } else {
            format!("{} ", atom::destination(family, &atom::in_family(own, family)))
        };
        chain.add(format!("{guard}{to_own}{request} counter accept"), "run ping");
    }
}

/// Packets that open something towards the device. Replies to what it opened itself pass by state.
fn received(protocol: RunProtocol) -> &'static [&'static str] {
    match protocol {
        RunProtocol::Ospf => &["meta l4proto 89"],
        RunProtocol::Bgp => &["tcp dport 179"],
        RunProtocol::Eigrp => &["meta l4proto 88"],
        RunProtocol::Rip => &[
            "meta nfproto ipv4 udp dport 520",
            "meta nfproto ipv6 udp dport 521",
        ],
        RunProtocol::Pim => &["meta l4proto 103"],
        RunProtocol::Igmp => &["meta nfproto ipv4 meta l4proto 2", "icmpv6 type { 130-132, 143 }"],
        RunProtocol::Hsrp => &[
            "ip daddr { 224.0.0.2, 224.0.0.102 } udp dport 1985",
            "ip6 daddr ff02::66 udp dport 2029",
        ],
        RunProtocol::Vrrp => &["meta l4proto 112"],
        RunProtocol::Bfd => &["udp dport { 3784, 4784 }"],
        RunProtocol::DhcpRelay | RunProtocol::DhcpServer => &[
            "meta nfproto ipv4 udp sport { 67, 68 } udp dport 67",
            "meta nfproto ipv6 udp sport { 546, 547 } udp dport 547",
        ],
        RunProtocol::DhcpClient => &[
            "meta nfproto ipv4 udp sport 67 udp dport 68",
            "meta nfproto ipv6 udp sport 547 udp dport 546",
        ],
        RunProtocol::Ping
        | RunProtocol::Ntp
        | RunProtocol::Dns
        | RunProtocol::Radius
        | RunProtocol::Tacacs
        | RunProtocol::Syslog => &[],
    }
}

/// Packets that the device opens something with.
fn sent(protocol: RunProtocol) -> &'static [&'static str] {
    match protocol {
        RunProtocol::DhcpRelay | RunProtocol::DhcpServer => &[
            "meta nfproto ipv4 udp sport 67 udp dport { 67, 68 }",
            "meta nfproto ipv6 udp sport 547 udp dport { 546, 547 }",
        ],
        RunProtocol::DhcpClient => &[
            "meta nfproto ipv4 udp sport 68 udp dport 67",
            "meta nfproto ipv6 udp sport 546 udp dport 547",
        ],
        // It answers, and answers pass by state.
        RunProtocol::Ping => &[],
        RunProtocol::Ntp => &["udp dport 123"],
        RunProtocol::Dns => &["udp dport 53", "tcp dport 53"],
        RunProtocol::Radius => &["udp dport { 1812, 1813 }"],
        RunProtocol::Tacacs => &["tcp dport 49"],
        RunProtocol::Syslog => &["udp dport 514", "tcp dport 6514"],
        _ => received(protocol),
    }
}
