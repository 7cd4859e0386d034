//! From policy and network to the plan of each managed device.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::forwarding::{RulesOfPoints, forwarding, in_order, without_idle_denies};
use super::{DevicePlan, HostPlan, LocalPlan, Origin, PlanRule, Role, SideName};
use crate::model::{self, Endpoint, ModeId, Point, PointId, Policy, Rule, ZoneId};
use crate::network::{Network, Placement};
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
    plans_of(policy, network, sources, options, |_| true)
}

/// The plans of the managed devices that are wanted, in the order of the policy.
pub fn plans_of(
    policy: &Policy,
    network: &Network,
    sources: &SourceMap,
    options: Options<'_>,
    wanted: impl Fn(&Point) -> bool + Sync,
) -> Vec<DevicePlan> {
    let rules = Prepared::all(policy, sources, options);
    let placed = RulesOfPoints::new(network, &rules);
    let claimed = Arc::new(policy.claimed());
    (0..policy.points.len())
        .into_par_iter()
        .filter_map(|index| {
            let id = PointId::from_index(index);
            let point = policy.points.get(index).filter(|point| wanted(point))?;
            let platform = point.platform.as_ref()?;
            let (role, own) = match &point.placement {
                model::Placement::Between(interfaces) => {
                    let placement = Placement::new(network, policy, id)?;
                    let stateless = options.stateless.contains(&platform.as_str());
                    let concerned = placed.of(id, &rules);
                    let own = AddressSet::from_addresses(
                        interfaces
                            .iter()
                            .flat_map(|i| i.addresses.iter().map(|(address, _)| *address)),
                    );
                    (
                        Role::Router(forwarding(policy, point, &placement, &concerned, stateless)),
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
pub(super) struct Split {
    text: Arc<str>,
    whole: Arc<AddressSet>,
    /// Ascending.
    pub(super) zones: Vec<ZoneId>,
    parts: Vec<(ZoneId, Arc<AddressSet>)>,
    /// True where the parts are all that the endpoint has.
    complete: bool,
}

impl Split {
    /// The addresses that the endpoint has in some zones, and whether these are all it has.
    pub(super) fn within(&self, zones: &[ZoneId]) -> (Arc<AddressSet>, bool) {
        let parts = self.parts.iter();
        let parts: Vec<&Arc<AddressSet>> = parts
            .filter(|(zone, _)| zones.binary_search(zone).is_ok())
            .map(|(_, part)| part)
            .collect();
        match *parts.as_slice() {
            _ if self.complete && parts.len() == self.parts.len() => (Arc::clone(&self.whole), true),
            [part] => (Arc::clone(part), false),
            _ => {
                let parts = parts.into_iter().map(|part| &**part);
                (Arc::new(AddressSet::union_of(parts)), false)
            }
        }
    }

    pub(super) fn name(&self, whole: bool) -> SideName {
        SideName {
            text: Arc::clone(&self.text),
            whole,
        }
    }
}

/// An active rule, ready to be placed.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) rule: &'a Rule,
    origin: Arc<Origin>,
    pub(super) source: Arc<Split>,
    pub(super) destination: Arc<Split>,
}

impl<'a> Prepared<'a> {
    /// The active rules: denies first, each by id. Where a statement stands means nothing, here too.
    fn all(policy: &'a Policy, sources: &SourceMap, options: Options<'_>) -> Vec<Self> {
        let mut splits: FxHashMap<(*const AddressSet, Arc<str>), Arc<Split>> = FxHashMap::default();
        let mut split = |endpoint: &Endpoint| {
            let key = (Arc::as_ptr(&endpoint.addresses), Arc::clone(&endpoint.text));
            Arc::clone(splits.entry(key).or_insert_with(|| {
                let parts = policy.zone_map.split(&endpoint.addresses);
                let complete =
                    AddressSet::union_of(parts.iter().map(|(_, part)| part)) == *endpoint.addresses;
                let parts = parts.into_iter().map(|(zone, part)| (zone, Arc::new(part)));
                let parts: Vec<(ZoneId, Arc<AddressSet>)> = parts.collect();
                Arc::new(Split {
                    text: Arc::clone(&endpoint.text),
                    whole: Arc::clone(&endpoint.addresses),
                    zones: parts.iter().map(|(zone, _)| *zone).collect(),
                    parts,
                    complete,
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

    pub(super) fn plan_rule(&self, flow: FlowSet, source: SideName, destination: SideName) -> PlanRule {
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
