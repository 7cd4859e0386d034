//! Rules whose products would be many elements: a map leads from a destination, or from a destination and a port, to
//! a chain that tests the source. What is written is the sum of destinations and sources, not their product.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::packet::Family;
use crate::target::name::{digest, slug};

use super::atom::{self, Addresses};
use super::elements::Elements;
use super::keys::{Keys, at_lengths, most_used};
use super::kind::Kind;
use super::name;
use super::prefix::masked;
use super::ruleset::{Chain, Set};
use super::section::{Group, Lowering};
use super::trace::Mark;

/// A key of a map: length and first address of a destination, protocol, port. The last two are 0 in maps that do not
/// ask for them.
type Key = (u8, u128, u8, u16);

/// Up to so many rules of a length that no other rule has stay rules.
const RARE: usize = 2;

/// Keys that all rules of a chain may become in maps of a kind. Those beyond stay rules.
const KEYS: usize = 1_000_000;

/// In how many chains the sources of a rule may be written together with those of others. They are a set of their
/// own where more chains test them: each would repeat them all.
const COPIES: usize = 4;

/// In how many chains a rule may stand, in the mean of those of a kind. Where their destinations overlap in ever other ways,
/// there would be a chain for each way: they stay rules.
const CHAINS: usize = 16;

/// A rule whose sources a chain tests.
#[derive(Clone, Copy, Debug)]
struct Tested<'k, 's, 'r> {
    keys: &'k Keys<'s, 'r>,
    /// True where its sources are not written together with those of others.
    apart: bool,
}

