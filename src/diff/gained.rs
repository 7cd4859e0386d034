//! What one list of rules permits beyond another, by pair of zones.
//!
//! Only packets of changed rules can fare otherwise than before, so all other rules are cut down to those, and each pair
//! of zones is looked at by itself. One whose rules are too entangled is looked at piece by piece, until more has been
//! found than is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ZoneChange;
use crate::model::{Examples, Policy};
use crate::packet::{
    AddressSet, Budget, ByDestination, Clip, Family, FlowSet, GaveUp, Hints, IntervalSet, Ordinal, Packet,
    PacketRule, PacketSet, Products,
};

/// Up to so many pairs of a rule and a changed one are looked at, to leave out the rules that no change touches. Beyond
/// that, comparing all rules takes less.
const PAIRS: usize = 4_000_000;

/// Rules that are too entangled may be cut into so many pieces.
const PIECES: usize = 64;

/// The share of the budget that one of these gets.
const SHARE: usize = 8;

/// How to look for packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Whose zones the answer is about.
    pub(super) policy: &'a Policy,
    /// What makes an example believable.
    pub(super) hints: &'a Hints,
    /// How many products of a pair of zones are shown.
    pub(super) shown: usize,
    /// The work allowed for each comparison.
    pub(super) budget: Budget,
}

/// Two first-match lists, and flows that hold every packet that only the second permits.
#[derive(Clone, Debug)]
struct Lists {
    before: Vec<PacketRule>,
    after: Vec<PacketRule>,
    changed: Vec<FlowSet>,
}

/// What a first-match list permits and the one before does not, by pair of zones. All of it must be of the changed
/// flows.
///
/// # Errors
/// When the work was more than the budget allows: nothing is known then.
pub(super) fn gained(
    before: &[PacketRule],
    after: &[PacketRule],
    changed: &[FlowSet],
    asked: &Asked<'_>,
) -> Result<Vec<ZoneChange>, GaveUp> {
    let Some(near) = Lists::near(before, after, changed) else {
        return Ok(Vec::new());
    };
    if near.same() {
        return Ok(Vec::new());
    }
    let zones = &asked.policy.zone_map;
    let examples = Examples::new(asked.policy);
    let mut pieces = PIECES;
    let mut changes: BTreeMap<(&str, &str), Found> = BTreeMap::new();
    let hull = Clip::hull(&near.changed);
    for (to, destination) in zones.split(&hull.destination) {
        let Some(near) = near.within(&FlowSet {
            destination: Arc::new(destination),
            ..hull.clone()
        }) else {
            continue;
        };
        let hull = Clip::hull(&near.changed);
        for (from, source) in zones.split(&hull.source) {
            let Some(near) = near.within(&FlowSet {
                source: Arc::new(source),
                ..hull.clone()
            }) else {
                continue;
            };
            if let Some(found) = near.found(&examples, asked, asked.budget, &mut pieces)? {
                changes.insert((asked.policy.zone_name(from), asked.policy.zone_name(to)), found);
            }
        }
    }
    let changes = changes.into_iter();
    Ok(changes.map(|(pair, found)| found.between(pair)).collect())
}

/// Some of the packets that are gained between two zones.
struct Found {
    products: Products,
    witness: Packet,
}

impl Found {
    /// None where there are no packets.
    fn of(set: &PacketSet, examples: &Examples, asked: &Asked<'_>) -> Option<Self> {
        let products = set.products(asked.shown);
        // Beyond what is shown there may be another than of a host that talks to itself.
        let example = examples.packet_of(&products.flows);
        let believed = example.filter(|packet| products.complete || packet.source != packet.destination);
        let witness = believed.or_else(|| set.witness(asked.hints))?;
        Some(Self { products, witness })
    }

    /// With what was found elsewhere.
    fn and(mut self, other: Self, shown: usize) -> Self {
        let flows = &mut self.products.flows;
        flows.extend(other.products.flows);
        self.products.complete &= other.products.complete && flows.len() <= shown;
        flows.truncate(shown);
        self
    }

