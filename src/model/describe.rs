//! Packet sets in the words of a policy: names where a name fits exactly, else prefixes and ports.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Policy, ServiceId, Zone};
use crate::packet::{AddressSet, Family, FlowSet, Hints, IntervalSet, Packet, Region, ServiceSet};

/// How many ranges or ports a reader is shown.
const LISTED: usize = 4;

/// Addresses that may be left out of a zone and still be named one by one.
const LEFT_OUT: u128 = 4;

#[derive(Clone, Copy, Debug)]
enum Side {
    Source,
    Destination,
}

/// Finds names for sets of one policy.
#[derive(Debug)]
pub struct Describer {
    addresses: BTreeMap<AddressSet, String>,
    /// Names for sets whose other family was cut away by what they are about.
    of_one_family: BTreeMap<AddressSet, String>,
    services: BTreeMap<ServiceSet, String>,
    devices: BTreeMap<IpAddr, String>,
    hints: Hints,
    /// How many ranges or ports are listed before the rest is only counted.
    listed: usize,
}

impl Describer {
    /// The names of a policy. Of several for one set the first in this order counts: zones, devices, groups.
    pub fn new(policy: &Policy) -> Self {
        let mut addresses = BTreeMap::new();
        let zones = policy.zones.iter().map(|zone| (&zone.addresses, &zone.name));
        let devices = policy.devices.iter().map(|device| (&device.set, &device.name));
        let groups = policy.groups.iter().map(|group| (&group.addresses, &group.name));
        for (set, name) in zones.chain(devices).chain(groups) {
            if !set.is_empty() {
                addresses
                    .entry(AddressSet::clone(set))
                    .or_insert_with(|| name.clone());
            }
        }
        let mut of_one_family = BTreeMap::new();
        for (set, name) in &addresses {
            for family in Family::BOTH {
                let part = set.only(family);
                if part != *set && !part.is_empty() {
                    of_one_family.entry(part).or_insert_with(|| name.clone());
                }
            }
        }
        // Many standard services share a port: only names that the policy defines or uses, and that are the only one
        // for their set, say what the author means.
        let used: BTreeSet<ServiceId> = policy
            .rules
            .iter()
            .flat_map(|rule| rule.service.named.iter().copied())
            .collect();
        let mut names: BTreeMap<&ServiceSet, Vec<&str>> = BTreeMap::new();
        for (index, service) in policy.services.iter().enumerate() {
            if !service.standard || used.contains(&ServiceId::from_index(index)) {
                names.entry(&service.set).or_default().push(&service.name);
            }
        }
        let services = names
            .into_iter()
            .filter_map(|(set, names)| match names.as_slice() {
                [name] if !set.is_empty() => Some((set.clone(), (*name).to_owned())),
                _ => None,
            })
            .collect();
        let devices = policy
            .devices
            .iter()
            .flat_map(|device| {
                device
                    .addresses
                    .iter()
                    .map(|(address, _)| (*address, device.name.clone()))
            })
            .collect();
        let hints = Hints {
            addresses: policy
                .devices
                .iter()
                .flat_map(|device| device.addresses.iter().map(|(a, _)| *a))
                .collect(),
            ports: vec![443, 80, 22, 53, 104, 445, 3389],
        };
        Self {
            addresses,
            of_one_family,
            services,
            devices,
            hints,
            listed: LISTED,
        }
    }

    /// The same for programs, which cannot do with a count: lists are never cut.
    pub fn in_full(self) -> Self {
        Self {
            listed: usize::MAX,
            ..self
        }
    }

    /// What makes examples believable: the policy's devices, and usual ports.
    pub fn hints(&self) -> &Hints {
        &self.hints
    }

    /// The sides of a flow, each as `within` names it.
    fn sides(
        &self,
        flow: &FlowSet,
        within: impl Fn(&AddressSet, &[Family], Side) -> String,
    ) -> (String, String) {
        let carried = |other: &AddressSet| -> Vec<Family> {
            let families = Family::BOTH.into_iter();
            let carried = families.filter(|family| {
                !other.only(*family).is_empty() && !flow.service.in_family(*family).is_empty()
            });
            carried.collect()
        };
        let beside = carried(&flow.destination);
        let source = within(&flow.source, &beside, Side::Source);
        // Names of both sides that hold more than the sides do would meet in packets that the flow does not have.
        let named =
            !self.addresses.contains_key(&*flow.source) && self.by_part(&flow.source, &beside).is_some();
        let beside = match named {
            true => carried(&AddressSet::full()),
            false => carried(&flow.source),
        };
        (source, within(&flow.destination, &beside, Side::Destination))
    }

