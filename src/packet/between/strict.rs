//! Limits that leave nothing open: what passes must be just what has to pass.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Limits;
use crate::packet::by_destination::{ByDestination, deciding, flows};
use crate::packet::merge::Merger;
use crate::packet::narrowing::Narrowing;
use crate::packet::{AddressSet, Family, FlowSet, PacketRule, ServiceSet};

/// How many ranges of addresses a rule may have in the mean, where lists with denies are compared by destination.
const RANGES: usize = 8;

/// The services of all flows.
pub(super) fn union_of_services(flows: &[FlowSet]) -> ServiceSet {
    let mut met: FxHashSet<*const ServiceSet> = FxHashSet::default();
    let services = flows.iter().map(|flow| &flow.service);
    let each = services.filter(|service| met.insert(Arc::as_ptr(service)));
    ServiceSet::union_of(&each.map(|service| &**service).collect::<Vec<_>>())
}

/// True where a closer look at each destination takes little.
fn has_few_ranges<'r>(rules: impl Iterator<Item = (bool, &'r FlowSet)>) -> bool {
    let (mut count, mut ranges) = (0, 0);
    for (_, flow) in rules {
        count += 1;
        ranges += flow.source.range_count() + flow.destination.range_count();
    }
    ranges <= RANGES * count
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
    pub(super) fn are(
        &self,
        actual: &[PacketRule],
        merger: &mut Merger,
        by_destination: &mut ByDestination,
    ) -> bool {
        let Some(lists) = self.in_a_row() else {
            return false;
        };
        let actual = deciding(actual, |rule| rule.permit);
        let needed = self.needed.iter().map(|flow| (true, flow));
        let must = needed.chain(lists.iter().copied().flat_map(flows));
        let all = || must.clone().chain(flows(actual));
        if all().any(|(permit, _)| !permit) {
            return has_few_ranges(all()) && by_destination.same(must, flows(actual)) == Some(true);
        }
        // Most products stand on both sides, and a packet of theirs passes whatever else is said.
        let must = merger.by_ends(must.map(|(_, flow)| flow));
        let passing = merger.by_ends(actual.iter().map(|rule| &rule.flow));
        let [must, passing] =
            [(&must, &passing), (&passing, &must)].map(|(all, others)| merger.flows_beside(all, others));
        let [must, passing] = [&must, &passing].map(|flows| flows.iter().map(|flow| (true, flow)));
        by_destination.same(must, passing) == Some(true)
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
