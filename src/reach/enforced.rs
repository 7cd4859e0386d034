//! What the plans of the managed devices make of a required flow.

use std::sync::Arc;

use crate::model::{self, ModeId, PointId, Policy, ZoneId};
use crate::network::{Network, Placement};
use crate::packet::{AddressSet, Family, FlowSet};
use crate::plan::{self, DevicePlan, PlanRule, Role, subtract_all};
use crate::source::SourceMap;
use crate::syntax::tree::Action;

/// A pair of zones, one of each list, that no path joins. None where the policy describes no network.
pub fn unreachable_zones(
    policy: &Policy,
    network: &Network,
    from: &[ZoneId],
    to: &[ZoneId],
) -> Option<(ZoneId, ZoneId)> {
    if policy.points.iter().all(|point| point.interfaces().is_empty()) {
        return None;
    }
    let parts = network.connected_parts();
    let part = |zone: &ZoneId| parts.get(zone.index()).map_or(&[][..], Vec::as_slice);
    let joined = |a: &ZoneId, b: &ZoneId| a == b || part(a).iter().any(|p| part(b).contains(p));
    from.iter()
        .flat_map(|a| to.iter().map(move |b| (*a, *b)))
        .find(|(a, b)| !joined(a, b))
}

/// The plans of one day and mode, ready to be asked.
#[derive(Debug)]
pub struct Enforcement<'n> {
    points: Vec<(PointId, Option<Placement<'n>>, DevicePlan)>,
}

/// The policy without the rules that have no packet in common with any of some flows: planning a large one takes long.
pub fn concerned(policy: &Policy, flows: &[FlowSet]) -> Policy {
    Policy {
        rules: policy
            .rules
            .iter()
            .filter(|rule| flows.iter().any(|flow| flow.overlaps(&rule.flow())))
            .cloned()
            .collect(),
        ..policy.clone()
    }
}

impl<'n> Enforcement<'n> {
    /// The plans of a day and mode, as far as a policy has the rules that decide.
    pub fn new(
        policy: &Policy,
        network: &'n Network,
        today: jiff::civil::Date,
        mode: Option<ModeId>,
    ) -> Self {
        let options = plan::Options {
            today,
            mode,
            stateless: &[],
            cited: plan::Cited::default(),
        };
        let mut plans = plan::plans(policy, network, &SourceMap::default(), options).into_iter();
        let mut points = Vec::new();
        for (index, point) in policy.points.iter().enumerate() {
            let id = PointId::from_index(index);
            // Plans stand in the order of the policy, and managed points without interfaces have none.
            let routed = matches!(point.placement, model::Placement::Between(_));
            if point.platform.is_none() || (routed && !network.point_vertex.contains_key(&id)) {
                continue;
            }
            if let Some(plan) = plans.next() {
                points.push((id, Placement::new(network, policy, id), plan));
            }
        }
        Self { points }
    }

    /// The first managed device that does not let all of a flow through where some path crosses it.
    pub fn blocking(&self, policy: &Policy, flow: &FlowSet) -> Option<PointId> {
        // Nobody lives at addresses that no zone owns.
        let owned = AddressSet::union_of(policy.zones.iter().map(|zone| &*zone.addresses));
        let flow = &FlowSet {
            source: Arc::new(flow.source.intersection(&owned)),
            destination: Arc::new(flow.destination.intersection(&owned)),
            service: Arc::clone(&flow.service),
        };
        self.points
            .iter()
            .find(|(_, placement, plan)| match (&plan.role, placement) {
                (Role::Router(forwarding), Some(placement)) => {
                    blocked_between(policy, placement, forwarding, flow)
                        || blocked_inside(policy, placement, forwarding, flow)
                }
                (Role::Host(host), _) => blocked_at_host(host, &plan.local, flow),
                (Role::Router(_), None) => false,
            })
            .map(|(id, ..)| *id)
    }
}

fn zones_of(parts: &[(ZoneId, AddressSet)]) -> Vec<ZoneId> {
    parts.iter().map(|(zone, _)| *zone).collect()
}

fn part_in(parts: &[(ZoneId, AddressSet)], zones: &[ZoneId]) -> Arc<AddressSet> {
    let chosen = parts.iter().filter(|(zone, _)| zones.contains(zone));
    Arc::new(AddressSet::union_of(chosen.map(|(_, part)| part)))
}