    fn between(self, (from, to): (&str, &str)) -> ZoneChange {
        ZoneChange {
            from: from.to_owned(),
            to: to.to_owned(),
            flows: self.products.flows,
            complete: self.products.complete,
            witness: self.witness,
        }
    }
}

impl Lists {
    /// The rules that changed flows touch, cut down to these; none where nothing is gained.
    fn near(before: &[PacketRule], after: &[PacketRule], changed: &[FlowSet]) -> Option<Self> {
        let touched = |rules: &[PacketRule]| -> Vec<PacketRule> {
            let all = rules.len().saturating_mul(changed.len()) > PAIRS;
            let rules = rules.iter();
            let touched = rules.filter(|rule| all || changed.iter().any(|flow| flow.overlaps(&rule.flow)));
            touched.cloned().collect()
        };
        let lists = Self {
            before: touched(before),
            after: touched(after),
            changed: changed.to_vec(),
        };
        lists.within(&Clip::hull(changed))
    }

    /// True where both lists are seen to permit the same.
    fn same(&self) -> bool {
        let [before, after] =
            [&self.before, &self.after].map(|rules| rules.iter().map(|rule| (rule.permit, &rule.flow)));
        ByDestination::default().same(before, after) == Some(true)
    }

    /// What is gained. Where that takes too long to tell at once, one part after the other, until there is more than
    /// is shown.
    fn found(
        &self,
        examples: &Examples,
        asked: &Asked<'_>,
        budget: Budget,
        pieces: &mut usize,
    ) -> Result<Option<Found>, GaveUp> {
        let gave_up = match PacketSet::gained(&self.before, &self.after, budget) {
            Ok(set) => return Ok(Found::of(&set, examples, asked)),
            Err(gave_up) => gave_up,
        };
        let mut all: Option<Found> = None;
        for half in self.halves().ok_or(gave_up)? {
            if all.as_ref().is_some_and(|found| !found.products.complete) {
                break;
            }
            *pieces = pieces.checked_sub(1).ok_or(gave_up)?;
            let Some(lists) = self.within(&half) else {
                continue;
            };
            let found = lists.found(examples, asked, asked.budget.share(SHARE), pieces)?;
            all = match (all, found) {
                (Some(all), Some(found)) => Some(all.and(found, asked.shown)),
                (all, found) => all.or(found),
            };
        }
        Ok(all)
    }

    /// The rules that matter for some of the changed flows; none where nothing is gained there.
    fn within(&self, limits: &FlowSet) -> Option<Self> {
        let mut to_limits = Clip::to(limits);
        let changed: Vec<FlowSet> = self
            .changed
            .iter()
            .filter_map(|flow| to_limits.flow(flow))
            .collect();
        let hull = Clip::hull(&changed);
        let mut clip = Clip::to(&hull);
        let after = clip.rules(&self.after);
        let any = after.iter().any(|rule| rule.permit);
        (any && !changed.is_empty()).then(|| Self {
            before: clip.rules(&self.before),
            after,
            changed,
        })
    }

    /// Two halves of it, by destinations or else by sources; none where no rule tells addresses apart.
    fn halves(&self) -> Option<[FlowSet; 2]> {
        let hull = Clip::hull(&self.changed);
        let rules = || self.before.iter().chain(&self.after).map(|rule| &rule.flow);
        let by_destination = halves(&hull.destination, rules().map(|flow| &*flow.destination));
        if let Some(halves) = by_destination {
            return Some(halves.map(|half| FlowSet {
                destination: Arc::new(half),
                ..hull.clone()
            }));
        }
        let by_source = halves(&hull.source, rules().map(|flow| &*flow.source))?;
        Some(by_source.map(|half| FlowSet {
            source: Arc::new(half),
            ..hull.clone()
        }))
    }
}

/// A set cut in two at the middle of the boundaries of others.
fn halves<'s>(whole: &AddressSet, sets: impl Iterator<Item = &'s AddressSet>) -> Option<[AddressSet; 2]> {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for set in sets {
        v4.extend(set.v4.ranges().iter().map(|(first, _)| *first));
        v6.extend(set.v6.ranges().iter().map(|(first, _)| *first));
    }
    if !whole.v4.is_empty() && !whole.v6.is_empty() {
        return Some(Family::BOTH.map(|family| whole.only(family)));
    }
    let below = AddressSet {
        v4: middle(v4).map_or_else(IntervalSet::empty, |last| IntervalSet::range(0, last)),
        v6: middle(v6).map_or_else(IntervalSet::empty, |last| IntervalSet::range(0, last)),
    };
    let halves = [whole.intersection(&below), whole.difference(&below)];
    halves.iter().all(|half| !half.is_empty()).then_some(halves)
}

