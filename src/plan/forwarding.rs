//! What a router lets through between each pair of its sides.
//!
//! Rules are placed one by one, on the devices around their zones and there on the pairs of sides between which they
//! lie, so that the work follows the rules and not the pairs.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::prepared::{Prepared, Split};
use super::reply::reply_service;
use super::subtract::subtract_all;
use super::{Forwarding, PairPlan, PlanRule, PortInterface, Said, Side};
use crate::model::{self, PointId, Policy, ZoneId};
use crate::network::{Apart, Crossing, Network, Placement};
use crate::packet::{AddressSet, FlowSet};
use crate::syntax::tree::Action;

/// The rules that each point may have to do with.
pub(super) struct RulesOfPoints {
    by_point: Vec<Vec<usize>>,
}

/// What is around more zones than these is gathered once for all rules between them.
const MANY_ZONES: usize = 32;

impl RulesOfPoints {
    /// For each point the rules with zones around it, ascending.
    pub(super) fn new(network: &Network, points: usize, rules: &[Prepared<'_>]) -> Self {
        let of_zones = network.vertices_of.iter();
        let of_zones: Vec<OnceCell<BTreeSet<PointId>>> = of_zones.map(|_| OnceCell::new()).collect();
        let around = |zone: &ZoneId| {
            let vertices = network.vertices_of.get(zone.index())?.iter().copied();
            let known = of_zones.get(zone.index())?;
            Some(known.get_or_init(|| network.points_around(vertices)))
        };
        let mut of_many: FxHashMap<*const Split, BTreeSet<PointId>> = FxHashMap::default();
        let mut by_point: Vec<Vec<usize>> = vec![Vec::new(); points];
        for (index, prepared) in rules.iter().enumerate() {
            let mut add = |point: &PointId| {
                if let Some(list) = by_point.get_mut(point.index())
                    && list.last() != Some(&index)
                {
                    list.push(index);
                }
            };
            for split in [&prepared.source, &prepared.destination] {
                let zones = split.zones.iter().filter_map(around).flatten();
                if split.zones.len() <= MANY_ZONES {
                    zones.for_each(&mut add);
                } else {
                    let all = of_many.entry(Arc::as_ptr(split));
                    all.or_insert_with(|| zones.copied().collect())
                        .iter()
                        .for_each(&mut add);
                }
            }
        }
        Self { by_point }
    }

    /// Those of one point, in the order of all.
    pub(super) fn of<'r, 'a>(&self, point: PointId, rules: &'r [Prepared<'a>]) -> Vec<&'r Prepared<'a>> {
        let indices = self.by_point.get(point.index()).into_iter().flatten();
        indices.filter_map(|index| rules.get(*index)).collect()
    }
}

/// What a router lets through. `rules` are those around it; `inside` is what comes back at its sides.
pub(super) fn forwarding(
    policy: &Policy,
    point: &model::Point,
    placement: &Placement<'_>,
    rules: &[&Prepared<'_>],
    inside: Vec<PairPlan>,
    stateless: bool,
) -> Forwarding {
    let mut pairs: BTreeMap<(usize, usize), PairPlan> = BTreeMap::new();
    let mut crossings = Crossings {
        placement,
        known: FxHashMap::default(),
    };
    let mut whereabouts = placement.whereabouts();
    let denies = Denies::new(rules);
    let (mut sources, mut destinations) = (Apart::default(), Apart::default());
    for prepared in rules {
        whereabouts.put_apart(&prepared.source.zones, &mut sources);
        whereabouts.put_apart(&prepared.destination.zones, &mut destinations);
        crossings.each(&sources, &destinations, |sides, from, to| {
            let rule = prepared.between(from, to);
            pair(&mut pairs, sides).rules.extend(rule);
        });
        if stateless && prepared.rule.action == Action::Allow {
            crossings.each(&destinations, &sources, |sides, from, to| {
                let rules = replies(prepared, to, from, &denies);
                pair(&mut pairs, sides).replies.extend(rules);
            });
        }
    }
    pairs.extend(inside.into_iter().map(|pair| ((pair.from, pair.to), pair)));
    let mut pairs: Vec<PairPlan> = pairs.into_values().collect();
    for pair in &mut pairs {
        // Rules come in order; parts of one rule may not.
        for rules in [&mut pair.rules, &mut pair.replies] {
            let of_one_rule = |a: &PlanRule, b: &PlanRule| Arc::ptr_eq(&a.said, &b.said);
            rules.chunk_by_mut(of_one_rule).for_each(in_order);
        }
        pair.rules = without_idle_denies(std::mem::take(&mut pair.rules));
        // They stay until the last device is written.
        pair.rules.shrink_to_fit();
        pair.replies.shrink_to_fit();
    }
    pairs.retain(|pair| !pair.rules.is_empty() || !pair.replies.is_empty());
    Forwarding {
        sides: sides(policy, point, placement),
        pairs,
    }
}

fn pair(pairs: &mut BTreeMap<(usize, usize), PairPlan>, (from, to): (usize, usize)) -> &mut PairPlan {
    pairs.entry((from, to)).or_insert_with(|| PairPlan {
        from,
        to,
        rules: Vec::new(),
        replies: Vec::new(),
    })
}

fn sides(policy: &Policy, point: &model::Point, placement: &Placement<'_>) -> Vec<Side> {
    let side = |(index, side): (usize, &crate::network::NetworkSide)| {
        let interfaces = side.interfaces.iter();
        let interfaces = interfaces.filter_map(|i| point.interfaces().get(*i));
        let behind = placement.behind(index);
        let behind = behind.iter().filter_map(|zone| policy.zone(*zone));
        Side {
            zone: policy.zone_name(side.zone).to_owned(),
            interfaces: interfaces
                .map(|interface| PortInterface {
                    name: interface.name.clone(),
                    addresses: interface.addresses.iter().map(|(address, _)| *address).collect(),
                })
                .collect(),
            behind: Arc::new(AddressSet::union_of(behind.map(|zone| &*zone.addresses))),
        }
    };
    placement.sides.iter().enumerate().map(side).collect()
}

/// The crossings of a point, each made when it is first asked about.
struct Crossings<'p> {
    placement: &'p Placement<'p>,
    known: FxHashMap<(usize, usize), Option<Crossing<'p>>>,
}

