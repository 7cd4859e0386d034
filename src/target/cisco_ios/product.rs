//! Products of one family. Everything in this folder but [`super::assemble`] works
//! on one family at a time, because IOS keeps a list for each.

use crate::packet::{Family, FlowSet, ServiceSet};

/// What the product holds of `family`; none where that is nothing.
pub fn narrow(flow: &FlowSet, family: Family) -> Option<FlowSet> {
    FlowSet::product(
        flow.source.only(family),
        flow.destination.only(family),
        flow.service.in_family(family),
    )
}

/// Every service that packets of `family` can have.
pub fn every_service(family: Family) -> ServiceSet {
    ServiceSet::full().in_family(family)
}

/// True where `outer` holds all of `inner`.
pub fn covers(outer: &FlowSet, inner: &FlowSet) -> bool {
    inner.source.is_subset(&outer.source)
        && inner.destination.is_subset(&outer.destination)
        && inner.service.is_subset(&outer.service)
}
