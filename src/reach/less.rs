//! What denies leave of allows.

use std::cell::OnceCell;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::Examples;
use crate::packet::{
    AddressSet, Budget, Coverage, Family, FlowSet, GaveUp, Packet, PacketRule, PacketSet, RuleIndex,
};
use crate::plan::subtract;

/// Allows, and what is taken away from them.
pub(super) struct Subtraction<'a> {
    /// What is taken away, then the allows.
    rules: &'a [PacketRule],
    /// How much is taken away.
    taken: usize,
    /// For sides that several allows share, what may be taken away between these.
    between: FxHashMap<Sides, Option<Vec<(usize, Family)>>>,
    /// Most allows do without.
    index: OnceCell<Result<RuleIndex<'a>, GaveUp>>,
    examples: &'a Examples,
    budget: Budget,
}

/// The places of two sets in memory.
type Sides = (*const AddressSet, *const AddressSet);

fn sides(flow: &FlowSet) -> Sides {
    (Arc::as_ptr(&flow.source), Arc::as_ptr(&flow.destination))
}

/// What is left of an allow.
pub(super) enum Left {
    /// These products.
    Products(Vec<FlowSet>),
    /// More products than anybody reads. This packet is of one of them.
    Scattered(Packet),
}

impl<'a> Subtraction<'a> {
    /// The first `taken` rules are taken away from those behind them, whatever their actions.
    pub(super) fn new(rules: &'a [PacketRule], taken: usize, examples: &'a Examples, budget: Budget) -> Self {
        let mut between = FxHashMap::default();
        let mut met = FxHashSet::default();
        for rule in rules.iter().skip(taken) {
            if !met.insert(sides(&rule.flow)) {
                between.insert(sides(&rule.flow), None);
            }
        }
        Self {
            rules,
            taken,
            between,
            index: OnceCell::new(),
            examples,
            budget,
        }
    }

    /// The places of what takes something away from a flow, ascending.
    pub(super) fn touching(&mut self, flow: &FlowSet) -> Vec<usize> {
        let taken = self.rules.iter().take(self.taken).enumerate();
        let Some(known) = self.between.get_mut(&sides(flow)) else {
            let touching = taken.filter(|(_, rule)| rule.flow.overlaps(flow));
            return touching.map(|(place, _)| place).collect();
        };
        let near = known.get_or_insert_with(|| {
            let families = taken.flat_map(|taken| Family::BOTH.map(|family| (taken, family)));
            let near = families.filter(|((_, rule), family)| rule.flow.overlaps_on_both_sides(flow, *family));
            near.map(|((place, _), family)| (place, family)).collect()
        });
        let touches = |(place, family): &&(usize, Family)| {
            let taken = self.rules.get(*place).map(|rule| &rule.flow.service);
            taken.is_some_and(|taken| taken.overlaps_in(&flow.service, *family))
        };
        let mut touching: Vec<usize> = near.iter().filter(touches).map(|(place, _)| *place).collect();
        touching.dedup();
        touching
    }

    /// What is left of the allow at a place, in at most `most` products. An example is one of the packets that count;
    /// where none of them is left there may be products of others.
    ///
    /// # Errors
    /// When the budget is spent: nothing is known then.
    pub(super) fn left_of(
        &self,
        place: usize,
        touching: &[usize],
        most: usize,
        counts: impl Fn(&Packet) -> bool,
    ) -> Result<Left, GaveUp> {
        let Some(PacketRule { flow, .. }) = self.rules.get(place) else {
            return Ok(Left::Products(Vec::new()));
        };
        let taken: Vec<&FlowSet> = touching
            .iter()
            .filter_map(|place| self.rules.get(*place))
            .map(|rule| &rule.flow)
            .collect();
        let (pieces, all) = pieces(flow, &taken, most);
        if all {
            return Ok(Left::Products(pieces));
        }
        // Each piece has packets, and mostly some that the rest leaves as well: then a look at one is enough.
        let is_left = |packet: &Packet| counts(packet) && !taken.iter().any(|taken| taken.contains(packet));
        let mut likely = std::iter::once(flow).chain(&pieces);
        if let Some(packet) = likely.find_map(|flow| self.examples.packet(flow).filter(is_left)) {
            return Ok(Left::Scattered(packet));
        }
        let index = self.index.get_or_init(|| RuleIndex::new(self.rules, self.budget));
        if let Ok(index) = index {
            match index.uncovered(place, |other| other < self.taken)? {
                Coverage::Covered(_) => return Ok(Left::Products(Vec::new())),
                Coverage::Witness(packet) if counts(&packet) => return Ok(Left::Scattered(packet)),
                Coverage::Witness(_) => {}
            }
        }
        let taken = PacketSet::from_flows(taken, self.budget)?;
        let left = PacketSet::from_flow(flow, self.budget)?.difference(&taken, self.budget)?;
        Ok(Left::Products(left.products(usize::MAX).flows))
    }
}

