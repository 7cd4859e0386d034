//! Rules and flows cut down to the packets that a question is about.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{AddressSet, FlowSet, PacketRule, ServiceSet};

/// Cuts rules and flows down to a product. Each set is cut once.
pub(crate) struct Clip<'a> {
    limits: &'a FlowSet,
    sources: Cut<AddressSet>,
    destinations: Cut<AddressSet>,
    services: Cut<ServiceSet>,
}

/// By its place in memory what is left of a set. The set is held, so that its place stays its own.
type Cut<T> = FxHashMap<*const T, (Arc<T>, Arc<T>)>;

impl<'a> Clip<'a> {
    /// Cuts down to a product.
    pub(crate) fn to(limits: &'a FlowSet) -> Self {
        Self {
            limits,
            sources: Cut::default(),
            destinations: Cut::default(),
            services: Cut::default(),
        }
    }

    /// The smallest product that holds all packets of some flows.
    pub(crate) fn hull(flows: &[FlowSet]) -> FlowSet {
        let services: Vec<&ServiceSet> = flows.iter().map(|flow| &*flow.service).collect();
        FlowSet {
            source: Arc::new(AddressSet::union_of(flows.iter().map(|flow| &*flow.source))),
            destination: Arc::new(AddressSet::union_of(flows.iter().map(|flow| &*flow.destination))),
            // A larger product does as well.
            service: Arc::new(ServiceSet::union_of_some(&services).unwrap_or_else(ServiceSet::full)),
        }
    }

    /// What is left of a flow; none where that is nothing.
    pub(crate) fn flow(&mut self, flow: &FlowSet) -> Option<FlowSet> {
        let limits = self.limits;
        let left = FlowSet {
            source: cut(&mut self.sources, &flow.source, |set| {
                set.intersection(&limits.source)
            }),
            destination: cut(&mut self.destinations, &flow.destination, |set| {
                set.intersection(&limits.destination)
            }),
            service: cut(&mut self.services, &flow.service, |set| {
                set.intersection(&limits.service)
            }),
        };
        (!left.is_empty()).then_some(left)
    }

    /// What is left of some rules.
    pub(crate) fn rules(&mut self, rules: &[PacketRule]) -> Vec<PacketRule> {
        let left = rules.iter().filter_map(|rule| {
            let flow = self.flow(&rule.flow)?;
            Some(PacketRule { flow, ..*rule })
        });
        left.collect()
    }
}

fn cut<T>(known: &mut Cut<T>, set: &Arc<T>, cut: impl FnOnce(&T) -> T) -> Arc<T> {
    match known.entry(Arc::as_ptr(set)) {
        Entry::Occupied(known) => Arc::clone(&known.get().1),
        Entry::Vacant(new) => {
            let left = Arc::new(cut(set));
            Arc::clone(&new.insert((Arc::clone(set), left)).1)
        }
    }
}
