//! Flows of few addresses and ports as elements of exact sets: one look into a hash table for each pair of prefix
//! lengths, however many elements it holds.

use std::collections::{BTreeMap, BTreeSet};

use super::atom;
use super::elements::Writer;
use super::keys::{Keys, most_used};
use super::kind::Kind;
use super::prefix::{Prefix, masked, width};
use super::quote;
use super::ruleset::Chain;
use super::section::{Group, Lowering};

/// Prefix lengths of source and destination.
type Lengths = (u8, u8);

/// Prefixes by their lengths: those of sources, those of destinations.
type Ends = [BTreeMap<u8, Vec<Prefix>>; 2];

impl Lowering<'_> {
    /// Writes those that this takes no more lines of than a chain would. Their numbers.
    pub(super) fn exact(
        &mut self,
        group: Group<'_>,
        candidates: &[&Keys<'_, '_>],
        chain: &mut Chain,
    ) -> BTreeSet<usize> {
        let family = group.family;
        let split: Vec<(&Keys<'_, '_>, Ends)> = candidates
            .iter()
            .filter(|keys| !keys.ports.is_empty() && keys.flows() <= keys.lines_of_chain())
            .filter(|keys| !keys.is_anywhere())
            .map(|keys| (*keys, [by_length(&keys.sources), by_length(&keys.destinations)]))
            .collect();
        let pairs = |[sources, destinations]: &Ends| -> Vec<Lengths> {
            let with = |source: u8| destinations.keys().map(move |destination| (source, *destination));
            sources.keys().flat_map(|source| with(*source)).collect()
        };
        let lengths = most_used(
            split.iter().flat_map(|(_, ends)| pairs(ends)),
            self.capability.lookups,
            self.capability.plain_rules,
        );
        let mut writers: BTreeMap<Lengths, Writer> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for (keys, ends) in &split {
            let pairs = pairs(ends);
            if !pairs.iter().all(|pair| lengths.contains(pair)) {
                continue;
            }
            taken.insert(keys.number);
            let origin = &keys.share.rule.origin;
            let mark = self.trace.mark(origin);
            let comment = quote::provenance(origin, self.capability.comment_bytes);
            let [sources, destinations] = ends;
            for pair in pairs {
                let (Some(from), Some(to)) = (sources.get(&pair.0), destinations.get(&pair.1)) else {
                    continue;
                };
                let writer = writers.entry(pair).or_insert_with(|| Writer::new(family));
                writer.flows([from, to], keys.protocol, &keys.ports, [&mark, &comment]);
            }
        }
        // Single addresses first: they are the most.
        for ((source, destination), writer) in writers.into_iter().rev() {
            let (kind, lengths) = if (source, destination) == (width(family), width(family)) {
                (Kind::Exact, String::new())
            } else {
                (Kind::Networks, format!("{source}_{destination}_"))
            };
            let name = self
                .ruleset
                .hold(group.name(kind, &lengths), kind.body(family), writer.elements);
            let header = atom::header(family);
            let from = masked(&format!("{header} saddr"), family, source);
            let to = masked(&format!("{header} daddr"), family, destination);
            chain.add(
                format!(
                    "{from} . {to} . meta l4proto . th dport @{name} counter {}",
                    group.verdict()
                ),
                format!("{}: each element names its rule", group.action()),
            );
        }
        taken
    }
}

fn by_length(prefixes: &[Prefix]) -> BTreeMap<u8, Vec<Prefix>> {
    let mut lengths: BTreeMap<u8, Vec<Prefix>> = BTreeMap::new();
    for prefix in prefixes {
        lengths.entry(prefix.length).or_default().push(*prefix);
    }
    lengths
}
