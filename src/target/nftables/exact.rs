//! Flows of few addresses and ports as elements of exact sets: one look into a hash table for each pair of prefix
//! lengths, however many elements it holds.

use std::collections::{BTreeMap, BTreeSet};

use super::atom;
use super::capability::Capability;
use super::elements::Writer;
use super::keys::{Keys, most_used};
use super::kind::Kind;
use super::prefix::{Prefix, by_length, masked, width};
use super::ruleset::{Chain, Rule};
use super::section::{Group, Lowering};
use crate::packet::Family;

/// Prefix lengths of source and destination.
pub(super) type Lengths = (u8, u8);

impl Lowering<'_> {
    /// Writes those that this takes no more lines of than a chain would. Their numbers.
    pub(super) fn exact(
        &mut self,
        group: Group<'_>,
        candidates: &[Keys<'_, '_>],
        chain: &mut Chain,
    ) -> Vec<usize> {
        let family = group.family;
        let candidates: Vec<&Keys<'_, '_>> = candidates
            .iter()
            .filter(|keys| !keys.ports().is_empty() && keys.flows() <= keys.lines_of_chain())
            .filter(|keys| !keys.is_anywhere())
            .collect();
        let lengths = self.usual(candidates.iter().flat_map(|keys| pairs(keys)));
        let mut writers: BTreeMap<Lengths, Writer> = BTreeMap::new();
        let mut taken = Vec::new();
        for keys in candidates {
            if !pairs(keys).all(|pair| lengths.contains(&pair.lengths)) {
                continue;
            }
            taken.push(keys.number);
            let mark = self.trace.mark(&keys.share.rule.said.origin);
            for Pair { lengths, from, to } in pairs(keys) {
                let writer = writers.entry(lengths).or_insert_with(|| Writer::new(family));
                writer.flows([from, to], keys.protocol(), keys.ports(), &mark);
            }
        }
        // Single addresses first: they are the most.
        for (lengths, writer) in writers.into_iter().rev() {
            let part = part_of_name(family, lengths);
            let kind = match part.is_empty() {
                true => Kind::Exact,
                false => Kind::Networks,
            };
            let name = self
                .ruleset
                .hold(group.name(kind, &part), kind, family, writer.elements);
            chain.rules.push(Rule {
                table: group.own_table(kind, lengths, &name),
                ..Rule::new(
                    format!(
                        "{} . meta l4proto . th dport @{name} counter {}",
                        asked(family, lengths),
                        group.verdict()
                    ),
                    format!("{}: each element names its rule", group.action()),
                )
            });
        }
        taken
    }

    /// The lengths that most pairs have: there is a table for each.
    pub(super) fn usual<'k>(&self, pairs: impl Iterator<Item = Pair<'k>>) -> BTreeSet<Lengths> {
        let Capability {
            lookups, plain_rules, ..
        } = *self.capability;
        most_used(pairs.map(|pair| pair.lengths), lookups, plain_rules)
    }
}

/// What a table's name says of the lengths of its prefixes: nothing where they are single addresses.
pub(super) fn part_of_name(family: Family, (source, destination): Lengths) -> String {
    match (source, destination) == (width(family), width(family)) {
        true => String::new(),
        false => format!("{source}_{destination}_"),
    }
}

/// The addresses of a packet, as a table of prefixes of two lengths is asked with them.
pub(super) fn asked(family: Family, (source, destination): Lengths) -> String {
    let header = atom::header(family);
    let from = masked(&format!("{header} saddr"), family, source);
    let to = masked(&format!("{header} daddr"), family, destination);
    format!("{from} . {to}")
}

/// Sources of one length, and destinations of one length.
pub(super) struct Pair<'k> {
    pub lengths: Lengths,
    pub from: &'k [Prefix],
    pub to: &'k [Prefix],
}

/// The prefixes of a share, by their lengths.
pub(super) fn pairs<'k>(keys: &'k Keys<'_, '_>) -> impl Iterator<Item = Pair<'k>> {
    by_length(&keys.sources).flat_map(|(source, from)| {
        by_length(&keys.destinations).map(move |(destination, to)| Pair {
            lengths: (source, destination),
            from,
            to,
        })
    })
}
