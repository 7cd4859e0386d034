//! Rules between few addresses that share their ports with many others: a map leads from source and destination to a
//! chain that tests the ports. One element takes the place of one for each port.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::atom;
use super::elements::Elements;
use super::exact::{Lengths, Pair, asked, pairs, part_of_name};
use super::keys::{FRAME, Keys, most_used};
use super::kind::Kind;
use super::quote;
use super::ruleset::Chain;
use super::section::{Group, Lowering};
use super::trace::Mark;
use crate::packet::{AddressSet, ServiceSet};
use crate::plan::PlanRule;
use crate::target::name::digest;

/// How many elements a map must spare beside a set of exact flows: a packet looks into both, and the kernel loads more
/// slowly the more tables there are.
const WORTH: usize = 16;

/// Protocols with their ports, ascending.
pub(super) type Ports = Vec<(u8, u16)>;

/// The names of chains that decide about ports, by whether they deny.
pub(super) type PortChains = FxHashMap<(bool, Arc<Ports>), String>;

/// The shares of one rule that name ports.
struct OneRule<'k, 's, 'r> {
    shares: Vec<&'k Keys<'s, 'r>>,
    ports: Ports,
}

impl OneRule<'_, '_, '_> {
    /// How many elements it takes as one for each pair of prefixes.
    fn elements(&self) -> usize {
        let ends = |keys: &&Keys<'_, '_>| keys.sources.len().saturating_mul(keys.destinations.len());
        self.shares.first().map_or(0, ends)
    }

    /// True where a chain that tests its sources would take more lines.
    fn is_small(&self) -> bool {
        let Some(keys) = self.shares.first() else {
            return false;
        };
        let by_port = keys.destinations.len().saturating_mul(self.ports.len());
        self.elements() <= by_port.saturating_add(keys.sources.len() + FRAME)
    }
}

/// How many lines of a device are spared where the ports of a service are tested by a chain of their own.
#[derive(Debug, Default)]
pub(super) struct Spared {
    lines: Vec<usize>,
    /// By what the service holds, and by its place in memory, which the plan holds.
    equal: FxHashMap<Arc<ServiceSet>, usize>,
    known: FxHashMap<*const ServiceSet, usize>,
}

impl Spared {
    /// Of all rules of a device.
    pub(super) fn of<'p>(rules: impl Iterator<Item = &'p PlanRule>) -> Self {
        let mut all = Self::default();
        for PlanRule { flow, .. } in rules {
            let ends = |set: &AddressSet| set.v4.ranges().len() + set.v6.ranges().len();
            let pairs = ends(&flow.source).saturating_mul(ends(&flow.destination));
            let place = all.place(&flow.service);
            if let Some(lines) = all.lines.get_mut(place) {
                let ports = count(&flow.service);
                *lines = lines.saturating_add(pairs.saturating_mul(ports.saturating_sub(1)));
            }
        }
        all
    }

    fn place(&mut self, service: &Arc<ServiceSet>) -> usize {
        if let Some(place) = self.known.get(&Arc::as_ptr(service)) {
            return *place;
        }
        let place = *self.equal.entry(Arc::clone(service)).or_insert(self.lines.len());
        if place == self.lines.len() {
            self.lines.push(0);
        }
        self.known.insert(Arc::as_ptr(service), place);
        place
    }

    fn lines(&self, service: &Arc<ServiceSet>) -> usize {
        let place = self.known.get(&Arc::as_ptr(service));
        place
            .and_then(|place| self.lines.get(*place))
            .copied()
            .unwrap_or(0)
    }
}

/// How many destination ports a service names.
fn count(service: &ServiceSet) -> usize {
    let regions = [&service.tcp, &service.udp, &service.sctp];
    let rows = regions.into_iter().flat_map(|region| region.rows());
    let ports = rows.fold(0_u128, |sum, (_, ports)| sum.saturating_add(ports.count()));
    usize::try_from(ports).unwrap_or(usize::MAX)
}

/// What is said of one pair of prefixes.
struct Entry {
    ends: [u128; 2],
    /// The ports and the mark of each rule that names it.
    rules: Vec<(Arc<Ports>, Arc<Mark>)>,
}

impl Entry {
    /// The ports of all its rules.
    fn ports(&self) -> Arc<Ports> {
        match self.rules.as_slice() {
            [(ports, _)] => Arc::clone(ports),
            several => {
                let mut all: Ports = several
                    .iter()
                    .flat_map(|(ports, _)| ports.iter())
                    .copied()
                    .collect();
                all.sort_unstable();
                all.dedup();
                Arc::new(all)
            }
        }
    }

    /// The marks of its rules, each once.
    fn marks(&self) -> Vec<&Mark> {
        let mut seen: FxHashSet<*const Mark> = FxHashSet::default();
        let marks = self.rules.iter().map(|(_, mark)| mark);
        let once = marks.filter(|mark| self.rules.len() == 1 || seen.insert(Arc::as_ptr(mark)));
        once.map(|mark| &**mark).collect()
    }
}

/// A comment of up to so many bytes that leads back to the policy.
fn comment<'m>(marks: &[&'m Mark], limit: usize) -> Cow<'m, str> {
    match marks {
        [] => Cow::Borrowed(""),
        [only] => Cow::Borrowed(&only.comment),
        [first, more @ ..] => {
            let more = format!(" and {} more", more.len());
            let room = limit.saturating_sub(more.len());
            Cow::Owned(quote::plain(&first.comment, room) + &more)
        }
    }
}

