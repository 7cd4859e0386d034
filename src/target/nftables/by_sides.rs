//! Tables of single addresses that many pairs of sides have, each its own, as one that is asked with the interfaces as
//! well. The kernel looks through all sets for each new one, so that thousands take long to load, and a packet has to
//! fetch its chain and its set from memory.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::device::Between;
use super::elements::Elements;
use super::kind::Kind;
use super::ruleset::{Chain, Rule, Set};
use super::section::{Lowering, only_allows};
use crate::packet::Family;

/// The chain of a pair of sides, by its place among all.
pub(super) type PairChain<'p> = (&'p Between<'p>, usize);

/// What looks into a table of one pair: a rule of a chain, each by its place.
struct Look {
    chain: usize,
    rule: usize,
    kind: Kind,
    table: String,
    /// What stands before each of its elements once they are asked with interfaces.
    interfaces: String,
}

impl Lowering<'_> {
    /// Joins tables of pairs that do nothing but let through, where these are many. Those of IPv6 stay: with interfaces
    /// their keys would be longer than the registers of the kernel.
    pub(super) fn join_tables(&mut self, pairs: &[PairChain<'_>]) {
        let looks = self.looks(pairs);
        if looks.len() <= self.capability.pair_tables {
            return;
        }
        let mut joined: Vec<(usize, Rule)> = [
            (Kind::Exact, Kind::ExactBySides),
            (Kind::ByEnds, Kind::ByEndsAndSides),
        ]
        .into_iter()
        .filter_map(|(kind, joined)| {
            let looks = looks.iter().filter(|look| look.kind == kind);
            self.join(joined, &looks.collect::<Vec<_>>())
        })
        .collect();
        // Most packets are of the larger one.
        joined.sort_by_key(|(elements, _)| Reverse(*elements));
        let mut gone: FxHashMap<usize, FxHashSet<usize>> = FxHashMap::default();
        for look in looks {
            gone.entry(look.chain).or_default().insert(look.rule);
        }
        for (chain, gone) in gone {
            if let Some(Chain { rules, .. }) = self.ruleset.chains.get_mut(chain) {
                let mut places = 0..;
                rules.retain(|_| places.next().is_none_or(|place| !gone.contains(&place)));
            }
        }
        let forward = self.ruleset.chains.iter_mut();
        if let Some(chain) = forward.rev().find(|chain| chain.hook == Some("forward")) {
            // Behind the rule about known flows.
            let at = chain.rules.len().min(1);
            let looks = joined.into_iter().map(|(_, rule)| rule);
            chain.rules.splice(at..at, looks);
        }
    }

    /// What looks into a table that no other pair has.
    fn looks(&self, pairs: &[PairChain<'_>]) -> Vec<Look> {
        let rules = self.ruleset.chains.iter().flat_map(|chain| &chain.rules);
        let mut uses: FxHashMap<&str, usize> = FxHashMap::default();
        for (_, table) in rules.filter_map(|rule| rule.table.as_ref()) {
            *uses.entry(table).or_default() += 1;
        }
        let mut looks = Vec::new();
        for (pair, chain) in pairs {
            // Of such rules it is of no account which comes first.
            let ([incoming], [outgoing], true) =
                (pair.incoming, pair.outgoing, pair.rules.iter().all(only_allows))
            else {
                continue;
            };
            let rules = self.ruleset.chains.get(*chain).map(|chain| chain.rules.iter());
            for (rule, one) in rules.into_iter().flatten().enumerate() {
                if let Some((kind, table)) = &one.table
                    && uses.get(table.as_str()) == Some(&1)
                {
                    looks.push(Look {
                        chain: *chain,
                        rule,
                        kind: *kind,
                        table: table.clone(),
                        interfaces: format!("\"{incoming}\" . \"{outgoing}\" . "),
                    });
                }
            }
        }
        looks
    }

    /// Puts one table in the place of those of a kind. How many elements it has, and the rule that looks into it.
    fn join(&mut self, kind: Kind, looks: &[&Look]) -> Option<(usize, Rule)> {
        let filled = match kind.is_map() {
            true => &mut self.ruleset.maps,
            false => &mut self.ruleset.sets,
        };
        let places: FxHashMap<&str, usize> = (0..)
            .zip(looks)
            .map(|(place, look)| (look.table.as_str(), place))
            .collect();
        let mut tables: Vec<Elements> = looks.iter().map(|_| Elements::default()).collect();
        filled.retain_mut(|set| {
            let place = places.get(set.name.as_str());
            let table = place.and_then(|place| tables.get_mut(*place));
            table
                .map(|table| *table = std::mem::take(&mut set.elements))
                .is_none()
        });
        let mut joined = Elements::with_room(tables.iter().map(|table| table.count).sum());
        for (look, table) in looks.iter().zip(tables) {
            joined.behind(&look.interfaces, &table);
        }
        if joined.count == 0 {
            return None;
        }
        let name = format!("{}_allow", kind.prefix(Family::V4));
        let asked = "iifname . oifname . ip saddr . ip daddr";
        let rule = match kind.is_map() {
            true => Rule::new(
                format!("{asked} vmap @{name}"),
                "allow: by interfaces, source and destination",
            ),
            false => Rule::new(
                format!("{asked} . meta l4proto . th dport @{name} counter accept"),
                "allow: each element names its rule",
            ),
        };
        let elements = joined.count;
        filled.push(Set {
            name,
            body: kind.body(Family::V4),
            elements: joined,
        });
        Some((elements, rule))
    }
}