    /// The name of a set of which this one is all of one family. Only where nothing of the other one is carried, since
    /// the name would promise it.
    fn by_part(&self, set: &AddressSet, carried: &[Family]) -> Option<&String> {
        match carried.iter().any(|family| set.only(*family).is_empty()) {
            true => None,
            false => self.of_one_family.get(set),
        }
    }

    /// `pump-gateway`, `10.20.0.0/22, 10.24.0.7`, `any`. The families are those that the other side and the service
    /// have.
    fn addresses(&self, set: &AddressSet, carried: &[Family]) -> String {
        if let Some(name) = self.addresses.get(set) {
            return name.clone();
        }
        if *set == AddressSet::full() {
            return "any".to_owned();
        }
        for family in Family::BOTH {
            let one = set.only(family);
            if one == *set && one == AddressSet::full().only(family) {
                return format!("any {}", family.name());
            }
        }
        if let Some(name) = self.by_part(set, carried) {
            return name.clone();
        }
        let v4 = set
            .v4
            .ranges()
            .iter()
            .map(|(a, b)| range(Ipv4Addr::from(*a).into(), Ipv4Addr::from(*b).into()));
        let v6 = set
            .v6
            .ranges()
            .iter()
            .map(|(a, b)| range(Ipv6Addr::from(*a).into(), Ipv6Addr::from(*b).into()));
        listed(v4.chain(v6).collect(), self.listed)
    }

    /// The sides of a flow between two zones; what is only a part of its zone says so.
    pub fn between(&self, zones: (&Zone, &Zone), flow: &FlowSet) -> (String, String) {
        self.sides(flow, |set, carried, side| {
            let zone = match side {
                Side::Source => zones.0,
                Side::Destination => zones.1,
            };
            let name = self.part_of(zone, set, carried);
            if name == zone.name || name.starts_with(&format!("{} - ", zone.name)) {
                name
            } else {
                format!("{name} ({})", zone.name)
            }
        })
    }

    /// A part of a zone: `clinical.pumps - pump-007` where only a few devices are left out.
    fn part_of(&self, zone: &Zone, set: &AddressSet, carried: &[Family]) -> String {
        let left_out = zone.addresses.difference(set);
        let count = left_out.v4.count().saturating_add(left_out.v6.count());
        if self.addresses.contains_key(set) || count == 0 || count > LEFT_OUT {
            return self.addresses(set, carried);
        }
        let names: BTreeSet<&String> = self
            .devices
            .iter()
            .filter(|(address, _)| left_out.contains(**address))
            .map(|(_, name)| name)
            .collect();
        let addresses = self.devices.iter().filter(|(_, name)| names.contains(name));
        let named = AddressSet::from_addresses(addresses.map(|(address, _)| *address));
        if named != left_out {
            return self.addresses(set, carried);
        }
        let names = names.into_iter().map(|name| format!(" - {name}"));
        format!("{}{}", zone.name, names.collect::<String>())
    }

    /// `https`, `tcp 443, 8443`, `any`.
    pub fn service(&self, set: &ServiceSet) -> String {
        if set.is_full()
            || Family::BOTH
                .iter()
                .any(|f| *set == ServiceSet::full().in_family(*f))
        {
            return "any".to_owned();
        }
        if let Some(name) = self.services.get(set) {
            return name.clone();
        }
        listed(parts(set, self.listed), self.listed)
    }

    /// The same in full, one part each: names for as much as names fit, `https`, `ssh`, then the rest, `tcp 8443`.
    pub fn services(&self, set: &ServiceSet) -> Vec<String> {
        let whole = self.service(set);
        if whole == "any" || self.services.contains_key(set) {
            return vec![whole];
        }
        let fitting = self.services.iter().filter(|(named, _)| named.is_subset(set));
        let fitting: Vec<(&ServiceSet, &String)> = fitting.collect();
        // A name inside a larger one that fits as well says nothing more.
        let largest = fitting.iter().filter(|(named, _)| {
            let larger = |other: &&(&ServiceSet, &String)| other.0 != *named && named.is_subset(other.0);
            !fitting.iter().any(|other| larger(&other))
        });
        let mut names: Vec<String> = Vec::new();
        let mut rest = set.clone();
        for (named, name) in largest {
            names.push((*name).clone());
            rest = rest.difference(named);
        }
        names.sort_unstable();
        names.extend(parts(&rest, self.listed));
        names
    }

