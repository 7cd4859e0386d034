//! Rules between few addresses that share their ports with many others: a map leads from source and destination to a
//! chain that tests the ports. One element takes the place of one for each port.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::atom;
use super::elements::{AddressText, Elements};
use super::exact::{Lengths, Pair, asked, pairs, part_of_name};
use super::keys::{FRAME, Keys};
use super::kind::Kind;
use super::quote;
use super::ruleset::{Chain, Rule};
use super::section::{Group, Lowering};
use super::services::Ports;
use super::trace::Mark;
use crate::target::name::digest;

/// How many elements a map must spare beside a set of exact flows: a packet looks into both, and the kernel loads more
/// slowly the more tables there are.
const WORTH: usize = 16;

/// The names of chains that decide about ports, by whether they deny.
pub(super) type PortChains = FxHashMap<(bool, Rc<Ports>), Rc<str>>;

/// The shares of one rule.
struct OneRule<'k, 's, 'r> {
    first: &'k Keys<'s, 'r>,
    shares: &'k [Keys<'s, 'r>],
}

impl<'k, 's, 'r> OneRule<'k, 's, 'r> {
    fn new(shares: &'k [Keys<'s, 'r>]) -> Option<Self> {
        let first = shares.first()?;
        Some(Self { first, shares })
    }

    /// The ports of all shares that name some.
    fn ports(&self) -> &'k Rc<Ports> {
        &self.first.share.service.ports
    }

    /// How many elements it takes as one for each pair of prefixes.
    fn elements(&self) -> usize {
        let (sources, destinations) = (&self.first.sources, &self.first.destinations);
        sources.len().saturating_mul(destinations.len())
    }

    /// True where a chain that tests its sources would take more lines.
    fn is_small(&self) -> bool {
        let by_port = self.first.destinations.len().saturating_mul(self.ports().len());
        self.elements() <= by_port.saturating_add(self.first.sources.len() + FRAME)
    }

    fn ends(&self) -> impl Iterator<Item = Pair<'k>> {
        pairs(self.first)
    }
}

/// The ports of a rule, and its mark.
type Said = (Rc<Ports>, Rc<Mark>);

/// What is said of one pair of prefixes: by one rule, mostly.
struct Entry {
    ends: [u128; 2],
    first: Said,
    more: Vec<Said>,
}

impl Entry {
    fn all(&self) -> impl Iterator<Item = &Said> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// The ports of all its rules.
    fn ports(&self) -> Rc<Ports> {
        let each = self.all().flat_map(|(ports, _)| ports.iter());
        let mut all: Ports = each.copied().collect();
        all.sort_unstable();
        all.dedup();
        Rc::new(all)
    }

    /// The marks of its rules, each once.
    fn marks(&self) -> Vec<&Mark> {
        let mut seen: FxHashSet<*const Mark> = FxHashSet::default();
        let marks = self.all().map(|(_, mark)| mark);
        let once = marks.filter(|mark| seen.insert(Rc::as_ptr(mark)));
        once.map(|mark| &**mark).collect()
    }
}

/// What stands behind the ends of a pair.
fn rest(comment: &str, chain: &str) -> String {
    [" comment \"", comment, "\" : jump ", chain, ","].concat()
}

