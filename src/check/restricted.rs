//! What a policy does not permit between two zones.

use std::sync::Arc;

use super::Context;
use crate::model::{Endpoint, Rule, ZoneId};
use crate::packet::{FlowSet, ServiceSet};
use crate::plan::subtract_all;
use crate::syntax::tree::Action;

/// The active rules by the zones of their sides.
pub(super) struct RulesOfZones<'c> {
    context: &'c Context<'c>,
    rules: Vec<&'c Rule>,
    /// Places of rules, ascending, by the zone of their source, and of their destination.
    from: Vec<Vec<usize>>,
    to: Vec<Vec<usize>>,
}

impl<'c> RulesOfZones<'c> {
    pub(super) fn new(context: &'c Context<'c>) -> Self {
        let policy = context.policy;
        let rules: Vec<&Rule> = policy.active_rules(context.today, None).collect();
        let by = |side: fn(&Rule) -> &Endpoint| {
            let mut places: Vec<Vec<usize>> = vec![Vec::new(); policy.zones.len()];
            for (place, rule) in rules.iter().enumerate() {
                for zone in context.zones_of(side(rule)) {
                    if let Some(places) = places.get_mut(zone.index()) {
                        places.push(place);
                    }
                }
            }
            places
        };
        Self {
            from: by(|rule| &rule.source),
            to: by(|rule| &rule.destination),
            context,
            rules,
        }
    }

    /// Packets from one zone to another that the policy does not permit; none where it permits all.
    pub(super) fn restricted(&self, from: ZoneId, to: ZoneId) -> Option<FlowSet> {
        let policy = self.context.policy;
        let (source, destination) = (self.from.get(from.index())?, self.to.get(to.index())?);
        let (from, to) = (policy.zone(from)?, policy.zone(to)?);
        let everything = FlowSet {
            source: Arc::clone(&from.addresses),
            destination: Arc::clone(&to.addresses),
            service: Arc::new(ServiceSet::full()),
        };
        let (few, many) = match source.len() < destination.len() {
            true => (source, destination),
            false => (destination, source),
        };
        let both = few.iter().filter(|place| many.binary_search(place).is_ok());
        let (allows, denies): (Vec<&Rule>, Vec<_>) = both
            .filter_map(|place| self.rules.get(*place).copied())
            .partition(|rule| rule.action == Action::Allow);
        if let Some(deny) = denies
            .iter()
            .map(|rule| rule.flow())
            .find(|flow| flow.overlaps(&everything))
        {
            return Some(FlowSet {
                source: Arc::new(deny.source.intersection(&everything.source)),
                destination: Arc::new(deny.destination.intersection(&everything.destination)),
                service: Arc::clone(&deny.service),
            });
        }
        let allows: Vec<FlowSet> = allows.iter().map(|rule| rule.flow()).collect();
        let left = subtract_all(&everything, &allows).into_iter();
        left.filter(|flow| !flow.is_empty())
            .max_by_key(|flow| flow.destination.v4.count())
    }
}
