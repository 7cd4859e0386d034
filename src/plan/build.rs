//! From policy and network to the plan of each managed device.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::reply::reply;
use super::subtract::subtract_all;
use super::{
    DevicePlan, Forwarding, HostPlan, LocalPlan, Origin, PairPlan, PlanRule, PortInterface, Role, Side,
    SideName,
};
use crate::model::{self, Endpoint, ModeId, PointId, Policy, Rule, ZoneId};
use crate::network::{Crossing, Network, Placement, ZoneProduct};
use crate::packet::{AddressSet, FlowSet};
use crate::source::SourceMap;
use crate::syntax::tree::Action;

/// What plans depend on beside policy and network.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Rules past their expiry on this day are left out.
    pub today: jiff::civil::Date,
    /// The mode to plan for; none for normal.
    pub mode: Option<ModeId>,
    /// Platforms that keep no state, and need replies let in by header.
    pub stateless: &'a [&'a str],
}

/// The plan of every managed device, in the order of the policy.
pub fn plans(
    policy: &Policy,
    network: &Network,
    sources: &SourceMap,
    options: Options<'_>,
) -> Vec<DevicePlan> {
    let rules = Prepared::all(policy, sources, options);
    let claimed = Arc::new(policy.claimed());
    (0..policy.points.len())
        .into_par_iter()
        .filter_map(|index| {
            let id = PointId::from_index(index);
            let point = policy.points.get(index)?;
            let platform = point.platform.as_ref()?;
            let (role, own) = match &point.placement {
                model::Placement::Between(interfaces) => {
                    let placement = Placement::new(network, policy, id)?;
                    let stateless = options.stateless.contains(&platform.as_str());
                    let own = AddressSet::from_addresses(
                        interfaces
                            .iter()
                            .flat_map(|i| i.addresses.iter().map(|(address, _)| *address)),
                    );
                    (
                        Role::Router(forwarding(policy, point, &placement, &rules, stateless)),
                        Arc::new(own),
                    )
                }
                model::Placement::On(device) => {
                    let own = Arc::clone(&policy.devices.get(device.index())?.set);
                    (Role::Host(host(&own, &rules)), own)
                }
            };
            Some(DevicePlan {
                device: point.name.clone(),
                platform: platform.clone(),
                claimed: Arc::clone(&claimed),
                role,
                local: local(point, own, sources),
            })
        })
        .collect()
}

/// An endpoint cut along zones.
#[derive(Debug)]
struct Split {
    text: Arc<str>,
    whole: Arc<AddressSet>,
    zones: Vec<ZoneId>,
    parts: Vec<(ZoneId, AddressSet)>,
}

impl Split {
    /// The addresses that the endpoint has in some zones, and whether these are all it has.
    fn within(&self, zones: &[ZoneId]) -> (Arc<AddressSet>, bool) {
        let part = AddressSet::union_of(
            self.parts
                .iter()
                .filter(|(zone, _)| zones.binary_search(zone).is_ok())
                .map(|(_, part)| part),
        );
        if part == *self.whole {
            (Arc::clone(&self.whole), true)
        } else {
            (Arc::new(part), false)
        }
    }

    fn name(&self, whole: bool) -> SideName {
        SideName {
            text: Arc::clone(&self.text),
            whole,
        }
    }
}

/// An active rule, ready to be placed.
#[derive(Debug)]
struct Prepared<'a> {
    rule: &'a Rule,
    origin: Arc<Origin>,
    source: Arc<Split>,
    destination: Arc<Split>,
}

