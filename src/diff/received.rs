//! What devices take for themselves, by their `manage` and `run`: no rule of the policy decides about that.

use std::sync::Arc;

use crate::model::{self, Point, PointId, Policy, Run};
use crate::network::{Network, Placement};
use crate::packet::{AddressSet, FlowSet, PacketRule};
use crate::plan::{opened_service, run_service};

/// What the managed devices of a policy take.
pub(super) fn received(policy: &Policy, network: &Network) -> Vec<PacketRule> {
    let managed = (0..).map(PointId::from_index).zip(&policy.points);
    let managed = managed.filter(|(_, point)| point.platform.is_some());
    let flows = managed.flat_map(|(id, point)| {
        let own = own(policy, point);
        let manage = point.manage.iter().map(|manage| FlowSet {
            source: Arc::clone(&manage.from.addresses),
            destination: Arc::clone(&own),
            service: Arc::clone(&manage.service.set),
        });
        let is_limited = point.run.iter().any(|run| run.on.is_some());
        let placement = is_limited.then(|| Placement::new(network, policy, id)).flatten();
        // A host firewall keeps state; of others it is not known here.
        let service = match point.placement {
            model::Placement::On(_) => opened_service,
            model::Placement::Between(_) => run_service,
        };
        let run = point.run.iter().map(|run| FlowSet {
            source: Arc::new(senders(run, policy, placement.as_ref())),
            destination: Arc::clone(&own),
            service: Arc::new(service(run.protocol)),
        });
        manage.chain(run).collect::<Vec<_>>()
    });
    flows
        .filter(|flow| !flow.is_empty())
        .map(PacketRule::permit)
        .collect()
}

/// Who may send to a device what it runs: all behind the interfaces on which it does.
fn senders(run: &Run, policy: &Policy, placement: Option<&Placement<'_>>) -> AddressSet {
    let (Some(_), Some(placement)) = (&run.on, placement) else {
        return AddressSet::full();
    };
    let sides = (0..)
        .zip(&placement.sides)
        .filter(|(_, side)| run.is_on(side.zone));
    let zones = sides.flat_map(|(index, _)| placement.behind(index));
    let addresses: Vec<&AddressSet> = zones
        .filter_map(|zone| Some(&*policy.zone(zone)?.addresses))
        .collect();
    AddressSet::union_of(addresses)
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