impl Crossings<'_> {
    /// Calls `place` for every pair of sides with the zones that cross from one to the other together.
    fn each(
        &mut self,
        from: &Apart<'_>,
        to: &Apart<'_>,
        mut place: impl FnMut((usize, usize), &[ZoneId], &[ZoneId]),
    ) {
        for entered in from.iter() {
            for left in to.iter() {
                for i in entered.sides {
                    for j in left.sides {
                        let placement = self.placement;
                        let crossing = self
                            .known
                            .entry((*i, *j))
                            .or_insert_with(|| placement.crossing(*i, *j));
                        let Some(crossing) = crossing else { continue };
                        crossing.each(entered, left, |sources, destinations| {
                            place((*i, *j), sources, destinations);
                        });
                    }
                }
            }
        }
    }
}

/// What comes back in answer to the flows that a rule lets be opened between two sets of zones, by any path.
pub(super) fn replies(
    prepared: &Prepared<'_>,
    from: &[ZoneId],
    to: &[ZoneId],
    denies: &Denies,
) -> Vec<PlanRule> {
    let Some(opened) = prepared.between(from, to) else {
        return Vec::new();
    };
    let answer = prepared.answer();
    let pieces = subtract_all(&opened.flow, denies.between(from, to));
    let back = pieces.iter().map(|piece| FlowSet {
        source: Arc::clone(&piece.destination),
        destination: Arc::clone(&piece.source),
        service: match Arc::ptr_eq(&piece.service, &prepared.service) {
            true => Arc::clone(&answer.service),
            false => Arc::new(reply_service(&piece.service)),
        },
    });
    let back = back.filter(|flow| !flow.is_empty());
    let said = &answer.said;
    back.map(|flow| PlanRule {
        flow,
        said: Arc::clone(said),
    })
    .collect()
}

/// The denies around a point, by the zones of their sources and destinations.
pub(super) struct Denies {
    flows: Vec<FlowSet>,
    from: FxHashMap<ZoneId, Vec<usize>>,
    to: FxHashMap<ZoneId, Vec<usize>>,
}

impl Denies {
    pub(super) fn new(rules: &[&Prepared<'_>]) -> Self {
        let mut denies = Self {
            flows: Vec::new(),
            from: FxHashMap::default(),
            to: FxHashMap::default(),
        };
        for prepared in rules.iter().filter(|p| p.rule.action == Action::Deny) {
            let index = denies.flows.len();
            denies.flows.push(prepared.flow());
            for zone in &prepared.source.zones {
                denies.from.entry(*zone).or_default().push(index);
            }
            for zone in &prepared.destination.zones {
                denies.to.entry(*zone).or_default().push(index);
            }
        }
        denies
    }

    /// Those that may deny something between two sets of zones, in the order of the rules.
    pub(super) fn between(&self, from: &[ZoneId], to: &[ZoneId]) -> Vec<&FlowSet> {
        let of = |zones: &[ZoneId], by: &FxHashMap<ZoneId, Vec<usize>>| -> BTreeSet<usize> {
            zones
                .iter()
                .filter_map(|zone| by.get(zone))
                .flatten()
                .copied()
                .collect()
        };
        let (from, to) = (of(from, &self.from), of(to, &self.to));
        from.intersection(&to)
            .filter_map(|index| self.flows.get(*index))
            .collect()
    }
}

/// Denies first, then by id. The parts of one rule stand by their addresses, and not by the order of the zones.
pub(super) fn in_order(rules: &mut [PlanRule]) {
    let by_rule = |a: &Said, b: &Said| {
        let allows = |said: &Said| said.action == Action::Allow;
        (allows(a), &a.origin.id).cmp(&(allows(b), &b.origin.id))
    };
    rules.sort_by(|a, b| {
        let by_rule = match Arc::ptr_eq(&a.said, &b.said) {
            true => Ordering::Equal,
            false => by_rule(&a.said, &b.said),
        };
        by_rule
            .then_with(|| a.flow.source.cmp(&b.flow.source))
            .then_with(|| a.flow.destination.cmp(&b.flow.destination))
            .then_with(|| a.flow.service.cmp(&b.flow.service))
    });
}

/// Drops denies that cut nothing: what no rule matches is denied anyway. A deny that logs stays.
pub(super) fn without_idle_denies(rules: Vec<PlanRule>) -> Vec<PlanRule> {
    let is_allow = |rule: &PlanRule| rule.said.action == Action::Allow;
    if rules.iter().all(is_allow) {
        return rules;
    }
    let allows = rules.iter().filter(|rule| is_allow(rule));
    let allows: Vec<FlowSet> = allows.map(|rule| rule.flow.clone()).collect();
    let needed = |rule: &PlanRule| rule.said.log || allows.iter().any(|allow| allow.overlaps(&rule.flow));
    rules
        .into_iter()
        .filter(|rule| is_allow(rule) || needed(rule))
        .collect()
}
