//! What the lists of each interface do to which packets.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::address::{Place, expand};
use super::binding::{Direction, Interface};
use super::device::Device;
use super::entry::{Entry, Protocol};
use super::group;
use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, ServiceSet, protocol};
use crate::target::readback::{Filter, Hook, NotUnderstood, ReadBack, ReadRule};

/// Ranges that all wildcards with holes may fall into, and rules that all filters may hold together: a text that
/// asks for more is no configuration of a device.
const RANGES: usize = 1 << 20;
const RULES: usize = 1 << 22;

/// What filters one family of an interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// A list that has entries.
    List(String),
    /// Nothing; the line that says so.
    Open(usize),
}

/// Rules for packets of TCP with ACK or RST, and for all others.
type Rules = [Arc<Vec<ReadRule>>; 2];

/// Works out every interface. Lists are worked out once, and interfaces with the same lists share their rules.
pub fn of(mut device: Device) -> ReadBack {
    let interfaces = std::mem::take(&mut device.interfaces);
    let mut not_understood = std::mem::take(&mut device.not_understood);
    let mut meaning = Meaning {
        device,
        lists: BTreeMap::new(),
        addresses: FxHashMap::default(),
        services: FxHashMap::default(),
        ranges: RANGES,
        rules: RULES,
    };
    let mut filters = Vec::new();
    let routed = interfaces
        .iter()
        .filter(|(name, _)| !takes_nothing_in(name))
        .flat_map(|(name, interface)| interface.routed().map(|family| (name.clone(), family)));
    let tables = interfaces
        .iter()
        .filter_map(|(name, interface)| Some((name.clone(), interface.table.clone()?)));
    let mut known: BTreeMap<[Source; 2], Rules> = BTreeMap::new();
    for (name, interface) in &interfaces {
        match meaning.interface(interface, &mut known) {
            Ok(rules) => filters.extend(pair(Some(name.clone()), rules)),
            Err(lines) => not_understood.extend(lines),
        }
    }
    let open = meaning.joined(&[Source::Open(1), Source::Open(1)]);
    filters.extend(pair(None, open));
    not_understood.sort();
    not_understood.dedup();
    ReadBack {
        filters,
        not_understood,
        routed: routed.collect(),
        tables: tables.collect(),
        ..ReadBack::default()
    }
}

/// True for interfaces that nothing is wired to.
fn takes_nothing_in(name: &str) -> bool {
    name.starts_with("Loopback") || name.starts_with("Null")
}

fn pair(interface: Option<String>, [established, other]: Rules) -> [Filter; 2] {
    let filter = |established, rules| Filter {
        hook: Hook::Inbound {
            interface: interface.clone(),
            established,
        },
        rules,
    };
    [filter(true, established), filter(false, other)]
}

struct Meaning {
    device: Device,
    /// Lists that were worked out, or why they could not be.
    lists: BTreeMap<(Family, String), Result<Rules, Vec<NotUnderstood>>>,
    addresses: FxHashMap<Place, Arc<AddressSet>>,
    /// Equal services are one.
    services: FxHashMap<ServiceSet, Arc<ServiceSet>>,
    /// Ranges and rules that may still be made.
    ranges: usize,
    rules: usize,
}

