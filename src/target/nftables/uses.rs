//! How often the services of a device are used, which decides about what is worth a chain or set of its own.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::packet::ServiceSet;
use crate::plan::PlanRule;

/// What the services of a device are used for.
#[derive(Debug, Default)]
pub(super) struct Uses {
    all: Vec<Use>,
    /// By what the service holds.
    equal: FxHashMap<Arc<ServiceSet>, usize>,
    /// The same and the number of its ports, by its place in memory, which the plan holds.
    known: FxHashMap<*const ServiceSet, (usize, usize)>,
}

/// What one service is used for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Use {
    /// How many rules have it.
    pub rules: usize,
    /// How many lines are spared where its ports are tested by a chain of their own.
    pub spared: usize,
}

impl Uses {
    /// Of all rules of a device.
    pub(super) fn of<'p>(rules: impl Iterator<Item = &'p PlanRule>) -> Self {
        let mut all = Self::default();
        for PlanRule { flow, .. } in rules {
            let [sources, destinations] = [&flow.source, &flow.destination].map(|set| set.range_count());
            let pairs = sources.saturating_mul(destinations);
            let (place, ports) = all.place(&flow.service);
            if let Some(found) = all.all.get_mut(place) {
                found.rules += 1;
                let spared = pairs.saturating_mul(ports.saturating_sub(1));
                found.spared = found.spared.saturating_add(spared);
            }
        }
        all
    }

    fn place(&mut self, service: &Arc<ServiceSet>) -> (usize, usize) {
        *self.known.entry(Arc::as_ptr(service)).or_insert_with(|| {
            let place = *self.equal.entry(Arc::clone(service)).or_insert_with(|| {
                self.all.push(Use::default());
                self.all.len() - 1
            });
            (place, count(service))
        })
    }

    /// What a service of a rule is used for.
    pub(super) fn of_service(&self, service: &Arc<ServiceSet>) -> Use {
        let known = self.known.get(&Arc::as_ptr(service));
        let found = known.and_then(|(place, _)| self.all.get(*place));
        found.copied().unwrap_or_default()
    }
}

/// How many destination ports a service names.
fn count(service: &ServiceSet) -> usize {
    let regions = [&service.tcp, &service.udp, &service.sctp];
    let rows = regions.into_iter().flat_map(|region| region.rows());
    let ports = rows.fold(0_u128, |sum, (_, ports)| sum.saturating_add(ports.count()));
    usize::try_from(ports).unwrap_or(usize::MAX)
}