/// The last number below the middle one of some.
fn middle<T: Ordinal>(mut numbers: Vec<T>) -> Option<T> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers.get(numbers.len() / 2)?.previous()
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::*;
    use crate::packet::random::neighbours;
    use crate::packet::{ServiceSet, permits};

    fn rule(u: &mut Unstructured<'_>) -> Result<PacketRule> {
        let first = u.int_in_range(1..=4)?;
        let ports = IntervalSet::range(first, u.int_in_range(first..=4)?);
        Ok(PacketRule {
            permit: u.ratio(2, 3)?,
            flow: FlowSet {
                source: neighbours(u)?,
                destination: neighbours(u)?,
                service: Arc::new(ServiceSet::tcp(IntervalSet::full(), ports)),
            },
        })
    }

    fn every_packet() -> impl Iterator<Item = Packet> {
        let v4 = |n: u8| std::net::IpAddr::from([10, 0, 0, n]);
        let v6 = |n: u8| std::net::IpAddr::from(u128::from(n).to_be_bytes());
        let ends = (0..64).flat_map(move |n| {
            let (from, to) = (n / 8, n % 8);
            [(v4(from), v4(to)), (v6(from), v6(to))]
        });
        ends.flat_map(|(source, destination)| {
            (1..=4).map(move |second| Packet {
                source,
                destination,
                protocol: 6,
                first: 40_000,
                second,
            })
        })
    }

    #[test]
    fn piece_by_piece_finds_what_there_is_and_says_where_there_is_more() {
        let policy = Policy::default();
        let hints = Hints::default();
        let examples = Examples::new(&policy);
        let (mut in_pieces, mut cut_short) = (0, 0);
        arbtest::arbtest(|u| {
            let mut lists = [Vec::new(), Vec::new()];
            for list in &mut lists {
                for _ in 0..u.int_in_range(1..=12)? {
                    list.push(rule(u)?);
                }
            }
            let [before, after] = lists;
            let changed: Vec<FlowSet> = before
                .iter()
                .chain(&after)
                .map(|rule| rule.flow.clone())
                .collect();
            let is_gained = |packet: &Packet| permits(&after, packet) && !permits(&before, packet);
            let expected: Vec<Packet> = every_packet().filter(is_gained).collect();
            let budget = Budget {
                steps: u.int_in_range(100..=4_000)?,
                nodes: u.int_in_range(100..=2_000)?,
            };
            let asked = Asked {
                policy: &policy,
                hints: &hints,
                shown: u.int_in_range(1..=64)?,
                budget,
            };
            let mut pieces = PIECES;
            let found = match Lists::near(&before, &after, &changed) {
                None => None,
                Some(near) => match near.found(&examples, &asked, budget, &mut pieces) {
                    Ok(found) => found,
                    Err(_) => return Ok(()),
                },
            };
            in_pieces += usize::from(pieces < PIECES);
            let Some(found) = found else {
                assert_eq!(expected, []);
                return Ok(());
            };
            assert!(is_gained(&found.witness), "{}", found.witness);
            let flows = &found.products.flows;
            let listed: Vec<Packet> = every_packet()
                .filter(|packet| flows.iter().any(|flow| flow.contains(packet)))
                .collect();
            if found.products.complete {
                assert_eq!(listed, expected);
            } else {
                cut_short += usize::from(pieces < PIECES);
                assert_eq!(flows.len(), asked.shown);
                assert!(listed.iter().all(|packet| expected.contains(packet)));
            }
            Ok(())
        })
        .size_min(1 << 9)
        .size_max(1 << 12)
        .budget_ms(1_000);
        assert!(in_pieces > 50 && cut_short > 5, "{in_pieces} {cut_short}");
    }
}
