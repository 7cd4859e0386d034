//! From policy and network to the plan of each managed device.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};

use super::forwarding::{RulesOfPoints, forwarding, in_order, without_idle_denies};
use super::inside::Inside;
use super::reply::reply_service;
use super::{Cited, DevicePlan, HostPlan, LocalPlan, Origin, PlanRule, Role, Said};
use crate::model::{self, Endpoint, ModeId, Point, PointId, Policy, Rule, ZoneId};
use crate::network::{Network, Placement};
use crate::packet::{AddressSet, FlowSet, ServiceSet};
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
    /// What comments say of where a rule is written.
    pub cited: Cited,
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
    let placed = RulesOfPoints::new(network, policy.points.len(), &rules);
    let claimed = Arc::new(policy.claimed());
    (0..policy.points.len())
        .into_par_iter()
        .filter_map(|index| {
            let id = PointId::from_index(index);
            let point = policy.points.get(index).filter(|point| wanted(point))?;
            let platform = point.platform.as_ref()?;
            let own = policy.own_addresses(point);
            let role = match &point.placement {
                model::Placement::Between(_) => {
                    let placement = Placement::new(network, policy, id)?;
                    let stateless = options.stateless.contains(&platform.as_str());
                    let concerned = placed.of(id, &rules);
                    let inside = Inside {
                        policy,
                        network,
                        placement: &placement,
                        sources,
                        stateless,
                        cited: options.cited,
                    };
                    let inside = inside.pairs(&rules);
                    Role::Router(forwarding(
                        policy, point, &placement, &concerned, inside, stateless,
                    ))
                }
                model::Placement::On(_) => Role::Host(host(&own, &rules)),
            };
            Some(DevicePlan {
                device: point.name.clone(),
                platform: platform.clone(),
                claimed: Arc::clone(&claimed),
                role,
                local: local(point, own, sources, options.cited),
            })
        })
        .collect()
}

/// An endpoint cut along zones.
#[derive(Debug)]
pub(super) struct Split {
    whole: Arc<AddressSet>,
    /// Ascending.
    pub(super) zones: Vec<ZoneId>,
    /// What each of the zones has of it.
    parts: Vec<Arc<AddressSet>>,
    /// True where the parts are all that the endpoint has.
    complete: bool,
}

impl Split {
    /// The addresses that the endpoint has in some of its zones, which are given ascending.
    pub(super) fn within(&self, zones: &[ZoneId]) -> Arc<AddressSet> {
        if self.complete && zones.len() == self.zones.len() {
            return Arc::clone(&self.whole);
        }
        let part = |zone: &ZoneId| self.parts.get(self.zones.binary_search(zone).ok()?);
        let mut parts = zones.iter().filter_map(part);
        match (parts.next(), parts.next()) {
            (Some(only), None) => Arc::clone(only),
            (first, second) => {
                let several = first.into_iter().chain(second).chain(parts);
                Arc::new(AddressSet::union_of(several.map(|part| &**part)))
            }
        }
    }
}

/// An active rule, ready to be placed.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) rule: &'a Rule,
    pub(super) said: Arc<Said>,
    pub(super) source: Arc<Split>,
    pub(super) destination: Arc<Split>,
    pub(super) service: Arc<ServiceSet>,
    /// What answers the service, once it is asked for: rules of one service share it.
    reply: Arc<OnceLock<Arc<ServiceSet>>>,
    answer: OnceLock<Answer>,
}

/// What comes back in answer to a rule's flows.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) said: Arc<Said>,
    /// What answers the whole service.
    pub(super) service: Arc<ServiceSet>,
}

/// Sets by what they hold: equal ones are one in memory, so that later steps know them by their place.
struct Shared<T>(FxHashSet<Arc<T>>);

impl<T: Eq + Hash> Shared<T> {
    fn new() -> Self {
        Self(FxHashSet::default())
    }

    fn one(&mut self, set: Arc<T>) -> Arc<T> {
        match self.0.get(&set) {
            Some(known) => Arc::clone(known),
            None => {
                self.0.insert(Arc::clone(&set));
                set
            }
        }
    }
}