/// A comment of up to so many bytes that leads back to the rules of some marks.
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
    ) -> Vec<usize> {
        let mut rules: Vec<OneRule<'_, '_, '_>> = candidates
            .chunk_by(|a, b| std::ptr::eq(a.share.rule, b.share.rule))
            .filter_map(OneRule::new)
            .filter(|rule| rule.ports().len() > 1 && !rule.first.is_anywhere() && rule.is_small())
            .collect();
        let lengths = self.usual(rules.iter().flat_map(OneRule::ends));
        rules.retain(|rule| rule.ends().all(|pair| lengths.contains(&pair.lengths)));
        rules.retain(|rule| {
            let uses = self.uses.of_service(&rule.first.share.rule.flow.service);
            uses.spared > FRAME + by_protocol(rule.ports()).count()
        });
        let spared = |rule: &OneRule<'_, '_, '_>| rule.elements().saturating_mul(rule.ports().len() - 1);
        if rules.iter().map(spared).fold(0, usize::saturating_add) < WORTH {
            return Vec::new();
        }
        let mut entries: BTreeMap<Lengths, Entries> = BTreeMap::new();
        let mut taken = Vec::new();
        let mut room = rules.iter().map(OneRule::elements).fold(0, usize::saturating_add);
        for rule in &rules {
            let with_ports = rule.shares.iter().filter(|keys| !keys.ports().is_empty());
            taken.extend(with_ports.map(|keys| keys.number));
            let mark = self.trace.mark(&rule.first.share.rule.said.origin);
            for Pair { lengths, from, to } in rule.ends() {
                let entries = entries.entry(lengths).or_insert_with(|| {
                    // Most are of the first pair of lengths.
                    Entries::with_room(std::mem::take(&mut room))
                });
                for source in from {
                    for destination in to {
                        entries.add([source.first, destination.first], rule.ports(), &mark);
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
        let mut elements = Elements::with_room(entries.all.len());
        let mut ends = [0, 1].map(|_| AddressText::new(family));
        // What follows the ends is often what followed those before.
        let mut last: Option<(&Said, String)> = None;
        for entry in &entries.all {
            let [source, destination] = &mut ends;
            let key = [source.of(entry.ends[0]), destination.of(entry.ends[1])];
            if !entry.more.is_empty() {
                let marks = entry.marks();
                let comment = comment(&marks, self.capability.comment_bytes);
                let rest = rest(&comment, &self.ports_chain(group, &entry.ports()));
                let marks: String = marks.iter().map(|mark| mark.text.as_str()).collect();
                elements.element(&marks, key, &rest);
                continue;
            }
            let (ports, mark) = &entry.first;
            let as_before =
                |(said, _): &(&Said, String)| Rc::ptr_eq(&said.0, ports) && Rc::ptr_eq(&said.1, mark);
            let (_, rest) = match last.take().filter(as_before) {
                Some(before) => last.insert(before),
                None => {
                    let rest = rest(&mark.comment, &self.ports_chain(group, ports));
                    last.insert((&entry.first, rest))
                }
            };
            elements.element(&mark.text, key, rest);
        }
        let name = group.name(Kind::ByEnds, &part_of_name(family, lengths));
        let name = self.ruleset.hold(name, Kind::ByEnds, family, elements);
        chain.rules.push(Rule {
            table: group.own_table(Kind::ByEnds, lengths, &name),
            ..Rule::new(
                format!("{} vmap @{name}", asked(family, lengths)),
                format!("{}: by source and destination", group.action()),
            )
        });
    }

    /// The name of the chain that decides about some ports, and lets the rest go back.
    fn ports_chain(&mut self, group: Group<'_>, ports: &Rc<Ports>) -> Rc<str> {
        let key = (group.denies, Rc::clone(ports));
        if let Some(name) = self.port_chains.get(&key) {
            return Rc::clone(name);
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
        let name: Rc<str> = name.into();
        self.port_chains.insert(key, Rc::clone(&name));
        name
    }
}

/// Pairs of prefixes of one pair of lengths, each once.
struct Entries {
    all: Vec<Entry>,
    /// Their places among all. Ends that fit into one number are found by it: the table is half as large.
    short: FxHashMap<u64, usize>,
    long: FxHashMap<[u128; 2], usize>,
}

impl Entries {
    fn with_room(room: usize) -> Self {
        Self {
            all: Vec::with_capacity(room),
            short: FxHashMap::with_capacity_and_hasher(room, FxBuildHasher),
            long: FxHashMap::default(),
        }
    }

    fn add(&mut self, ends: [u128; 2], ports: &Rc<Ports>, mark: &Rc<Mark>) {
        let said = (Rc::clone(ports), Rc::clone(mark));
        let next = self.all.len();
        let place = match ends.map(u32::try_from) {
            [Ok(a), Ok(b)] => self
                .short
                .entry(u64::from(a) << 32 | u64::from(b))
                .or_insert(next),
            _ => self.long.entry(ends).or_insert(next),
        };
        match self.all.get_mut(*place) {
            Some(entry) => entry.more.push(said),
            None => self.all.push(Entry {
                ends,
                first: said,
                more: Vec::new(),
            }),
        }
    }
}

fn by_protocol(ports: &Ports) -> impl Iterator<Item = (u8, &[(u8, u16)])> {
    let runs = ports.chunk_by(|a, b| a.0 == b.0);
    runs.filter_map(|run| Some((run.first()?.0, run)))
}
