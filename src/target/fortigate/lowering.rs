//! The objects of a configuration while it is built, and what could not be said.

use std::sync::Arc;

use super::address::Addresses;
use super::capability::Limits;
use super::service::{Services, same_in_both};
use super::table::Policy;
use crate::packet::{AddressSet, Family, FlowSet, ServiceSet};
use crate::plan::PlanRule;
use crate::target::Inexpressible;

/// Objects so far, and faults so far.
#[derive(Debug)]
pub struct Lowering {
    /// Addresses and groups.
    pub addresses: Addresses,
    /// Services.
    pub services: Services,
    /// What FortiOS cannot say.
    pub faults: Vec<Inexpressible>,
    full: Arc<AddressSet>,
}

/// The matching part of a policy.
#[derive(Clone, Debug)]
pub struct Matched {
    /// Addresses and services; all else is default.
    pub policy: Policy,
    /// What identifies its packets, whatever the names of objects.
    pub content: String,
}

impl Lowering {
    /// Nothing yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            addresses: Addresses::new(limits.object_name, limits.group_members),
            services: Services::new(limits.object_name, limits.port_ranges, limits.services),
            faults: Vec::new(),
            full: Arc::new(AddressSet::full()),
        }
    }

    /// Notes that something cannot be said.
    pub fn refuse(&mut self, rule: Option<String>, what: String) {
        let fault = Inexpressible { rule, what };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// An object of our own for all addresses of a family: the predefined `all` can be edited.
    pub fn everything(&mut self, family: Family) -> String {
        let full = Arc::clone(&self.full);
        self.addresses.intern(&full, family, "any")
    }

    /// A service of our own for everything.
    pub fn every_service(&mut self) -> Vec<String> {
        let list = self.services.intern(&ServiceSet::full(), &Family::BOTH, "any");
        list.map(|list| list.names).unwrap_or_default()
    }

    /// The families that a rule has packets of: together where one policy can say both.
    pub fn families(&self, rule: &PlanRule) -> Vec<Vec<Family>> {
        let present: Vec<Family> = Family::BOTH
            .into_iter()
            .filter(|f| has_packets(&rule.flow, *f))
            .collect();
        if present.len() < 2 || same_in_both(&rule.flow.service) {
            Vec::from_iter(Some(present).filter(|families| !families.is_empty()))
        } else {
            present.into_iter().map(|family| vec![family]).collect()
        }
    }

    /// The matching part of a policy for some families of a rule. None where FortiOS cannot say it.
    pub fn matched(&mut self, rule: &PlanRule, families: &[Family]) -> Option<Matched> {
        let id = Some(rule.said.origin.id.clone());
        if rule.said.rate.is_some() {
            self.refuse(
                id,
                "`rate`: FortiOS has no exact limit of new sessions in a policy".to_owned(),
            );
            return None;
        }
        let FlowSet {
            source,
            destination,
            service,
        } = &rule.flow;
        let list = match self.services.intern(service, families, &rule.said.service) {
            Ok(list) => list,
            Err(what) => {
                self.refuse(id, what);
                return None;
            }
        };
        let mut matched = Matched {
            policy: Policy {
                services: list.names,
                ..Policy::default()
            },
            content: list.content,
        };
        for family in families {
            let from = self.addresses.intern(source, *family, &rule.said.source);
            let to = self
                .addresses
                .intern(destination, *family, &rule.said.destination);
            let contents = [source, destination].map(|set| self.addresses.content(set, *family));
            matched.content.push('\n');
            matched.content.push_str(&contents.join(" "));
            let policy = &mut matched.policy;
            match family {
                Family::V4 => (policy.source, policy.destination) = (from, to),
                Family::V6 => (policy.source6, policy.destination6) = (from, to),
            }
        }
        Some(matched)
    }
}

/// True where some packet of the family is in the flow.
pub fn has_packets(flow: &FlowSet, family: Family) -> bool {
    !flow.source.is_empty_in(family)
        && !flow.destination.is_empty_in(family)
        && !flow.service.is_empty_in(family)
}