    /// `tcp 443 from clinical.pumps to pump-gateway`
    pub fn flow(&self, flow: &FlowSet) -> String {
        let service = self.service(&flow.service);
        let (source, destination) = self.sides(flow, |set, carried, _| self.addresses(set, carried));
        format!("{service} from {source} to {destination}")
    }

    /// A packet with the names of its devices or zones: `tcp 10.0.0.1:49152 -> 10.1.0.1:443 (pump-001 to gateway)`.
    pub fn packet(&self, policy: &Policy, packet: &Packet) -> String {
        let name = |address: IpAddr| {
            let device = self.devices.get(&address).cloned();
            device.or_else(|| {
                policy
                    .zone_map
                    .zone_of(address)
                    .map(|zone| policy.zone_name(zone).to_owned())
            })
        };
        match (name(packet.source), name(packet.destination)) {
            (Some(from), Some(to)) => format!("{packet} ({from} to {to})"),
            _ => packet.to_string(),
        }
    }
}

impl Default for Describer {
    fn default() -> Self {
        Self::new(&Policy::default())
    }
}

/// A service without names, one part for each of its products.
fn parts(set: &ServiceSet, most: usize) -> Vec<String> {
    let mut parts = Vec::new();
    for (word, region) in [("tcp", &set.tcp), ("udp", &set.udp), ("sctp", &set.sctp)] {
        parts.extend(region.rows().iter().map(|row| with_ports(word, row, most)));
    }
    for (word, region) in [("icmp", &set.icmp), ("icmpv6", &set.icmpv6)] {
        parts.extend(icmp(word, region, most));
    }
    if set.other == ServiceSet::other_protocols() {
        parts.push("every other protocol".to_owned());
    } else if !set.other.is_empty() {
        parts.push(format!("proto {}", numbers(set.other.ranges(), most)));
    }
    parts
}

fn listed(mut parts: Vec<String>, most: usize) -> String {
    let rest = parts.len().saturating_sub(most);
    if rest > 1 {
        parts.truncate(most);
        parts.push(format!("and {rest} more"));
    }
    parts.join(", ")
}

fn range(first: IpAddr, last: IpAddr) -> String {
    let set = match (first, last) {
        (IpAddr::V4(a), IpAddr::V4(b)) => AddressSet {
            v4: IntervalSet::range(u32::from(a), u32::from(b)),
            ..AddressSet::empty()
        },
        (IpAddr::V6(a), IpAddr::V6(b)) => AddressSet {
            v6: IntervalSet::range(u128::from(a), u128::from(b)),
            ..AddressSet::empty()
        },
        _ => AddressSet::empty(),
    };
    match set.prefixes().as_slice() {
        _ if first == last => first.to_string(),
        [prefix] => prefix.to_string(),
        _ => format!("{first}-{last}"),
    }
}

fn numbers<T: std::fmt::Display + PartialEq>(ranges: &[(T, T)], most: usize) -> String {
    let one = |(a, b): &(T, T)| if a == b { a.to_string() } else { format!("{a}-{b}") };
    listed(ranges.iter().map(one).collect(), most)
}

fn with_ports(
    word: &str,
    (source, destination): &(IntervalSet<u16>, IntervalSet<u16>),
    most: usize,
) -> String {
    let mut text = word.to_owned();
    if !destination.is_full() {
        text.push(' ');
        text.push_str(&numbers(destination.ranges(), most));
    }
    if !source.is_full() {
        text.push_str(" from ");
        text.push_str(&numbers(source.ranges(), most));
    }
    text
}

fn icmp(word: &str, region: &Region, most: usize) -> Vec<String> {
    let all = IntervalSet::range(0, 255);
    region
        .rows()
        .iter()
        .map(|(types, codes)| match (*types == all, *codes == all) {
            (true, true) => word.to_owned(),
            (_, true) => format!("{word} {}", numbers(types.ranges(), most)),
            _ => format!(
                "{word} {} code {}",
                numbers(types.ranges(), most),
                numbers(codes.ranges(), most)
            ),
        })
        .collect()
}
