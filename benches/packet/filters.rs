//! Filter sets by which packet classifiers are measured, in the format of ClassBench (Taylor and Turner, *ClassBench: A
//! Packet Classification Benchmark*, IEEE/ACM Transactions on Networking 15(3), 2007): read from a file, or made here
//! with the traits of two of its families.

use std::collections::BTreeSet;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net};
use septum::packet::{AddressSet, FlowSet, IntervalSet, PacketRule, ServiceSet, protocol};

use crate::dice::Dice;

/// Which sets a made one is like.
#[derive(Clone, Copy, Debug)]
pub enum Family {
    /// `fw1`: few hosts, each of many services from everywhere, and many rules with wide addresses and any ports.
    Firewall,
    /// `ipc1`: many pairs of hosts and networks, single ports, and some wide rules.
    Chain,
}

type Ports = (u16, u16);

/// A line: addresses, ports, protocol (none for any).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Filter {
    source: Ipv4Net,
    destination: Ipv4Net,
    from: Ports,
    to: Ports,
    protocol: Option<u8>,
}

const ANY: Ports = (0, u16::MAX);
const HIGH: Ports = (1024, u16::MAX);

/// A made set, narrow filters first as ClassBench writes them.
pub fn like(family: Family, count: usize) -> Vec<PacketRule> {
    let mut maker = Maker::of(family, count);
    let mut filters: Vec<Filter> = Vec::new();
    let mut met: BTreeSet<Filter> = BTreeSet::new();
    while filters.len() < count {
        let filter = maker.filter(family);
        if met.insert(filter) {
            filters.push(filter);
        }
    }
    let width = |(first, last): Ports| u32::from(last - first);
    filters.sort_by_key(|filter| {
        let wide = 64 - u32::from(filter.source.prefix_len()) - u32::from(filter.destination.prefix_len());
        wide + (width(filter.from) >> 14) + (width(filter.to) >> 14)
    });
    filters.iter().map(rule).collect()
}

/// The filters of a file.
pub fn read(text: &str) -> Vec<PacketRule> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| rule(&filter(line).unwrap())).collect()
}

fn filter(line: &str) -> Option<Filter> {
    let mut fields = line.strip_prefix('@')?.split('\t');
    let prefix = |text: &str| Some(text.parse::<Ipv4Net>().ok()?.trunc());
    let ports = |text: &str| {
        let (first, last) = text.split_once(" : ")?;
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    };
    let protocol = |text: &str| {
        let (number, mask) = text.split_once('/')?;
        let number = u8::from_str_radix(number.strip_prefix("0x")?, 16).ok()?;
        Some((mask != "0x00").then_some(number))
    };
    Some(Filter {
        source: prefix(fields.next()?)?,
        destination: prefix(fields.next()?)?,
        from: ports(fields.next()?)?,
        to: ports(fields.next()?)?,
        protocol: protocol(fields.next()?)?,
    })
}

/// A filter as a rule. Filters have no action; flags of TCP are left out.
fn rule(filter: &Filter) -> PacketRule {
    let addresses = |net: Ipv4Net| Arc::new(AddressSet::from_prefixes(&[IpNet::V4(net)]));
    let ports = |(first, last): Ports| IntervalSet::range(first, last);
    let (from, to) = (ports(filter.from), ports(filter.to));
    let service = match filter.protocol {
        None => ServiceSet::full(),
        Some(protocol::TCP) => ServiceSet::tcp(from, to),
        Some(protocol::UDP) => ServiceSet::udp(from, to),
        Some(number) => ServiceSet::protocols(&IntervalSet::single(number)),
    };
    PacketRule::permit(FlowSet {
        source: addresses(filter.source),
        destination: addresses(filter.destination),
        service: Arc::new(service),
    })
}

struct Maker {
    dice: Dice,
    sources: Vec<u32>,
    destinations: Vec<u32>,
}

impl Maker {
    /// Hosts in sites of a /20 each.
    fn of(family: Family, count: usize) -> Self {
        let mut dice = Dice::new();
        let sites = match family {
            Family::Firewall => 24,
            Family::Chain => (count / 20).clamp(24, 600),
        };
        let mut hosts = || -> Vec<u32> {
            let sites = (0..sites).map(|_| (dice.below(1 << 20) as u32) << 12);
            let sites: Vec<u32> = sites.collect();
            let host = |site: &u32| site + dice.below(1 << 12) as u32;
            let twelve = sites.iter().flat_map(|site| [site; 12]);
            twelve.map(host).collect()
        };
        let (sources, destinations) = (hosts(), hosts());
        Self {
            dice,
            sources,
            destinations,
        }
    }

    fn filter(&mut self, family: Family) -> Filter {
        let wide = (0, 2);
        let host = (30, 32);
        let network = (16, 29);
        let hundred = self.dice.below(100);
        let (source, destination, from, to) = match (family, hundred) {
            (Family::Firewall, 0..45) => (wide, host, ANY, self.port()),
            (Family::Firewall, 45..55) => (host, wide, self.port(), self.port_or_any()),
            (Family::Firewall, 55..80) => (host, network, self.any_or_high(), self.any_or_high()),
            (Family::Firewall, _) => (network, host, self.any_or_high(), self.port_or_any()),
            (Family::Chain, 0..60) => (host, host, self.port_or_any(), self.port_or_any()),
            (Family::Chain, 60..85) => (network, network, ANY, self.port_or_any()),
            (Family::Chain, 85..93) => (wide, network, ANY, self.port()),
            (Family::Chain, _) => (network, wide, ANY, self.port_or_any()),
        };
        let protocol = match self.dice.below(100) {
            0..70 => Some(protocol::TCP),
            70..95 => Some(protocol::UDP),
            95..98 => Some(protocol::ICMP),
            _ => None,
        };
        let with_ports = matches!(protocol, Some(protocol::TCP | protocol::UDP));
        Filter {
            source: prefix(&mut self.dice, &self.sources, source),
            destination: prefix(&mut self.dice, &self.destinations, destination),
            from: if with_ports { from } else { ANY },
            to: if with_ports { to } else { ANY },
            protocol,
        }
    }

    /// One of sixty ports, or a short range.
    fn port(&mut self) -> Ports {
        let first = 20 + 37 * self.dice.below(60) as u16;
        match self.dice.below(10) {
            0 => (first, first + 10),
            _ => (first, first),
        }
    }

    fn port_or_any(&mut self) -> Ports {
        match self.dice.below(3) {
            0 => self.any_or_high(),
            _ => self.port(),
        }
    }

    fn any_or_high(&mut self) -> Ports {
        match self.dice.below(3) {
            0 => HIGH,
            _ => ANY,
        }
    }
}

/// A prefix around one of some hosts, of a length from the shortest to the longest.
fn prefix(dice: &mut Dice, hosts: &[u32], (shortest, longest): (u8, u8)) -> Ipv4Net {
    let length = shortest + dice.below(usize::from(longest - shortest) + 1) as u8;
    let host = hosts[dice.below(hosts.len())];
    Ipv4Net::new(host.into(), length).unwrap().trunc()
}