/// A product less others, one after the other; false where that came to more than so many products on the way.
fn pieces(flow: &FlowSet, taken: &[&FlowSet], most: usize) -> (Vec<FlowSet>, bool) {
    let mut pieces = vec![flow.clone()];
    for one in taken {
        let mut left = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece.overlaps(one) {
                true => left.extend(subtract(&piece, one)),
                false => left.push(piece),
            }
        }
        pieces = left;
        if pieces.len() > most {
            return (pieces, false);
        }
    }
    (pieces, true)
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::*;
    use crate::model::Policy;
    use crate::packet::{IntervalSet, ServiceSet};

    fn addresses(u: &mut Unstructured<'_>) -> Result<Arc<AddressSet>> {
        let bits: u8 = u.arbitrary()?;
        let chosen = (0..8).filter(|bit| bits & (1 << bit) != 0);
        Ok(Arc::new(AddressSet {
            v4: chosen.map(|n| (0x0a00_0000 + n, 0x0a00_0000 + n)).collect(),
            ..AddressSet::default()
        }))
    }

    fn rule(u: &mut Unstructured<'_>) -> Result<PacketRule> {
        let first = u.int_in_range(1..=3)?;
        let ports = IntervalSet::range(first, u.int_in_range(first..=3)?);
        Ok(PacketRule::permit(FlowSet {
            source: addresses(u)?,
            destination: addresses(u)?,
            service: Arc::new(ServiceSet::tcp(IntervalSet::full(), ports)),
        }))
    }

    fn every_packet() -> impl Iterator<Item = Packet> {
        (0..64).flat_map(|n: u8| {
            (1..=3).map(move |second| Packet {
                source: [10, 0, 0, n / 8].into(),
                destination: [10, 0, 0, n % 8].into(),
                protocol: 6,
                first: 40_000,
                second,
            })
        })
    }

    #[test]
    fn what_is_left_is_told_exactly_or_by_one_of_its_packets() {
        let examples = Examples::new(&Policy::default());
        let (mut scattered, mut nothing) = (0, 0);
        arbtest::arbtest(|u| {
            let rules: Vec<PacketRule> = (0..u.int_in_range(2..=14)?)
                .map(|_| rule(u))
                .collect::<Result<_>>()?;
            let (last, taken) = rules.split_last().unwrap();
            let most = u.int_in_range(1..=6)?;
            let counts = |packet: &Packet| packet.source != packet.destination;
            let is_left = |packet: &Packet| {
                last.flow.contains(packet) && !taken.iter().any(|rule| rule.flow.contains(packet))
            };
            let expected: Vec<Packet> = every_packet().filter(is_left).collect();
            let mut subtraction = Subtraction::new(&rules, taken.len(), &examples, Budget::default());
            let touching = subtraction.touching(&last.flow);
            match subtraction.left_of(taken.len(), &touching, most, counts).unwrap() {
                Left::Scattered(packet) => {
                    scattered += 1;
                    assert!(counts(&packet) && is_left(&packet), "{packet}");
                }
                Left::Products(products) => {
                    nothing += usize::from(products.is_empty());
                    let listed: Vec<Packet> = every_packet()
                        .filter(|packet| products.iter().any(|product| product.contains(packet)))
                        .collect();
                    assert_eq!(listed, expected);
                }
            }
            Ok(())
        })
        .size_min(1 << 8)
        .size_max(1 << 11)
        .budget_ms(1_000);
        assert!(scattered > 200 && nothing > 50, "{scattered} {nothing}");
    }
}
