//! Products of one family. Everything in this folder but [`super::assemble`] works
//! on one family at a time, because IOS keeps a list for each.

use std::sync::Arc;

use crate::packet::{AddressSet, Family, FlowSet, ServiceSet, protocol};

/// What the product holds of `family`; none where that is nothing.
pub fn narrow(flow: &FlowSet, family: Family) -> Option<FlowSet> {
    if flow.source.is_empty_in(family) || flow.destination.is_empty_in(family) {
        return None;
    }
    let flow = FlowSet {
        source: addresses(&flow.source, family),
        destination: addresses(&flow.destination, family),
        service: service(&flow.service, family),
    };
    (!flow.is_empty()).then_some(flow)
}

/// What the set holds of `family`: most hold nothing else, and stay what they are.
fn addresses(set: &Arc<AddressSet>, family: Family) -> Arc<AddressSet> {
    let foreign = match family {
        Family::V4 => Family::V6,
        Family::V6 => Family::V4,
    };
    if set.is_empty_in(foreign) {
        return Arc::clone(set);
    }
    Arc::new(set.only(family))
}

/// As [`ServiceSet::in_family`], where that changes anything.
fn service(service: &Arc<ServiceSet>, family: Family) -> Arc<ServiceSet> {
    let (foreign, own) = match family {
        Family::V4 => (&service.icmpv6, protocol::ICMP),
        Family::V6 => (&service.icmp, protocol::ICMPV6),
    };
    if foreign.is_empty() && !service.other.contains(own) {
        return Arc::clone(service);
    }
    Arc::new(service.in_family(family))
}

/// Every service that packets of `family` can have.
pub fn every_service(family: Family) -> &'static ServiceSet {
    ServiceSet::full_in(family)
}

/// True where `outer` holds all of `inner`.
pub fn covers(outer: &FlowSet, inner: &FlowSet) -> bool {
    inner.source.is_subset(&outer.source)
        && inner.destination.is_subset(&outer.destination)
        && inner.service.is_subset(&outer.service)
}