impl Meaning {
    fn interface(
        &mut self,
        interface: &Interface,
        known: &mut BTreeMap<[Source; 2], Rules>,
    ) -> Result<Rules, Vec<NotUnderstood>> {
        let key = self.sources(interface)?;
        if let Some(rules) = known.get(&key) {
            return Ok(rules.clone());
        }
        let mut wrong = Vec::new();
        let mut count = 0_usize;
        for (family, source) in Family::BOTH.into_iter().zip(&key) {
            let Source::List(name) = source else { continue };
            match self.list(family, name) {
                Ok([established, other]) => {
                    count = count
                        .saturating_add(established.len())
                        .saturating_add(other.len());
                }
                Err(lines) => wrong.extend(lines),
            }
        }
        if let (Some(binding), true) = (interface.bound.values().next(), count > self.rules) {
            wrong.push(because(&binding.at, "too many entries over all interfaces"));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        self.rules = self.rules.saturating_sub(count);
        let rules = self.joined(&key);
        known.insert(key, rules.clone());
        Ok(rules)
    }

    /// What filters an interface.
    ///
    /// # Errors
    /// When it is nothing that could be told as an inbound filter.
    fn sources(&self, interface: &Interface) -> Result<[Source; 2], Vec<NotUnderstood>> {
        let mut wrong = Vec::new();
        let mut found = [Source::Open(interface.line), Source::Open(interface.line)];
        for (family, found) in Family::BOTH.into_iter().zip(&mut found) {
            for direction in [Direction::In, Direction::Out] {
                let Some(binding) = interface.bound.get(&(family, direction)) else {
                    continue;
                };
                // A list that is undefined or has no entry permits everything.
                let open = match self.device.lists.find(family, &binding.list) {
                    Ok(list) => list.is_none_or(|list| list.is_empty() && list.not_understood.is_empty()),
                    Err(why) => {
                        wrong.push(because(&binding.at, &why));
                        continue;
                    }
                };
                let refused = match direction {
                    Direction::In if open => {
                        *found = Source::Open(binding.at.line);
                        continue;
                    }
                    Direction::Out if open => continue,
                    Direction::Out => "filters what leaves by the interface",
                    Direction::In if interface.is_member => {
                        "is on a member of a port channel, by which its packets come in"
                    }
                    Direction::In if interface.switches => "filters what is switched, before it is routed",
                    Direction::In => {
                        *found = Source::List(binding.list.clone());
                        continue;
                    }
                };
                wrong.push(because(&binding.at, refused));
            }
        }
        if wrong.is_empty() { Ok(found) } else { Err(wrong) }
    }

    /// The rules of both families: no packet is of both.
    fn joined(&self, sources: &[Source; 2]) -> Rules {
        let of = |which: usize| {
            let mut rules = Vec::new();
            for (family, source) in Family::BOTH.into_iter().zip(sources) {
                match source {
                    Source::Open(line) => rules.push(ReadRule::new(true, everything(family), *line)),
                    Source::List(name) => {
                        let list = self.lists.get(&(family, name.clone()));
                        let found = list
                            .and_then(|list| list.as_ref().ok())
                            .and_then(|l| l.get(which));
                        rules.extend(found.into_iter().flat_map(|rules| rules.iter().cloned()));
                    }
                }
            }
            Arc::new(rules)
        };
        let (established, other) = (of(0), of(1));
        if established == other {
            return [Arc::clone(&established), established];
        }
        [established, other]
    }

    fn list(&mut self, family: Family, name: &str) -> Result<Rules, Vec<NotUnderstood>> {
        let key = (family, name.to_owned());
        if let Some(known) = self.lists.get(&key) {
            return known.clone();
        }
        let made = self.make_list(family, name);
        self.lists.insert(key, made.clone());
        made
    }

    fn make_list(&mut self, family: Family, name: &str) -> Result<Rules, Vec<NotUnderstood>> {
        let Ok(Some(list)) = self.device.lists.find(family, name) else {
            return Ok([Arc::default(), Arc::default()]);
        };
        let list = Arc::clone(list);
        let mut wrong = list.not_understood.clone();
        let (mut established, mut other) = (Vec::new(), Vec::new());
        let mut last = 1;
        for numbered in list.entries() {
            let (entry, line) = (&numbered.entry, numbered.line);
            last = last.max(line);
            let flow = match self.flow(entry, family) {
                Ok(flow) => flow,
                Err(why) => {
                    wrong.push(NotUnderstood {
                        line,
                        text: String::new(),
                        why,
                    });
                    continue;
                }
            };
            if entry.fragments {
                continue;
            }
            let rule = ReadRule::new(entry.permit, flow, line);
            if !entry.established {
                other.push(rule.clone());
            }
            established.push(rule);
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if family == Family::V6 {
            let implied = ReadRule::new(true, neighbour_discovery(), last);
            established.push(implied.clone());
            other.push(implied);
        }
        Ok([Arc::new(established), Arc::new(other)])
    }

    fn flow(&mut self, entry: &Entry, family: Family) -> Result<FlowSet, String> {
        Ok(FlowSet {
            source: self.place(&entry.source, family)?,
            destination: self.place(&entry.destination, family)?,
            service: self.service(entry, family)?,
        })
    }

    fn place(&mut self, place: &Place, family: Family) -> Result<Arc<AddressSet>, String> {
        if let Place::Group(name) = place {
            return match family {
                Family::V4 => self.device.networks.contents(name),
                Family::V6 => self.device.networks6.contents(name),
            };
        }
        if let Some(known) = self.addresses.get(place) {
            return Ok(Arc::clone(known));
        }
        let mut set = AddressSet::empty();
        match place {
            Place::V4 { base, wildcard } => set.v4 = expand(*base, *wildcard)?,
            Place::V6(prefix) => {
                set.v6 = IntervalSet::range(prefix.network().to_bits(), prefix.broadcast().to_bits());
            }
            Place::Group(_) => {}
        }
        let ranges = set.v4.ranges().len();
        self.ranges = (self.ranges.checked_sub(ranges)).ok_or("too many wildcards with holes")?;
        let set = Arc::new(set);
        self.addresses.insert(place.clone(), Arc::clone(&set));
        Ok(set)
    }

    fn service(&mut self, entry: &Entry, family: Family) -> Result<Arc<ServiceSet>, String> {
        let number = match &entry.protocol {
            Protocol::Group(name) => return self.device.services.contents(name),
            Protocol::Any => None,
            Protocol::Number(number) => Some(*number),
        };
        let ports = |ports: &Option<IntervalSet<u16>>| ports.clone().unwrap_or_else(IntervalSet::full);
        let (from, to) = (ports(&entry.source_ports), ports(&entry.destination_ports));
        let service = match (number, family) {
            (None, _) => ServiceSet::full(),
            (Some(protocol::TCP), _) => ServiceSet::tcp(from, to),
            (Some(protocol::UDP), _) => ServiceSet::udp(from, to),
            (Some(protocol::SCTP), _) => ServiceSet::sctp(from, to),
            (Some(protocol::ICMP), Family::V4) => group::icmp(entry.message),
            (Some(number), _) => match entry.message {
                Some((kind, code)) => icmpv6(kind, code),
                None => ServiceSet::protocols(&IntervalSet::single(number)),
            },
        };
        if let Some(known) = self.services.get(&service) {
            return Ok(Arc::clone(known));
        }
        let shared = Arc::new(service.clone());
        self.services.insert(service, Arc::clone(&shared));
        Ok(shared)
    }
}

/// The same line with what is wrong about it.
fn because(line: &NotUnderstood, why: &str) -> NotUnderstood {
    NotUnderstood {
        why: why.to_owned(),
        ..line.clone()
    }
}

fn everything(family: Family) -> FlowSet {
    let all = Arc::new(AddressSet::full().only(family));
    FlowSet {
        source: Arc::clone(&all),
        destination: all,
        service: Arc::new(ServiceSet::full()),
    }
}

fn icmpv6(kind: u8, code: Option<u8>) -> ServiceSet {
    let codes = code.map_or(IntervalSet::range(0, 255), |code| {
        IntervalSet::single(code.into())
    });
    ServiceSet::icmpv6(&IntervalSet::single(kind.into()), &codes)
}

/// What every list of IPv6 permits before it denies the rest (Cisco IOS IPv6 Command Reference, `ipv6 access-list`).
fn neighbour_discovery() -> FlowSet {
    FlowSet {
        service: Arc::new(icmpv6(135, None).union(&icmpv6(136, None))),
        ..everything(Family::V6)
    }
}