impl Lowering<'_> {
    /// Writes those that this takes fewer lines of than an element for each port. Their numbers.
    pub(super) fn paired(
        &mut self,
        group: Group<'_>,
        candidates: &[Keys<'_, '_>],
        chain: &mut Chain,
    ) -> BTreeSet<usize> {
        let mut rules: Vec<OneRule<'_, '_, '_>> = candidates
            .chunk_by(|a, b| std::ptr::eq(a.share.rule, b.share.rule))
            .map(one_rule)
            .filter(|rule| rule.ports.len() > 1 && rule.is_small())
            .collect();
        let lengths = most_used(
            rules.iter().flat_map(|rule| ends(rule)).map(|pair| pair.lengths),
            self.capability.lookups,
            self.capability.plain_rules,
        );
        rules.retain(|rule| ends(rule).all(|pair| lengths.contains(&pair.lengths)));
        rules.retain(|rule| {
            let service = rule.shares.first().map(|keys| &keys.share.rule.flow.service);
            let spared = service.map_or(0, |service| self.spared.lines(service));
            spared > FRAME + by_protocol(&rule.ports).count()
        });
        let spared = |rule: &OneRule<'_, '_, '_>| rule.elements().saturating_mul(rule.ports.len() - 1);
        if rules.iter().map(spared).fold(0, usize::saturating_add) < WORTH {
            return BTreeSet::new();
        }
        let mut entries: BTreeMap<Lengths, Entries> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for rule in &rules {
            taken.extend(rule.shares.iter().map(|keys| keys.number));
            let Some(keys) = rule.shares.first() else { continue };
            let mark = self.trace.mark(&keys.share.rule.origin);
            let ports = Arc::new(rule.ports.clone());
            for Pair { lengths, from, to } in ends(rule) {
                let entries = entries.entry(lengths).or_default();
                for source in from {
                    for destination in to {
                        entries.add([source.first, destination.first], &ports, &mark);
                    }
                }
            }
        }
        // Single addresses first: they are the most.
        for (lengths, entries) in entries.into_iter().rev() {
            self.pairs(group, lengths, &entries, chain);
        }
        taken
    }

    fn pairs(&mut self, group: Group<'_>, lengths: Lengths, entries: &Entries, chain: &mut Chain) {
        let family = group.family;
        let mut elements = Elements::default();
        for entry in &entries.all {
            let (marks, chain) = (entry.marks(), self.ports_chain(group, &entry.ports()));
            let comment = comment(&marks, self.capability.comment_bytes);
            elements.pair(family, entry.ends, &marks, &comment, &chain);
        }
        let name = group.name(Kind::ByEnds, &part_of_name(family, lengths));
        let name = self.ruleset.hold(name, Kind::ByEnds, family, elements);
        chain.add(
            format!("{} vmap @{name}", asked(family, lengths)),
            format!("{}: by source and destination", group.action()),
        );
    }

    /// The name of the chain that decides about some ports, and lets the rest go back.
    fn ports_chain(&mut self, group: Group<'_>, ports: &Arc<Ports>) -> String {
        let key = (group.denies, Arc::clone(ports));
        if let Some(name) = self.port_chains.get(&key) {
            return name.clone();
        }
        let verdict = group.verdict();
        let tests: Vec<String> = by_protocol(ports)
            .map(|(protocol, ports)| {
                let part = atom::Part::Ports {
                    protocol,
                    destination: ports.iter().map(|(_, port)| (*port, *port)).collect(),
                };
                format!("{} counter {verdict}", part.text())
            })
            .collect();
        let name = format!("c_ports_{}", digest(&tests.join("\n"), 12));
        let mut chain = Chain {
            name: name.clone(),
            title: format!("{} by port", group.action()),
            ..Chain::default()
        };
        for test in tests {
            chain.add(test, format!("{}: each element names its rule", group.action()));
        }
        self.ruleset.chains.push(chain);
        self.port_chains.insert(key, name.clone());
        name
    }
}

/// Pairs of prefixes of one pair of lengths, each once.
#[derive(Default)]
struct Entries {
    all: Vec<Entry>,
    places: FxHashMap<[u128; 2], usize>,
}

impl Entries {
    fn add(&mut self, ends: [u128; 2], ports: &Arc<Ports>, mark: &Arc<Mark>) {
        let place = *self.places.entry(ends).or_insert(self.all.len());
        if place == self.all.len() {
            let rules = Vec::new();
            self.all.push(Entry { ends, rules });
        }
        if let Some(entry) = self.all.get_mut(place) {
            entry.rules.push((Arc::clone(ports), Arc::clone(mark)));
        }
    }
}

fn one_rule<'k, 's, 'r>(all: &'k [Keys<'s, 'r>]) -> OneRule<'k, 's, 'r> {
    let with_ports = |keys: &&'k Keys<'s, 'r>| !keys.ports.is_empty() && !keys.is_anywhere();
    let shares: Vec<&Keys<'_, '_>> = all.iter().filter(with_ports).collect();
    let each = |keys: &&'k Keys<'s, 'r>| {
        let protocol = keys.protocol;
        keys.ports.iter().map(move |port| (protocol, *port))
    };
    let mut ports: Ports = shares.iter().flat_map(each).collect();
    ports.sort_unstable();
    ports.dedup();
    OneRule { shares, ports }
}

fn ends<'k>(rule: &OneRule<'k, '_, '_>) -> impl Iterator<Item = Pair<'k>> {
    rule.shares.first().copied().into_iter().flat_map(pairs)
}

fn by_protocol(ports: &Ports) -> impl Iterator<Item = (u8, &[(u8, u16)])> {
    let runs = ports.chunk_by(|a, b| a.0 == b.0);
    runs.filter_map(|run| Some((run.first()?.0, run)))
}
