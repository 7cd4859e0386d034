//! What a router lets through between each pair of its sides.
//!
//! Rules are placed one by one, on the devices around their zones and there on the pairs of sides between which they
//! lie, so that the work follows the rules and not the pairs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::build::{Prepared, Split};
use super::reply::reply_service;
use super::subtract::subtract_all;
use super::{Forwarding, PairPlan, PlanRule, PortInterface, Side};
use crate::model::{self, PointId, Policy, ZoneId};
use crate::network::{Crossing, Network, Placement, ZonesBehind};
use crate::packet::{AddressSet, FlowSet, ServiceSet};
use crate::syntax::tree::Action;

/// The rules that each point may have to do with.
pub(super) struct RulesOfPoints {
    by_point: BTreeMap<PointId, Vec<usize>>,
}

impl RulesOfPoints {
    /// For each point the rules with zones around it, ascending.
    pub(super) fn new(network: &Network, rules: &[Prepared<'_>]) -> Self {
        let mut around: FxHashMap<*const Split, BTreeSet<PointId>> = FxHashMap::default();
        let mut by_point: BTreeMap<PointId, Vec<usize>> = BTreeMap::new();
        for (index, prepared) in rules.iter().enumerate() {
            for split in [&prepared.source, &prepared.destination] {
                let points = around.entry(Arc::as_ptr(split)).or_insert_with(|| {
                    let zones = split.zones.iter();
                    let vertices = zones.filter_map(|zone| network.vertices_of.get(zone.index()));
                    network.points_around(vertices.flatten().copied())
                });
                for point in points.iter() {
                    let list = by_point.entry(*point).or_default();
                    if list.last() != Some(&index) {
                        list.push(index);
                    }
                }
            }
        }
        Self { by_point }
    }

    /// Those of one point, in the order of all.
    pub(super) fn of<'r, 'a>(&self, point: PointId, rules: &'r [Prepared<'a>]) -> Vec<&'r Prepared<'a>> {
        let indices = self.by_point.get(&point).into_iter().flatten();
        indices.filter_map(|index| rules.get(*index)).collect()
    }
}