impl<'a> Prepared<'a> {
    /// The active rules: denies first, each by id. Where a statement stands means nothing, here too.
    fn all(policy: &'a Policy, sources: &SourceMap, options: Options<'_>) -> Vec<Self> {
        let mut splits: FxHashMap<(*const AddressSet, Arc<str>), Arc<Split>> = FxHashMap::default();
        let mut split = |endpoint: &Endpoint| {
            let key = (Arc::as_ptr(&endpoint.addresses), Arc::clone(&endpoint.text));
            Arc::clone(splits.entry(key).or_insert_with(|| {
                let parts = policy.zone_map.split(&endpoint.addresses);
                Arc::new(Split {
                    text: Arc::clone(&endpoint.text),
                    whole: Arc::clone(&endpoint.addresses),
                    zones: parts.iter().map(|(zone, _)| *zone).collect(),
                    parts,
                })
            }))
        };
        let mut rules: Vec<Self> = policy
            .active_rules(options.today, options.mode)
            .filter(|rule| !rule.flow().is_empty())
            .map(|rule| Self {
                rule,
                origin: Arc::new(Origin {
                    id: rule.id.clone(),
                    location: sources.line_of(rule.span),
                    ticket: rule.meta.ticket.clone(),
                    owner: rule.meta.owner.clone(),
                    title: rule.title.clone().or_else(|| rule.meta.reason.clone()),
                }),
                source: split(&rule.source),
                destination: split(&rule.destination),
            })
            .collect();
        rules.sort_by(|a, b| {
            let key = |prepared: &Self| prepared.rule.action == Action::Allow;
            (key(a), &a.rule.id).cmp(&(key(b), &b.rule.id))
        });
        rules
    }

    fn plan_rule(&self, flow: FlowSet, source: SideName, destination: SideName) -> PlanRule {
        PlanRule {
            action: self.rule.action,
            flow,
            source,
            destination,
            service: Arc::clone(&self.rule.service.text),
            log: self.rule.meta.log,
            rate: self.rule.meta.rate.filter(|_| self.rule.action == Action::Allow),
            origin: Arc::clone(&self.origin),
        }
    }
}

fn forwarding(
    policy: &Policy,
    point: &model::Point,
    placement: &Placement,
    rules: &[Prepared<'_>],
    stateless: bool,
) -> Forwarding {
    let sides: Vec<Side> = placement
        .sides
        .iter()
        .enumerate()
        .map(|(index, side)| Side {
            zone: policy.zone_name(side.zone).to_owned(),
            interfaces: side
                .interfaces
                .iter()
                .filter_map(|i| point.interfaces().get(*i))
                .map(|interface| PortInterface {
                    name: interface.name.clone(),
                    addresses: interface.addresses.iter().map(|(address, _)| *address).collect(),
                })
                .collect(),
            behind: Arc::new(AddressSet::union_of(
                placement
                    .behind(index)
                    .iter()
                    .filter_map(|zone| policy.zone(*zone))
                    .map(|zone| &*zone.addresses),
            )),
        })
        .collect();
    let mut pairs = Vec::new();
    for from in 0..sides.len() {
        for to in 0..sides.len() {
            let Some(mut crossing) = placement.crossing(from, to) else {
                continue;
            };
            let opening = opening(&mut crossing, rules);
            let replies = if stateless {
                replies(&mut crossing, rules)
            } else {
                Vec::new()
            };
            if !opening.is_empty() || !replies.is_empty() {
                pairs.push(PairPlan {
                    from,
                    to,
                    rules: opening,
                    replies,
                });
            }
        }
    }
    Forwarding { sides, pairs }
}

/// Rules for packets that open a flow through a crossing.
fn opening(crossing: &mut Crossing<'_>, rules: &[Prepared<'_>]) -> Vec<PlanRule> {
    let mut placed = Vec::new();
    for prepared in rules {
        for (from, to) in crossing.products(&prepared.source.zones, &prepared.destination.zones) {
            let (source, source_whole) = prepared.source.within(&from);
            let (destination, destination_whole) = prepared.destination.within(&to);
            let flow = FlowSet {
                source,
                destination,
                service: Arc::clone(&prepared.rule.service.set),
            };
            if !flow.is_empty() {
                let (source, destination) = (
                    prepared.source.name(source_whole),
                    prepared.destination.name(destination_whole),
                );
                placed.push(prepared.plan_rule(flow, source, destination));
            }
        }
    }
    in_order(&mut placed);
    without_idle_denies(placed)
}

