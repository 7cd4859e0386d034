//! Single packets, and what became of them.

use std::fmt;

use septum::packet::{Packet, protocol};
use serde_json::{Value, json};

use super::topology::{macs, peer};
use super::{Namespace, Topology};

/// Where a packet comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It comes in by this interface.
    Interface(String),
    /// The device sends it.
    Device,
}

/// What a packet is in its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opens a flow: SYN, INIT, a request, any datagram.
    Opens,
    /// Answers the probe with this index, right after it: SYN-ACK, INIT ACK, echo reply.
    Answers(usize),
}

/// A packet to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Where it comes from.
    pub entry: Entry,
    /// Its headers.
    pub packet: Packet,
    /// What it is in its flow.
    pub kind: Kind,
}

/// What became of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It came out by this interface.
    Left(String),
    /// The device took it for itself.
    Delivered,
    /// It came out nowhere.
    Dropped,
}

impl Probe {
    /// A packet that opens a flow.
    pub fn opens(entry: Entry, packet: Packet) -> Self {
        Self {
            entry,
            packet,
            kind: Kind::Opens,
        }
    }

    /// The answer to a probe with this index; none where ICMP knows no answer.
    pub fn answer(index: usize, opener: &Self, entry: Entry) -> Option<Self> {
        let packet = opener.packet;
        let (first, second) = match packet.protocol {
            protocol::ICMP | protocol::ICMPV6 => {
                let reply = match packet.first {
                    8 => 0,
                    request @ (13 | 15 | 17 | 128) => request + 1,
                    _ => return None,
                };
                (reply, packet.second)
            }
            _ => (packet.second, packet.first),
        };
        let packet = Packet {
            source: packet.destination,
            destination: packet.source,
            first,
            second,
            ..packet
        };
        Some(Self {
            entry,
            packet,
            kind: Kind::Answers(index),
        })
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.entry {
            Entry::Interface(name) => write!(f, "{} in by {name}", self.packet)?,
            Entry::Device => write!(f, "{} from the device", self.packet)?,
        }
        match self.kind {
            Kind::Opens => Ok(()),
            Kind::Answers(opener) => write!(f, ", answer to probe {opener}"),
        }
    }
}

/// Settings of the device: it judges no packet by its route or checksum, and answers nothing by itself.
const SETTINGS: [&str; 10] = [
    "net.ipv6.conf.default.accept_dad=0",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv4.conf.all.send_redirects=0",
    "net.ipv4.conf.default.send_redirects=0",
    "net.ipv4.icmp_echo_ignore_all=1",
    "net.ipv6.icmp.echo_ignore_all=1",
    "net.netfilter.nf_conntrack_checksum=0",
    "net.netfilter.nf_conntrack_tcp_be_liberal=1",
    "net.ipv4.ip_nonlocal_bind=1",
];

/// Notes what the device takes for itself by the number that each probe carries, and keeps its own resets in: they
/// would end the flows that answers belong to.
const PROBE_TABLE: &str = "
add table inet probe
add set inet probe seen4 { typeof ip id; flags dynamic; size 65535; }
add set inet probe seen6 { typeof ip6 flowlabel; flags dynamic; size 65535; }
add chain inet probe input { type filter hook input priority 100; }
add chain inet probe output { type filter hook output priority -400; }
add rule inet probe input add @seen4 { ip id }
add rule inet probe input add @seen6 { ip6 flowlabel }
add rule inet probe output tcp flags & rst == rst drop
add rule inet probe output icmp type destination-unreachable drop
add rule inet probe output icmpv6 type destination-unreachable drop
";

/// Loads a file on a device with these links, sends the probes, and says what became of each, in order.
pub fn run(file: &str, topology: &Topology, probes: &[Probe]) -> Vec<Verdict> {
    let (device, world) = (Namespace::new("device"), Namespace::new("world"));
    device.run(&[&["sysctl", "-q", "-w"], SETTINGS.as_slice()].concat(), "");
    topology.build(&device, &world);
    device.nft(&["-f", "-"], PROBE_TABLE);
    device.nft(&["-f", "-"], file);
    let request = json!({
        "device": device.name(),
        "links": (0..topology.ports.len())
            .map(|index| {
                let (mac, peer_mac) = macs(index);
                json!({ "peer": peer(index), "mac": mac, "peer_mac": peer_mac })
            })
            .collect::<Vec<Value>>(),
        "probes": probes.iter().map(|probe| fields(topology, probe)).collect::<Vec<Value>>(),
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/nftables/prober.py");
    let answer = world.run(&["python3", script], &request.to_string());
    let answer: Vec<i64> = serde_json::from_str(&answer).expect("a list of numbers");
    assert_eq!(answer.len(), probes.len());
    answer
        .into_iter()
        .map(|number| match usize::try_from(number) {
            Ok(link) => Verdict::Left(topology.ports[link].name.clone()),
            Err(_) if number == -2 => Verdict::Delivered,
            Err(_) => Verdict::Dropped,
        })
        .collect()
}

fn fields(topology: &Topology, probe: &Probe) -> Value {
    let link = match &probe.entry {
        Entry::Device => -1,
        Entry::Interface(name) => {
            let place = topology.ports.iter().position(|port| port.name == *name);
            i64::try_from(place.expect("an interface of the topology")).unwrap()
        }
    };
    let opener = match probe.kind {
        Kind::Opens => -1,
        Kind::Answers(opener) => i64::try_from(opener).unwrap(),
    };
    let Packet {
        source,
        destination,
        protocol,
        first,
        second,
    } = probe.packet;
    json!([link, source, destination, protocol, first, second, opener])
}
