//! Reads what was written and decides one packet by first match, as plainly as possible.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use septum::packet::{Packet, protocol};

/// A configuration as IOS would hold it.
#[derive(Debug, Default)]
pub struct Device {
    lists: BTreeMap<(u8, String), Vec<Entry>>,
    groups: BTreeMap<String, Vec<(u32, u32)>>,
    groups6: BTreeMap<String, Vec<(u128, u128)>>,
    /// Interface -> (IPv4 list, IPv6 list).
    pub bound: BTreeMap<String, (Option<String>, Option<String>)>,
}

#[derive(Debug)]
struct Entry {
    permit: bool,
    protocol: Option<u8>,
    source: Vec<(u128, u128)>,
    source_mask: Option<(u32, u32)>,
    source_ports: (u16, u16),
    destination: Vec<(u128, u128)>,
    destination_mask: Option<(u32, u32)>,
    destination_ports: (u16, u16),
    icmp: (Option<u16>, Option<u16>),
    established: bool,
}

impl Device {
    /// Every command is known, or this panics.
    pub fn read(text: &str) -> Self {
        let mut device = Self::default();
        let (mut list, mut group, mut group6, mut interface) = (None, None, None, None::<String>);
        let mut numbers = Vec::new();
        for line in text.lines() {
            assert!(line.is_ascii() && !line.contains('?'), "{line}");
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["!", ..] => {}
                ["no", ..] => {}
                ["ip", "access-list", "extended", name] => {
                    list = Some((4, (*name).to_owned()));
                    numbers.clear();
                }
                ["ipv6", "access-list", name] => {
                    list = Some((6, (*name).to_owned()));
                    numbers.clear();
                }
                ["object-group", "network", name] => (group, group6) = (Some((*name).to_owned()), None),
                ["object-group", "v6-network", name] => (group, group6) = (None, Some((*name).to_owned())),
                ["host", one] if group6.is_some() && list.is_none() => {
                    let members = device.groups6.entry(group6.clone().unwrap()).or_default();
                    members.push((wide(one), wide(one)));
                }
                [net] if group6.is_some() && list.is_none() => {
                    let net: ipnet::Ipv6Net = net.parse().unwrap();
                    let members = device.groups6.entry(group6.clone().unwrap()).or_default();
                    members.push((u128::from(net.network()), u128::from(net.broadcast())));
                }
                ["host", _] | [_, _] if line.starts_with(' ') && list.is_none() => {
                    let range = match words.as_slice() {
                        ["host", a] => (v4(a), v4(a)),
                        [net, mask] => (v4(net), v4(net) | !v4(mask)),
                        _ => unreachable!(),
                    };
                    device
                        .groups
                        .entry(group.clone().unwrap())
                        .or_default()
                        .push(range);
                }
                ["range", a, b] if list.is_none() => {
                    let range = (v4(a), v4(b));
                    device
                        .groups
                        .entry(group.clone().unwrap())
                        .or_default()
                        .push(range);
                }
                ["interface", name] => interface = Some((*name).to_owned()),
                ["ip", "access-group", name, "in"] => {
                    let name = (*name).to_owned();
                    assert!(device.lists.contains_key(&(4, name.clone())));
                    device.bound.entry(interface.clone().unwrap()).or_default().0 = Some(name);
                }
                ["ipv6", "traffic-filter", name, "in"] => {
                    let name = (*name).to_owned();
                    assert!(device.lists.contains_key(&(6, name.clone())));
                    device.bound.entry(interface.clone().unwrap()).or_default().1 = Some(name);
                }
                ["remark", ..] => {}
                [number, "remark", ..] => {
                    let text = line.trim_start().strip_prefix(number).unwrap();
                    assert!(text.trim_start().strip_prefix("remark ").unwrap().len() <= 100);
                }
                ["sequence", number, rest @ ..] | [number, rest @ ..] => {
                    let number: u32 = number.parse().unwrap_or_else(|_| panic!("{line}"));
                    assert!(numbers.last().is_none_or(|last| *last < number), "{line}");
                    numbers.push(number);
                    let (family, name) = list.clone().unwrap();
                    let entry = device.entry(family, rest);
                    device.lists.entry((family, name)).or_default().push(entry);
                }
                [] => panic!("empty line"),
            }
        }
        device
    }

    /// True where the interface lets the packet in. `ack` says whether ACK or RST is set.
    pub fn permits(&self, interface: &str, packet: &Packet, ack: bool) -> bool {
        let (v4, v6) = &self.bound[interface];
        let key = match packet.source {
            IpAddr::V4(_) => (4, v4.clone().unwrap()),
            IpAddr::V6(_) => (6, v6.clone().unwrap()),
        };
        let entries = self.lists[&key].iter();
        let mut matching = entries.filter(|entry| entry.matches(packet, ack));
        matching.next().is_some_and(|entry| entry.permit)
    }

    fn entry(&self, family: u8, words: &[&str]) -> Entry {
        let mut words = words.iter().copied().peekable();
        let permit = match words.next().unwrap() {
            "permit" => true,
            "deny" => false,
            other => panic!("verdict {other}"),
        };
        let number = match (words.next().unwrap(), family) {
            ("ip", 4) | ("ipv6", 6) => None,
            ("tcp", _) => Some(protocol::TCP),
            ("udp", _) => Some(protocol::UDP),
            ("sctp", 6) => Some(protocol::SCTP),
            ("icmp", 4) => Some(protocol::ICMP),
            ("icmp", _) => Some(protocol::ICMPV6),
            (number, _) => Some(number.parse().unwrap()),
        };
        let mut side = || {
            let address = words.next().unwrap();
            let mut mask = None;
            let ranges = match address {
                "any" => vec![(0, u128::MAX)],
                "host" => {
                    let one = wide(words.next().unwrap());
                    vec![(one, one)]
                }
                "object-group" if family == 6 => self.groups6[words.next().unwrap()].clone(),
                "object-group" => {
                    let members = &self.groups[words.next().unwrap()];
                    members
                        .iter()
                        .map(|(a, b)| (u128::from(*a), u128::from(*b)))
                        .collect()
                }
                prefix if family == 6 => {
                    let net: ipnet::Ipv6Net = prefix.parse().unwrap();
                    vec![(u128::from(net.network()), u128::from(net.broadcast()))]
                }
                base => {
                    mask = Some((v4(base), v4(words.next().unwrap())));
                    vec![(0, u128::MAX)]
                }
            };
            let ports = match words.peek() {
                Some(&"eq") => {
                    words.next();
                    let port = words.next().unwrap().parse().unwrap();
                    (port, port)
                }
                Some(&"range") => {
                    words.next();
                    let mut bound = || words.next().unwrap().parse().unwrap();
                    (bound(), bound())
                }
                _ => (0, u16::MAX),
            };
            (ranges, mask, ports)
        };
        let (source, source_mask, source_ports) = side();
        let (destination, destination_mask, destination_ports) = side();
        let mut entry = Entry {
            permit,
            protocol: number,
            source,
            source_mask,
            source_ports,
            destination,
            destination_mask,
            destination_ports,
            icmp: (None, None),
            established: false,
        };
        for word in words {
            match word {
                "established" => entry.established = true,
                "log" => {}
                "nd-na" => entry.icmp.0 = Some(136),
                "nd-ns" => entry.icmp.0 = Some(135),
                "router-solicitation" => entry.icmp.0 = Some(133),
                number if entry.icmp.0.is_none() => entry.icmp.0 = Some(number.parse().unwrap()),
                number => {
                    assert!(entry.icmp.1.is_none());
                    entry.icmp.1 = Some(number.parse().unwrap());
                }
            }
        }
        entry
    }
}