impl<'a> Prepared<'a> {
    /// The active rules: denies first, each by id. Where a statement stands means nothing, here too.
    fn all(policy: &'a Policy, sources: &SourceMap, options: Options<'_>) -> Vec<Self> {
        let (mut addresses, mut services) = (Shared::new(), Shared::new());
        let mut splits: FxHashMap<*const AddressSet, Arc<Split>> = FxHashMap::default();
        let mut split = |endpoint: &Endpoint| {
            let key = Arc::as_ptr(&endpoint.addresses);
            Arc::clone(splits.entry(key).or_insert_with(|| {
                let parts = policy.zone_map.split(&endpoint.addresses);
                let complete =
                    AddressSet::union_of(parts.iter().map(|(_, part)| part)) == *endpoint.addresses;
                let (zones, parts): (Vec<ZoneId>, Vec<AddressSet>) = parts.into_iter().unzip();
                let parts = parts.into_iter().map(|part| addresses.one(Arc::new(part)));
                Arc::new(Split {
                    zones,
                    parts: parts.collect(),
                    whole: addresses.one(Arc::clone(&endpoint.addresses)),
                    complete,
                })
            }))
        };
        let mut replies: FxHashMap<*const ServiceSet, Arc<OnceLock<Arc<ServiceSet>>>> = FxHashMap::default();
        let mut service = |rule: &Rule| {
            let service = services.one(Arc::clone(&rule.service.set));
            let reply = replies.entry(Arc::as_ptr(&service)).or_default();
            (Arc::clone(&service), Arc::clone(reply))
        };
        let mut rules: Vec<Self> = policy
            .active_rules(options.today, options.mode)
            .filter(|rule| !rule.flow().is_empty())
            .map(|rule| (rule, service(rule), sources.line_of(rule.span)))
            .map(|(rule, (service, reply), location)| Self {
                rule,
                said: Arc::new(Said {
                    action: rule.action,
                    source: Arc::clone(&rule.source.text),
                    destination: Arc::clone(&rule.destination.text),
                    service: Arc::clone(&rule.service.text),
                    log: rule.meta.log,
                    rate: rule.meta.rate.filter(|_| rule.action == Action::Allow),
                    origin: Arc::new(Origin {
                        id: rule.id.clone(),
                        cited: options.cited.in_place_of(&location),
                        location,
                        ticket: rule.meta.ticket.clone(),
                        owner: rule.meta.owner.clone(),
                        title: rule.title.clone().or_else(|| rule.meta.reason.clone()),
                    }),
                }),
                source: split(&rule.source),
                destination: split(&rule.destination),
                service,
                reply,
                answer: OnceLock::new(),
            })
            .collect();
        rules.sort_by(|a, b| {
            let key = |prepared: &Self| prepared.rule.action == Action::Allow;
            (key(a), &a.rule.id).cmp(&(key(b), &b.rule.id))
        });
        rules
    }

    pub(super) fn flow(&self) -> FlowSet {
        FlowSet {
            source: Arc::clone(&self.source.whole),
            destination: Arc::clone(&self.destination.whole),
            service: Arc::clone(&self.service),
        }
    }

    pub(super) fn plan_rule(&self, flow: FlowSet) -> PlanRule {
        PlanRule {
            flow,
            said: Arc::clone(&self.said),
        }
    }

    /// The part of a rule between two sets of zones, which are among its own.
    pub(super) fn between(&self, from: &[ZoneId], to: &[ZoneId]) -> Option<PlanRule> {
        let flow = FlowSet {
            source: self.source.within(from),
            destination: self.destination.within(to),
            service: Arc::clone(&self.service),
        };
        (!flow.is_empty()).then(|| self.plan_rule(flow))
    }

    /// What answers it. Answers are neither logged nor counted.
    pub(super) fn answer(&self) -> &Answer {
        self.answer.get_or_init(|| Answer {
            said: Arc::new(Said {
                source: Arc::clone(&self.said.destination),
                destination: Arc::clone(&self.said.source),
                log: false,
                rate: None,
                ..(*self.said).clone()
            }),
            service: Arc::clone(self.reply.get_or_init(|| Arc::new(reply_service(&self.service)))),
        })
    }
}

/// What a host firewall lets in and out. Its device's own zone is no exception.
fn host(own: &Arc<AddressSet>, rules: &[Prepared<'_>]) -> HostPlan {
    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
    for prepared in rules {
        let flow = prepared.flow();
        let into = FlowSet {
            destination: Arc::new(flow.destination.intersection(own)),
            ..flow.clone()
        };
        let out = FlowSet {
            source: Arc::new(flow.source.intersection(own)),
            ..flow
        };
        for (list, flow) in [(&mut inbound, into), (&mut outbound, out)] {
            if !flow.is_empty() {
                list.push(prepared.plan_rule(flow));
            }
        }
    }
    HostPlan {
        addresses: Arc::clone(own),
        inbound: without_idle_denies(inbound),
        outbound: without_idle_denies(outbound),
    }
}

/// Traffic of the device itself.
fn local(point: &model::Point, own: Arc<AddressSet>, sources: &SourceMap, cited: Cited) -> LocalPlan {
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
            let location = sources.line_of(manage.span);
            PlanRule {
                flow: FlowSet {
                    source: Arc::clone(&manage.from.addresses),
                    destination: Arc::clone(&everywhere),
                    service: Arc::clone(&manage.service.set),
                },
                said: Arc::new(Said {
                    action: Action::Allow,
                    source: Arc::clone(&manage.from.text),
                    destination: point.name.as_str().into(),
                    service: Arc::clone(&manage.service.text),
                    log: false,
                    rate: None,
                    origin: Arc::new(Origin {
                        id: format!("manage-{hex}"),
                        cited: cited.in_place_of(&location),
                        location,
                        ticket: None,
                        owner: None,
                        title: Some(format!("management of {}", point.name)),
                    }),
                }),
            }
        })
        .filter(|rule| !rule.flow.is_empty() && seen.insert(rule.said.origin.id.clone()))
        .collect();
    in_order(&mut manage);
    LocalPlan {
        own,
        manage,
        run: point.run.clone(),
    }
}
