//! Limits that leave nothing open: what passes must be just what has to pass.

use super::Limits;
use crate::packet::by_destination::{ByDestination, flows};
use crate::packet::narrowing::Narrowing;
use crate::packet::{AddressSet, Family, FlowSet, PacketRule, ServiceSet};

/// The services of all flows.
pub(super) fn union_of_services(flows: &[FlowSet]) -> ServiceSet {
    let services = flows.iter().map(|flow| &*flow.service);
    services.fold(ServiceSet::empty(), |all, service| all.union(service))
}

impl Limits {
    /// What they say of narrower services.
    pub(crate) fn narrowed<F: Fn(&ServiceSet) -> ServiceSet>(&self, to: &mut Narrowing<F>) -> Self {
        let mut flows = |flows: &[FlowSet]| flows.iter().filter_map(|flow| to.flow(flow)).collect();
        let (needed, may) = (flows(&self.needed), flows(&self.may));
        Self {
            lists: self.lists.iter().map(|list| to.rules(list)).collect(),
            needed,
            may,
        }
    }

    /// True where a list is known to let through just what must pass.
    pub(super) fn are(&self, actual: &[PacketRule], by_destination: &mut ByDestination) -> bool {
        let Some(lists) = self.in_a_row() else {
            return false;
        };
        let needed = self.needed.iter().map(|flow| (true, flow));
        let must = needed.chain(lists.iter().copied().flat_map(flows));
        by_destination.same(must, flows(actual)) == Some(true)
    }

    /// The lists in an order in which they are one list that permits what any of them permits. None where that is not
    /// plain to see.
    fn in_a_row(&self) -> Option<Vec<&[PacketRule]>> {
        let lists = self.lists.iter().map(Vec::as_slice);
        let (with_denies, without): (Vec<&[PacketRule]>, Vec<_>) =
            lists.partition(|list| list.iter().any(|rule| !rule.permit));
        let destinations = |list: &[PacketRule], permit: bool| {
            let rules = list.iter().filter(|rule| rule.permit == permit);
            AddressSet::union_of(rules.map(|rule| &*rule.flow.destination))
        };
        for (place, earlier) in with_denies.iter().enumerate() {
            let later = with_denies.iter().skip(place + 1);
            let denied = destinations(earlier, false);
            if later
                .map(|list| destinations(list, true))
                .any(|permitted| denied.overlaps(&permitted))
            {
                return None;
            }
        }
        Some([without, with_denies].concat())
    }

    /// What the lists say of services that pass by no word of theirs.
    pub(super) fn lists_about_extra(&self) -> Vec<Vec<PacketRule>> {
        let asked = union_of_services(&self.needed).union(&union_of_services(&self.may));
        let about = |rule: &&PacketRule| {
            let mut families = Family::BOTH.into_iter();
            families.any(|family| rule.flow.service.overlaps_in(&asked, family))
        };
        let lists = self.lists.iter();
        lists
            .map(|list| list.iter().filter(about).cloned().collect())
            .collect()
    }
}
