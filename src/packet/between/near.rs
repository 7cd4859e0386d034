//! Which products overlap another one, found by their destinations.

use rustc_hash::FxHashMap;

use crate::packet::budget::{GaveUp, Meter};
use crate::packet::merge::{Merger, Number, Product};
use crate::packet::{AddressSet, FlowSet};

/// So many ranges are looked at in the time of a step.
pub(super) const RANGES_OF_A_STEP: usize = 8;
/// So many numbers take the memory of a node.
const NUMBERS_OF_A_NODE: usize = 8;

/// Products, indexed.
pub(super) struct Near {
    /// Products by the number of their destinations.
    by_destination: FxHashMap<Number, Vec<Product>>,
    /// The intervals of those, of IPv4 and of IPv6.
    spans: [Vec<Span>; 2],
}

/// An interval of a set of destinations.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    first: u128,
    last: u128,
    set: Number,
    /// The highest `last` of the subtree of which this is the root: the middle of a slice is the root over both halves.
    reach: u128,
}

impl Near {
    pub(super) fn new(merger: &Merger, products: &[Product]) -> Self {
        let mut by_destination: FxHashMap<Number, Vec<Product>> = FxHashMap::default();
        for product in products {
            let [_, destination, _] = product;
            by_destination.entry(*destination).or_default().push(*product);
        }
        let mut spans = [Vec::new(), Vec::new()];
        for number in by_destination.keys() {
            let Some(set) = merger.address(*number) else {
                continue;
            };
            for (spans, intervals) in spans.iter_mut().zip(intervals(&set)) {
                spans.extend(intervals.into_iter().map(|(first, last)| Span {
                    first,
                    last,
                    set: *number,
                    reach: last,
                }));
            }
        }
        for spans in &mut spans {
            spans.sort_unstable();
            plant(spans);
        }
        Self {
            by_destination,
            spans,
        }
    }

    /// The products that have a packet in common with a product.
    pub(super) fn overlapping(
        &self,
        merger: &Merger,
        product: &Product,
        meter: &mut Meter,
    ) -> Result<Vec<Product>, GaveUp> {
        match merger.flow(product) {
            Some(flow) => self.overlapping_flow(merger, &flow, meter),
            None => Ok(Vec::new()),
        }
    }

    /// The products that have a packet in common with a flow.
    pub(super) fn overlapping_flow(
        &self,
        merger: &Merger,
        flow: &FlowSet,
        meter: &mut Meter,
    ) -> Result<Vec<Product>, GaveUp> {
        let mut sets = Vec::new();
        let [v4, v6] = &self.spans;
        for (first, last) in flow.destination.v4.ranges() {
            let before = sets.len();
            visit(v4, (*first).into(), (*last).into(), &mut sets);
            meter.spend(sets.len() - before, sets.len() / NUMBERS_OF_A_NODE)?;
        }
        for (first, last) in flow.destination.v6.ranges() {
            let before = sets.len();
            visit(v6, *first, *last, &mut sets);
            meter.spend(sets.len() - before, sets.len() / NUMBERS_OF_A_NODE)?;
        }
        sets.sort_unstable();
        sets.dedup();
        let ranges = |flow: &FlowSet| flow.source.range_count().min(flow.destination.range_count());
        let own = ranges(flow);
        let found = sets.iter().filter_map(|set| self.by_destination.get(set));
        let mut near = Vec::new();
        for product in found.flatten() {
            let Some(other) = merger.flow(product) else {
                continue;
            };
            meter.spend(1 + own.min(ranges(&other)) / RANGES_OF_A_STEP, 0)?;
            if other.overlaps(flow) {
                near.push(*product);
            }
        }
        Ok(near)
    }
}

/// The intervals of IPv4 and of IPv6.
fn intervals(set: &AddressSet) -> [Vec<(u128, u128)>; 2] {
    let v4 = set.v4.ranges().iter();
    [
        v4.map(|&(first, last)| (first.into(), last.into())).collect(),
        set.v6.ranges().to_vec(),
    ]
}

/// Works out how far the subtree of each span reaches.
fn plant(spans: &mut [Span]) -> Option<u128> {
    let (left, rest) = spans.split_at_mut(spans.len() / 2);
    let (root, right) = rest.split_first_mut()?;
    root.reach = [plant(left), plant(right)]
        .into_iter()
        .flatten()
        .fold(root.last, u128::max);
    Some(root.reach)
}

/// The sets of the spans that overlap an interval.
fn visit(spans: &[Span], first: u128, last: u128, found: &mut Vec<Number>) {
    let (left, rest) = spans.split_at(spans.len() / 2);
    let Some((root, right)) = rest.split_first() else {
        return;
    };
    if root.reach < first {
        return;
    }
    visit(left, first, last, found);
    if root.first <= last {
        if root.last >= first {
            found.push(root.set);
        }
        visit(right, first, last, found);
    }
}
