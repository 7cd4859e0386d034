//! Products of one family: narrowing, meeting and cutting. Everything in this folder but [`super::assemble`] works
//! on one family at a time, because IOS keeps a list for each.

use std::sync::Arc;

use crate::packet::{AddressSet, Family, FlowSet, ServiceSet};

/// What the product holds of `family`; none where that is nothing.
pub fn narrow(flow: &FlowSet, family: Family) -> Option<FlowSet> {
    build(
        flow.source.only(family),
        flow.destination.only(family),
        flow.service.in_family(family),
    )
}

/// Every service that packets of `family` can have.
pub fn every_service(family: Family) -> ServiceSet {
    ServiceSet::full().in_family(family)
}

/// What both products hold; none where that is nothing.
pub fn meet(a: &FlowSet, b: &FlowSet) -> Option<FlowSet> {
    if !a.source.overlaps(&b.source) || !a.destination.overlaps(&b.destination) {
        return None;
    }
    build(
        a.source.intersection(&b.source),
        a.destination.intersection(&b.destination),
        a.service.intersection(&b.service),
    )
}

/// True where `outer` holds all of `inner`.
pub fn covers(outer: &FlowSet, inner: &FlowSet) -> bool {
    inner.source.is_subset(&outer.source)
        && inner.destination.is_subset(&outer.destination)
        && inner.service.is_subset(&outer.service)
}

/// What `from` holds and `cut` does not, as disjoint products. Addresses are split before services, since a service
/// with holes takes more entries than a prefix with holes.
pub fn subtract(from: &FlowSet, cut: &FlowSet) -> Vec<FlowSet> {
    let Some(both) = meet(from, cut) else {
        return vec![from.clone()];
    };
    let sources = build(
        from.source.difference(&cut.source),
        (*from.destination).clone(),
        (*from.service).clone(),
    );
    let destinations = build(
        (*both.source).clone(),
        from.destination.difference(&cut.destination),
        (*from.service).clone(),
    );
    let services = build(
        (*both.source).clone(),
        (*both.destination).clone(),
        from.service.difference(&cut.service),
    );
    [sources, destinations, services].into_iter().flatten().collect()
}

fn build(source: AddressSet, destination: AddressSet, service: ServiceSet) -> Option<FlowSet> {
    if source.is_empty() || destination.is_empty() || service.is_empty() {
        return None;
    }
    Some(FlowSet {
        source: Arc::new(source),
        destination: Arc::new(destination),
        service: Arc::new(service),
    })
}
