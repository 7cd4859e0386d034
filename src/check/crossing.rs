//! What an `allow` lets from one set into another: the ground of most findings about a rule.

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Rule;
use crate::packet::{AddressSet, FlowSet, ServiceSet};

/// A part of an `allow` that denies leave in force.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    /// Disjoint products, at least one.
    pub(super) products: Vec<FlowSet>,
}

impl Context<'_> {
    /// The part of an `allow` between two sets; none where nothing of it is permitted.
    pub(super) fn crossing(&self, rule: &Rule, from: &AddressSet, to: &AddressSet) -> Option<Crossing> {
        let products = self.permitted.between(rule, from, to);
        (!products.is_empty()).then_some(Crossing { products })
    }
}

impl Crossing {
    /// The same with some services only; none where that leaves nothing.
    pub(super) fn with(&self, service: &ServiceSet) -> Option<Self> {
        let narrowed = self.products.iter().map(|flow| FlowSet {
            service: std::sync::Arc::new(flow.service.intersection(service)),
            ..flow.clone()
        });
        let products: Vec<FlowSet> = narrowed.filter(|flow| !flow.is_empty()).collect();
        (!products.is_empty()).then_some(Self { products })
    }

    /// All sources.
    pub(super) fn sources(&self) -> AddressSet {
        AddressSet::union_of(self.products.iter().map(|flow| &*flow.source))
    }

    /// All destinations.
    pub(super) fn destinations(&self) -> AddressSet {
        AddressSet::union_of(self.products.iter().map(|flow| &*flow.destination))
    }

    /// All services.
    pub(super) fn services(&self) -> ServiceSet {
        let mut services = self.products.iter().map(|flow| &*flow.service);
        let first = services.next().cloned().unwrap_or_default();
        services.fold(
            first,
            |all, service| if *service == all { all } else { all.union(service) },
        )
    }

    /// A finding at the rule, with an example and the devices at risk: those of `devices`.
    pub(super) fn finding(
        &self,
        context: &Context<'_>,
        check: &Check,
        rule: &Rule,
        message: String,
        devices: &AddressSet,
    ) -> Finding {
        let mut diagnostic = Diagnostic::new(Severity::Warning, check.name, message).at(rule.span, "");
        if let Some(packet) = context.example(&self.products) {
            diagnostic = diagnostic.note("example", packet.to_string());
        }
        if let Some(list) = context.device_list(&context.devices_in(devices)) {
            diagnostic = diagnostic.note("devices", list);
        }
        let zones = [self.sources(), self.destinations()];
        let zones = zones.iter().filter_map(|set| context.only_zone(set));
        Finding::of_rule(diagnostic, rule).about(zones)
    }
}

impl Finding {
    /// Says what to do about it.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.help(help);
        self
    }
}