/// Denies first, then by id. The parts of one rule stand by their addresses, and not by the order of the zones.
fn in_order(rules: &mut [PlanRule]) {
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
fn without_idle_denies(rules: Vec<PlanRule>) -> Vec<PlanRule> {
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

/// What comes back through a crossing, in answer to flows that were opened the other way by any path.
fn replies(crossing: &mut Crossing<'_>, rules: &[Prepared<'_>]) -> Vec<PlanRule> {
    let denies: Vec<FlowSet> = rules
        .iter()
        .filter(|p| p.rule.action == Action::Deny)
        .map(|p| p.rule.flow())
        .collect();
    let mut placed = Vec::new();
    for prepared in rules.iter().filter(|p| p.rule.action == Action::Allow) {
        let products: Vec<ZoneProduct> =
            crossing.products(&prepared.destination.zones, &prepared.source.zones);
        for (from, to) in products {
            let (source, source_whole) = prepared.source.within(&to);
            let (destination, destination_whole) = prepared.destination.within(&from);
            let opened = FlowSet {
                source,
                destination,
                service: Arc::clone(&prepared.rule.service.set),
            };
            let pieces = subtract_all(&opened, &denies);
            let uncut = pieces.len() == 1 && pieces.first() == Some(&opened);
            for piece in pieces {
                let back = reply(&piece);
                if !back.is_empty() {
                    let from = prepared.destination.name(destination_whole && uncut);
                    let to = prepared.source.name(source_whole && uncut);
                    placed.push(PlanRule {
                        log: false,
                        rate: None,
                        ..prepared.plan_rule(back, from, to)
                    });
                }
            }
        }
    }
    in_order(&mut placed);
    placed
}

/// What a host firewall lets in and out. Its device's own zone is no exception.
fn host(own: &Arc<AddressSet>, rules: &[Prepared<'_>]) -> HostPlan {
    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
    for prepared in rules {
        let flow = prepared.rule.flow();
        let into = FlowSet {
            destination: Arc::new(flow.destination.intersection(own)),
            ..flow.clone()
        };
        let out = FlowSet {
            source: Arc::new(flow.source.intersection(own)),
            ..flow.clone()
        };
        let whole = |part: &AddressSet, all: &AddressSet| part == all;
        if !into.is_empty() {
            let to = prepared
                .destination
                .name(whole(&into.destination, &flow.destination));
            inbound.push(prepared.plan_rule(into, prepared.source.name(true), to));
        }
        if !out.is_empty() {
            let from = prepared.source.name(whole(&out.source, &flow.source));
            outbound.push(prepared.plan_rule(out, from, prepared.destination.name(true)));
        }
    }
    HostPlan {
        addresses: Arc::clone(own),
        inbound: without_idle_denies(inbound),
        outbound: without_idle_denies(outbound),
    }
}

/// Traffic of the device itself.
fn local(point: &model::Point, own: Arc<AddressSet>, sources: &SourceMap) -> LocalPlan {
    let everywhere = if own.is_empty() {
        Arc::new(AddressSet::full())
    } else {
        Arc::clone(&own)
    };
    let mut seen = BTreeSet::new();
    let mut manage: Vec<PlanRule> = point
        .manage
        .iter()
        .map(|manage| {
            let said = format!("{} : {}", manage.from.text, manage.service.text);
            let hex: String = Sha256::digest(said.as_bytes())
                .iter()
                .take(3)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            PlanRule {
                action: Action::Allow,
                flow: FlowSet {
                    source: Arc::clone(&manage.from.addresses),
                    destination: Arc::clone(&everywhere),
                    service: Arc::clone(&manage.service.set),
                },
                source: SideName {
                    text: Arc::clone(&manage.from.text),
                    whole: true,
                },
                destination: SideName {
                    text: point.name.as_str().into(),
                    whole: true,
                },
                service: Arc::clone(&manage.service.text),
                log: false,
                rate: None,
                origin: Arc::new(Origin {
                    id: format!("manage-{hex}"),
                    location: sources.line_of(manage.span),
                    ticket: None,
                    owner: None,
                    title: Some(format!("management of {}", point.name)),
                }),
            }
        })
        .filter(|rule| !rule.flow.is_empty() && seen.insert(rule.origin.id.clone()))
        .collect();
    in_order(&mut manage);
    LocalPlan {
        own,
        manage,
        run: point.run.clone(),
    }
}