impl Lowering<'_> {
    /// Writes those whose destinations have lengths that many have. Their numbers.
    pub(super) fn keyed(
        &mut self,
        group: Group<'_>,
        kind: Kind,
        candidates: &[&Keys<'_, '_>],
        chain: &mut Chain,
    ) -> Vec<usize> {
        let weight: usize = candidates.iter().map(|keys| keys.weight()).sum();
        if weight <= self.capability.plain_cost {
            return Vec::new();
        }
        let of =
            |keys: &&Keys<'_, '_>| -> BTreeSet<u8> { keys.destinations.iter().map(|p| p.length).collect() };
        let lengths = most_used(
            candidates.iter().flat_map(of).filter(|length| *length > 0),
            self.capability.lookups,
            RARE,
        );
        let mut taken = Vec::new();
        let mut entries: Vec<(Key, usize)> = Vec::new();
        for (place, keys) in candidates.iter().enumerate() {
            let ports: &[u16] = match kind {
                Kind::ByPort => keys.ports(),
                _ => &[0],
            };
            let destinations =
                at_lengths(&keys.destinations, &lengths, group.family).filter(|destinations| {
                    let keys = destinations.len().saturating_mul(ports.len());
                    keys <= self.capability.rule_elements && keys <= KEYS.saturating_sub(entries.len())
                });
            let Some(destinations) = destinations else {
                continue;
            };
            taken.push(keys.number);
            let protocol = if kind == Kind::ByPort { keys.protocol() } else { 0 };
            for prefix in destinations {
                let key = |port: &u16| ((prefix.length, prefix.first, protocol, *port), place);
                entries.extend(ports.iter().map(key));
            }
        }
        entries.sort_unstable();
        let (keys, places): (Vec<Key>, Vec<usize>) = entries.into_iter().unzip();
        let mut rest = places.as_slice();
        let lists = keys.chunk_by(|one, other| one == other).filter_map(|same| {
            let (list, after) = rest.split_at_checked(same.len())?;
            rest = after;
            Some((*same.first()?, list))
        });
        let lists: Vec<(Key, &[usize])> = lists.collect();
        let different: FxHashSet<&[usize]> = lists.iter().map(|(_, list)| *list).collect();
        let tests: usize = different.iter().map(|list| list.len()).sum();
        if tests > CHAINS.saturating_mul(taken.len()) {
            return Vec::new();
        }
        self.maps(group, kind, candidates, &lists, chain);
        self.own_names += taken.len();
        taken
    }

    /// Writes a map for each length, longest first, and the chains of their elements. Each key comes with the places of
    /// its rules among the candidates.
    fn maps(
        &mut self,
        group: Group<'_>,
        kind: Kind,
        candidates: &[&Keys<'_, '_>],
        lists: &[(Key, &[usize])],
        chain: &mut Chain,
    ) {
        let mut chains: BTreeMap<&[usize], String> =
            lists.iter().map(|(_, list)| (*list, String::new())).collect();
        let mut tested: BTreeMap<usize, usize> = BTreeMap::new();
        for place in chains.keys().copied().flatten() {
            *tested.entry(*place).or_default() += 1;
        }
        let mut written = BTreeSet::new();
        for (list, name) in &mut chains {
            let rules: Vec<Tested<'_, '_, '_>> = list
                .iter()
                .filter_map(|place| {
                    let keys = *candidates.get(*place)?;
                    let copies = tested.get(place).copied().unwrap_or(0);
                    let apart = copies > COPIES && !keys.has_few_sources();
                    Some(Tested { keys, apart })
                })
                .collect();
            let below = self.sources(group, kind, &rules);
            name.clone_from(&below.name);
            if written.insert(below.name.clone()) {
                self.ruleset.chains.push(below);
            }
        }
        let mut maps: BTreeMap<u8, Elements> = BTreeMap::new();
        for ((length, first, protocol, port), list) in lists {
            let Some(name) = chains.get(list) else {
                continue;
            };
            let mut key = atom::address(group.family, *first);
            if kind == Kind::ByPort {
                key.push_str(" . ");
                atom::push_number(&mut key, *protocol);
                key.push_str(" . ");
                atom::push_number(&mut key, *port);
            }
            maps.entry(*length)
                .or_default()
                .push(&key, &format!("jump {name}"));
        }
        let field = format!("{} daddr", atom::header(group.family));
        let (rest, comment) = match kind {
            Kind::ByPort => (" . meta l4proto . th dport", "by destination and port"),
            _ => ("", "by destination"),
        };
        for (length, elements) in maps.into_iter().rev() {
            let name = group.name(kind, &format!("{length}_"));
            let asked = masked(&field, group.family, length);
            chain.add(
                format!("{asked}{rest} vmap @{name}"),
                format!("{}: {comment}", group.action()),
            );
            self.ruleset.maps.push(Set {
                name,
                body: kind.body(group.family),
                elements,
            });
        }
    }

    /// The chain of rules that share destinations. A packet that none of them is about goes back.
    fn sources(&mut self, group: Group<'_>, kind: Kind, rules: &[Tested<'_, '_, '_>]) -> Chain {
        let Group { section, family, .. } = group;
        let (action, verdict) = (group.action(), group.verdict());
        // Many rules of one service to one destination are one test of all their sources.
        let mut services: BTreeMap<String, [Vec<&Keys<'_, '_>>; 2]> = BTreeMap::new();
        for Tested { keys, apart } in rules {
            let service = match kind {
                Kind::ByPort => String::new(),
                _ => keys.share.test.part.text(),
            };
            let [together, own] = services.entry(service).or_default();
            let list = if *apart { own } else { together };
            list.push(*keys);
        }
        let mut chain = Chain {
            title: format!("{}: {action} by source", name::title(section.label)),
            ..Chain::default()
        };
        let mut names = format!("{}\n{}", section.name, kind.prefix(family));
        for (service, [mut together, own]) in services {
            let space = if service.is_empty() { "" } else { " " };
            if together.len() > self.capability.plain_rules {
                let test = self.any_source(family, &together);
                let statement = format!("{test}{service}{space}counter {verdict}");
                names.push_str(&format!("\n{statement}"));
                chain.add(statement, format!("{action}: each element names its rule"));
                together.clear();
            }
            for keys in together.into_iter().chain(own) {
                let origin = &keys.share.rule.said.origin;
                let test = self.source(family, keys);
                let statement = format!("{test}{service}{space}counter {verdict}");
                names.push_str(&format!("\n{} {statement}", origin.id));
                let mark = self.trace.mark(origin);
                chain.add(format!("{}{statement}", mark.text), mark.comment.clone());
            }
        }
        let first = rules
            .first()
            .map_or("", |rule| &rule.keys.share.rule.said.origin.id);
        chain.name = format!("c_{}_{}", slug(first, 40), digest(&names, 12));
        chain
    }

    /// A test of one rule's sources, with a space at its end; empty where every address passes.
    fn source(&mut self, family: Family, keys: &Keys<'_, '_>) -> String {
        let field = format!("{} saddr", atom::header(family));
        let addresses = atom::in_family(&keys.share.rule.flow.source, family);
        let mut elements = Elements::default();
        match (addresses.ranges(), keys.length_of_sources()) {
            ([range], _) if *range == atom::whole(family) => String::new(),
            ([range], _) => format!("{field} {} ", atom::address_range(family, *range)),
            (_, Some(length)) => {
                for prefix in keys.sources.iter() {
                    elements.address(family, prefix.first);
                }
                let name = self.held(family, Kind::Addresses, "", elements);
                format!("{} @{name} ", masked(&field, family, length))
            }
            _ => {
                elements.ranges(family, &addresses, &Mark::default());
                let name = self.held(family, Kind::Ranges, "", elements);
                format!("{field} @{name} ")
            }
        }
    }

    /// A test of the sources of several rules: one set whose elements name their rules.
    fn any_source(&mut self, family: Family, rules: &[&Keys<'_, '_>]) -> String {
        let mut all = Addresses::empty();
        let mut elements = Elements::default();
        let mut named = String::new();
        for keys in rules {
            let rule = keys.share.rule;
            let addresses = atom::in_family(&rule.flow.source, family).difference(&all);
            let mark = self.trace.mark(&rule.said.origin);
            elements.ranges(family, &addresses, &mark);
            for range in addresses.ranges() {
                named.push_str(&format!(
                    "{} {}\n",
                    rule.said.origin.id,
                    atom::address_range(family, *range)
                ));
            }
            all = all.union(&addresses);
        }
        if all.ranges() == [atom::whole(family)] {
            return String::new();
        }
        let name = self.held(family, Kind::Ranges, &named, elements);
        format!("{} saddr @{name} ", atom::header(family))
    }

    /// The name of a set of addresses. It follows from `named`, or from the elements where that is empty.
    fn held(&mut self, family: Family, kind: Kind, named: &str, elements: Elements) -> String {
        let named = if named.is_empty() { &elements.text } else { named };
        let name = format!("{}_{}", kind.prefix(family), digest(named, 16));
        self.ruleset.hold(name, kind, family, elements)
    }
}
