//! A first-match list as a union: products that pass whatever else it says, and a shorter list about the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::near::{Near, RANGES_OF_A_STEP};
use crate::packet::budget::{GaveUp, Meter};
use crate::packet::merge::{Merger, Product};
use crate::packet::{FlowSet, PacketRule};

/// Products that a permit may fall into beside the denies before it.
const PIECES: usize = 32;

/// A list taken apart. What it permits is the union of what the two hold.
pub(super) struct Parts {
    /// Pass: no deny before them holds a packet of theirs.
    pub(super) free: Vec<Product>,
    /// A first-match list of the permits that too many denies cut into, and of those denies.
    pub(super) contested: Vec<PacketRule>,
}

impl Parts {
    pub(super) fn of(merger: &mut Merger, rules: &[PacketRule], meter: &mut Meter) -> Result<Self, GaveUp> {
        let merged = merger.merged(rules);
        let mut run_of_deny: FxHashMap<Product, usize> = FxHashMap::default();
        for (number, (_, products)) in merged.runs().enumerate().filter(|(_, (permit, _))| !permit) {
            for product in products {
                // A deny that stands there twice decides where it stands first.
                run_of_deny.entry(*product).or_insert(number);
            }
        }
        let denies: Vec<Product> = run_of_deny.keys().copied().collect();
        let near = Near::new(merger, &denies);
        let mut free = Vec::new();
        // Places of runs, with what stands there.
        let mut contested: BTreeSet<(usize, bool, Product)> = BTreeSet::new();
        for (number, (_, products)) in merged.runs().enumerate().filter(|(_, (permit, _))| *permit) {
            for product in products {
                let mut before = near.overlapping(merger, product, meter)?;
                before.retain(|deny| run_of_deny.get(deny).is_some_and(|run| *run < number));
                before.sort_unstable();
                if before.is_empty() {
                    free.push(*product);
                    continue;
                }
                let cuts: Vec<FlowSet> = before.iter().filter_map(|deny| merger.flow(deny)).collect();
                let pieces = match merger.flow(product) {
                    Some(flow) => cut(flow, &cuts, meter)?,
                    None => None,
                };
                match pieces {
                    Some(pieces) => free.extend(pieces.iter().flat_map(|flow| merger.products(flow))),
                    None => {
                        contested.insert((number, true, *product));
                        let denies = before.into_iter();
                        contested.extend(denies.filter_map(|deny| {
                            let run = run_of_deny.get(&deny)?;
                            Some((*run, false, deny))
                        }));
                    }
                }
            }
        }
        let rule = |(_, permit, product): &(usize, bool, Product)| {
            Some(PacketRule {
                permit: *permit,
                flow: merger.flow(product)?,
            })
        };
        Ok(Self {
            free,
            contested: contested.iter().filter_map(rule).collect(),
        })
    }
}

/// What is left of a flow beside others, as disjoint products; none where those are too many.
pub(super) fn cut(
    flow: FlowSet,
    others: &[FlowSet],
    meter: &mut Meter,
) -> Result<Option<Vec<FlowSet>>, GaveUp> {
    let mut pieces = vec![flow];
    for other in others {
        let ranges: usize = pieces.iter().map(|piece| size(piece) + size(other)).sum();
        meter.spend(ranges / RANGES_OF_A_STEP, 0)?;
        pieces = pieces.iter().flat_map(|piece| without(piece, other)).collect();
        if pieces.len() > PIECES {
            return Ok(None);
        }
    }
    Ok(Some(pieces))
}

fn size(flow: &FlowSet) -> usize {
    flow.source.range_count() + flow.destination.range_count() + flow.service.size()
}

fn without(flow: &FlowSet, other: &FlowSet) -> Vec<FlowSet> {
    let Some(both) = flow.meet(other) else {
        return vec![flow.clone()];
    };
    let elsewhere = FlowSet {
        destination: Arc::new(flow.destination.difference(&both.destination)),
        ..flow.clone()
    };
    let from_others = FlowSet {
        source: Arc::new(flow.source.difference(&both.source)),
        destination: Arc::clone(&both.destination),
        service: Arc::clone(&flow.service),
    };
    let by_others = FlowSet {
        service: Arc::new(flow.service.difference(&both.service)),
        ..both
    };
    let pieces = [elsewhere, from_others, by_others];
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
}
