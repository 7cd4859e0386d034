//! Active rules, ready to be placed: cut along zones, their equal sets made one in memory.

use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::reply::reply_service;
use super::{Cited, Options, Origin, PlanRule, Said};
use crate::model::{Endpoint, Policy, Rule, ZoneId};
use crate::packet::{AddressSet, FlowSet, ServiceSet};
use crate::source::SourceMap;
use crate::syntax::tree::Action;

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
    /// Rules of one service share it.
    reply: Reply,
    answer: OnceLock<Answer>,
}

/// What answers a service, once it is asked for.
type Reply = Arc<OnceLock<Arc<ServiceSet>>>;

/// What comes back in answer to a rule's flows.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) said: Arc<Said>,
    /// What answers the whole service.
    pub(super) service: Arc<ServiceSet>,
}

impl<'a> Prepared<'a> {
    /// The active rules: denies first, each by id. Where a statement stands means nothing, here too.
    pub(super) fn all(policy: &'a Policy, sources: &SourceMap, options: Options<'_>) -> Vec<Self> {
        let mut met = Met::new(policy);
        let mut rules: Vec<Self> = policy
            .active_rules(options.today, options.mode)
            .filter(|rule| !rule.flow().is_empty())
            .map(|rule| {
                let service = met.services.one(Arc::clone(&rule.service.set));
                Self {
                    rule,
                    said: Arc::new(said(rule, sources.line_of(rule.span), options.cited)),
                    source: met.split(&rule.source),
                    destination: met.split(&rule.destination),
                    reply: met.reply(&service),
                    service,
                    answer: OnceLock::new(),
                }
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

/// What the author of a rule said of its packets. `location` is where it is written.
fn said(rule: &Rule, location: String, cited: Cited) -> Said {
    Said {
        action: rule.action,
        source: Arc::clone(&rule.source.text),
        destination: Arc::clone(&rule.destination.text),
        service: Arc::clone(&rule.service.text),
        log: rule.meta.log,
        rate: rule.meta.rate.filter(|_| rule.action == Action::Allow),
        origin: Arc::new(Origin {
            id: rule.id.clone(),
            cited: cited.in_place_of(&location),
            location,
            ticket: rule.meta.ticket.clone(),
            owner: rule.meta.owner.clone(),
            title: rule.title.clone().or_else(|| rule.meta.reason.clone()),
        }),
    }
}

/// What rules have in common, worked out once. Sets of the policy are told apart by their places in memory.
struct Met<'a> {
    policy: &'a Policy,
    addresses: Shared<AddressSet>,
    services: Shared<ServiceSet>,
    splits: FxHashMap<*const AddressSet, Arc<Split>>,
    replies: FxHashMap<*const ServiceSet, Reply>,
}

impl<'a> Met<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            addresses: Shared::new(),
            services: Shared::new(),
            splits: FxHashMap::default(),
            replies: FxHashMap::default(),
        }
    }

    fn split(&mut self, endpoint: &Endpoint) -> Arc<Split> {
        let (policy, addresses) = (self.policy, &mut self.addresses);
        let split = self
            .splits
            .entry(Arc::as_ptr(&endpoint.addresses))
            .or_insert_with(|| {
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
            });
        Arc::clone(split)
    }

    fn reply(&mut self, service: &Arc<ServiceSet>) -> Reply {
        Arc::clone(self.replies.entry(Arc::as_ptr(service)).or_default())
    }
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
