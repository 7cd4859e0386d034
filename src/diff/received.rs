//! What devices take for themselves, by their `manage` and `run`: no rule of the policy decides about that.

use std::sync::Arc;

use crate::model::{Point, Policy};
use crate::packet::{AddressSet, FlowSet, PacketRule};
use crate::plan::run_service;

/// What the managed devices of a policy take.
pub(super) fn received(policy: &Policy) -> Vec<PacketRule> {
    let managed = policy.points.iter().filter(|point| point.platform.is_some());
    let flows = managed.flat_map(|point| {
        let own = own(policy, point);
        let any = Arc::new(AddressSet::full());
        let manage = point.manage.iter().map(|manage| FlowSet {
            source: Arc::clone(&manage.from.addresses),
            destination: Arc::clone(&own),
            service: Arc::clone(&manage.service.set),
        });
        let run = point.run.iter().map(|protocol| FlowSet {
            source: Arc::clone(&any),
            destination: Arc::clone(&own),
            service: Arc::new(run_service(*protocol)),
        });
        manage.chain(run).collect::<Vec<_>>()
    });
    flows
        .filter(|flow| !flow.is_empty())
        .map(PacketRule::permit)
        .collect()
}

/// Its first address of each family, or of its zones where none is known: it takes the same at all of them, and one is
/// enough to say so.
fn own(policy: &Policy, point: &Point) -> Arc<AddressSet> {
    let mut own = policy.own_addresses(point);
    if own.is_empty() {
        let zones = point.interfaces().iter();
        let zones = zones.filter_map(|interface| policy.zone(interface.zone));
        own = Arc::new(AddressSet::union_of(zones.map(|zone| &*zone.addresses)));
    }
    Arc::new(AddressSet {
        v4: own.v4.first().map(|first| (first, first)).into_iter().collect(),
        v6: own.v6.first().map(|first| (first, first)).into_iter().collect(),
    })
}