fn blocked_between(
    policy: &Policy,
    placement: &Placement<'_>,
    forwarding: &plan::Forwarding,
    flow: &FlowSet,
) -> bool {
    let sources = policy.zone_map.split(&flow.source);
    let destinations = policy.zone_map.split(&flow.destination);
    let (from_zones, to_zones) = (zones_of(&sources), zones_of(&destinations));
    let behind =
        |side: usize, zones: &[ZoneId]| placement.behind(side).iter().any(|zone| zones.contains(zone));
    let sides = 0..placement.sides.len();
    let entries: Vec<usize> = sides.clone().filter(|side| behind(*side, &from_zones)).collect();
    let exits: Vec<usize> = sides.filter(|side| behind(*side, &to_zones)).collect();
    entries.iter().any(|from| {
        exits.iter().any(|to| {
            let Some(mut crossing) = placement.crossing(*from, *to) else {
                return false;
            };
            let products = crossing.products(&from_zones, &to_zones);
            products.into_iter().any(|(from_zones, to_zones)| {
                let part = FlowSet {
                    source: part_in(&sources, &from_zones),
                    destination: part_in(&destinations, &to_zones),
                    service: Arc::clone(&flow.service),
                };
                let pair = forwarding
                    .pairs
                    .iter()
                    .find(|pair| (pair.from, pair.to) == (*from, *to));
                !lets_through(pair.map_or(&[][..], |pair| &pair.rules), &part)
            })
        })
    })
}

/// True where a deny stops what a router carries inside a zone. Where the zone isolates, rules alone permit, and no plan
/// has to be asked.
fn blocked_inside(
    policy: &Policy,
    placement: &Placement<'_>,
    forwarding: &plan::Forwarding,
    flow: &FlowSet,
) -> bool {
    let mut back = forwarding.pairs.iter().filter(|pair| pair.from == pair.to);
    back.any(|pair| {
        let Some(side) = placement.sides.get(pair.from) else {
            return false;
        };
        let zones = placement.zones_at(pair.from).iter();
        let zones = zones.filter_map(|zone| policy.zone(*zone).filter(|zone| zone.isolate.is_none()));
        let parts: Vec<FlowSet> = zones
            .flat_map(|zone| side.carried_inside(zone))
            .map(|(source, destination)| FlowSet {
                source: Arc::new(flow.source.intersection(&source)),
                destination: Arc::new(flow.destination.intersection(&destination)),
                service: Arc::clone(&flow.service),
            })
            .collect();
        let mut denies = pair.rules.iter().filter(|rule| rule.said.action == Action::Deny);
        denies.any(|deny| parts.iter().any(|part| stops_others(&deny.flow, part)))
    })
}

/// True where a deny takes more from a flow than what a host sends to itself.
fn stops_others(deny: &FlowSet, flow: &FlowSet) -> bool {
    let source = deny.source.intersection(&flow.source);
    let destination = deny.destination.intersection(&flow.destination);
    let service = deny.service.intersection(&flow.service);
    Family::BOTH.into_iter().any(|family| {
        let (source, destination) = (source.only(family), destination.only(family));
        let one = source.v4.count().saturating_add(source.v6.count()) == 1;
        let nothing = source.is_empty() || destination.is_empty() || service.is_empty_in(family);
        let to_itself = one && source == destination;
        !nothing && !to_itself
    })
}

fn blocked_at_host(host: &plan::HostPlan, local: &plan::LocalPlan, flow: &FlowSet) -> bool {
    let own = &host.addresses;
    let inbound = FlowSet {
        source: Arc::new(flow.source.difference(own)),
        destination: Arc::new(flow.destination.intersection(own)),
        service: Arc::clone(&flow.service),
    };
    let outbound = FlowSet {
        source: Arc::new(flow.source.intersection(own)),
        destination: Arc::new(flow.destination.difference(own)),
        service: Arc::clone(&flow.service),
    };
    let mut taken = plan::run_flows(local, local.run_on(None).map(plan::opened_service));
    taken.extend(local.manage.iter().map(|rule| rule.flow.clone()));
    subtract_all(&inbound, &taken)
        .iter()
        .any(|part| !lets_through(&host.inbound, part))
        || !lets_through(&host.outbound, &outbound)
}

/// True where a list, denies first, lets all of a flow through.
fn lets_through(rules: &[PlanRule], flow: &FlowSet) -> bool {
    if flow.is_empty() {
        return true;
    }
    let of = |action: Action| {
        rules
            .iter()
            .filter(move |rule| rule.said.action == action && rule.flow.overlaps(flow))
            .map(|rule| &rule.flow)
    };
    of(Action::Deny).next().is_none() && subtract_all(flow, of(Action::Allow)).is_empty()
}