impl Entry {
    fn matches(&self, packet: &Packet, ack: bool) -> bool {
        let within = |(first, last): (u16, u16), port: u16| (first..=last).contains(&port);
        let icmp = match packet.source {
            IpAddr::V4(_) => protocol::ICMP,
            IpAddr::V6(_) => protocol::ICMPV6,
        };
        let header = match packet.protocol {
            number if number == icmp => {
                self.icmp.0.is_none_or(|kind| kind == packet.first)
                    && self.icmp.1.is_none_or(|code| code == packet.second)
            }
            protocol::TCP | protocol::UDP | protocol::SCTP => {
                within(self.source_ports, packet.first) && within(self.destination_ports, packet.second)
            }
            _ => true,
        };
        self.protocol.is_none_or(|number| number == packet.protocol)
            && holds(&self.source, self.source_mask, packet.source)
            && holds(&self.destination, self.destination_mask, packet.destination)
            && header
            && (!self.established || (packet.protocol == protocol::TCP && ack))
    }
}

fn holds(ranges: &[(u128, u128)], mask: Option<(u32, u32)>, address: IpAddr) -> bool {
    let value = match address {
        IpAddr::V4(a) => u128::from(u32::from(a)),
        IpAddr::V6(a) => u128::from(a),
    };
    let masked = match (mask, address) {
        (Some((base, wildcard)), IpAddr::V4(a)) => u32::from(a) & !wildcard == base & !wildcard,
        (Some(_), IpAddr::V6(_)) => false,
        (None, _) => true,
    };
    masked
        && ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&value))
}

fn v4(text: &str) -> u32 {
    u32::from(
        text.parse::<Ipv4Addr>()
            .unwrap_or_else(|_| panic!("address {text}")),
    )
}

fn wide(text: &str) -> u128 {
    match text.parse::<IpAddr>().unwrap() {
        IpAddr::V4(a) => u128::from(u32::from(a)),
        IpAddr::V6(a) => u128::from(a) & u128::from(Ipv6Addr::from(u128::MAX)),
    }
}