/// What a router lets through. `rules` are those around it.
pub(super) fn forwarding(
    policy: &Policy,
    point: &model::Point,
    placement: &Placement<'_>,
    rules: &[&Prepared<'_>],
    stateless: bool,
) -> Forwarding {
    let mut pairs: BTreeMap<(usize, usize), PairPlan> = BTreeMap::new();
    let mut crossings = Crossings {
        placement,
        known: FxHashMap::default(),
    };
    let denies = Denies::new(rules);
    for prepared in rules {
        let sources = placement.apart(&prepared.source.zones);
        let destinations = placement.apart(&prepared.destination.zones);
        crossings.each(&sources, &destinations, |sides, from, to| {
            let rule = opening(prepared, from, to);
            pair(&mut pairs, sides).rules.extend(rule);
        });
        if stateless && prepared.rule.action == Action::Allow {
            let answer = Arc::new(reply_service(&prepared.rule.service.set));
            crossings.each(&destinations, &sources, |sides, from, to| {
                let rules = replies(prepared, &answer, to, from, &denies);
                pair(&mut pairs, sides).replies.extend(rules);
            });
        }
    }
    let mut pairs: Vec<PairPlan> = pairs.into_values().collect();
    for pair in &mut pairs {
        in_order(&mut pair.rules);
        in_order(&mut pair.replies);
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
        from: &[ZonesBehind],
        to: &[ZonesBehind],
        mut place: impl FnMut((usize, usize), &[ZoneId], &[ZoneId]),
    ) {
        for entered in from {
            for left in to {
                for i in &entered.sides {
                    for j in &left.sides {
                        let placement = self.placement;
                        let crossing = self
                            .known
                            .entry((*i, *j))
                            .or_insert_with(|| placement.crossing(*i, *j));
                        let Some(crossing) = crossing else { continue };
                        for (sources, destinations) in crossing.products_between(entered, left) {
                            place((*i, *j), &sources, &destinations);
                        }
                    }
                }
            }
        }
    }
}

/// The part of a rule between two sets of zones.
fn opening(prepared: &Prepared<'_>, from: &[ZoneId], to: &[ZoneId]) -> Option<PlanRule> {
    let (source, source_whole) = prepared.source.within(from);
    let (destination, destination_whole) = prepared.destination.within(to);
    let flow = FlowSet {
        source,
        destination,
        service: Arc::clone(&prepared.rule.service.set),
    };
    (!flow.is_empty()).then(|| {
        let source = prepared.source.name(source_whole);
        let destination = prepared.destination.name(destination_whole);
        prepared.plan_rule(flow, source, destination)
    })
}

/// What comes back in answer to the flows that a rule lets be opened between two sets of zones, by any path. `answer`
/// is what answers the whole service of the rule.
fn replies(
    prepared: &Prepared<'_>,
    answer: &Arc<ServiceSet>,
    from: &[ZoneId],
    to: &[ZoneId],
    denies: &Denies,
) -> Vec<PlanRule> {
    let Some(opened) = opening(prepared, from, to) else {
        return Vec::new();
    };
    let pieces = subtract_all(&opened.flow, denies.between(from, to));
    let uncut = pieces.len() == 1 && pieces.first() == Some(&opened.flow);
    let back = pieces.iter().map(|piece| FlowSet {
        source: Arc::clone(&piece.destination),
        destination: Arc::clone(&piece.source),
        service: match Arc::ptr_eq(&piece.service, &prepared.rule.service.set) {
            true => Arc::clone(answer),
            false => Arc::new(reply_service(&piece.service)),
        },
    });
    let back = back.filter(|flow| !flow.is_empty());
    back.map(|flow| PlanRule {
        flow,
        source: prepared.destination.name(opened.destination.whole && uncut),
        destination: prepared.source.name(opened.source.whole && uncut),
        log: false,
        rate: None,
        ..opened.clone()
    })
    .collect()
}

/// The denies around a point, by the zones of their sources and destinations.
struct Denies {
    flows: Vec<FlowSet>,
    from: FxHashMap<ZoneId, Vec<usize>>,
    to: FxHashMap<ZoneId, Vec<usize>>,
}

impl Denies {
    fn new(rules: &[&Prepared<'_>]) -> Self {
        let mut denies = Self {
            flows: Vec::new(),
            from: FxHashMap::default(),
            to: FxHashMap::default(),
        };
        for prepared in rules.iter().filter(|p| p.rule.action == Action::Deny) {
            let index = denies.flows.len();
            denies.flows.push(prepared.rule.flow());
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
    fn between(&self, from: &[ZoneId], to: &[ZoneId]) -> Vec<&FlowSet> {
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
    rules.sort_by(|a, b| {
        let allows = |rule: &PlanRule| rule.action == Action::Allow;
        (
            allows(a),
            &a.origin.id,
            &a.flow.source,
            &a.flow.destination,
            &a.flow.service,
        )
            .cmp(&(
                allows(b),
                &b.origin.id,
                &b.flow.source,
                &b.flow.destination,
                &b.flow.service,
            ))
    });
}

/// Drops denies that cut nothing: what no rule matches is denied anyway. A deny that logs stays.
pub(super) fn without_idle_denies(rules: Vec<PlanRule>) -> Vec<PlanRule> {
    let allows: Vec<FlowSet> = rules
        .iter()
        .filter(|rule| rule.action == Action::Allow)
        .map(|rule| rule.flow.clone())
        .collect();
    let needed = |rule: &PlanRule| rule.log || allows.iter().any(|allow| allow.overlaps(&rule.flow));
    rules
        .into_iter()
        .filter(|rule| rule.action == Action::Allow || needed(rule))
        .collect()
}
