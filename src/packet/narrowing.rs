//! Rules and flows of part of their services.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{FlowSet, PacketRule, ServiceSet};

/// Makes the same of the services of rules and flows: each service is worked out once.
pub(crate) struct Narrowing<F> {
    narrow: F,
    /// By its place in memory. The service is held, so that its place stays its own.
    known: FxHashMap<*const ServiceSet, (Arc<ServiceSet>, Arc<ServiceSet>)>,
}

impl<F: Fn(&ServiceSet) -> ServiceSet> Narrowing<F> {
    /// Narrows services with a function.
    pub(crate) fn to(narrow: F) -> Self {
        Self {
            narrow,
            known: FxHashMap::default(),
        }
    }

    /// What is left of some rules.
    pub(crate) fn rules(&mut self, rules: &[PacketRule]) -> Vec<PacketRule> {
        let narrowed = rules.iter().filter_map(|rule| {
            let flow = self.flow(&rule.flow)?;
            Some(PacketRule { flow, ..*rule })
        });
        narrowed.collect()
    }

    /// What is left of a flow; none where that is nothing.
    pub(crate) fn flow(&mut self, flow: &FlowSet) -> Option<FlowSet> {
        let service = match self.known.entry(Arc::as_ptr(&flow.service)) {
            Entry::Occupied(known) => Arc::clone(&known.into_mut().1),
            Entry::Vacant(new) => {
                let narrowed = Arc::new((self.narrow)(&flow.service));
                new.insert((Arc::clone(&flow.service), Arc::clone(&narrowed)));
                narrowed
            }
        };
        (!service.is_empty()).then(|| FlowSet {
            service,
            ..flow.clone()
        })
    }
}
