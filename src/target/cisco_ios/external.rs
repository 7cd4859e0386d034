//! Keeps rules about external addresses short.
//!
//! External is what no zone claims: hundreds of prefixes. First match allows `any` instead, below a guard that has
//! already denied whatever is left of the claimed addresses. So a list becomes two: first all that is about claimed
//! addresses on one axis, then the guard, then all that is about external ones, where `any` means just those.

use std::sync::Arc;

use super::fold::{Lane, TooManyPieces, fold};
use super::product;
use super::term::{Purpose, Term};
use crate::packet::{AddressSet, Family, FlowSet};

/// Source or destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Source,
    Destination,
}

impl Axis {
    fn set(self, flow: &FlowSet) -> &Arc<AddressSet> {
        match self {
            Self::Source => &flow.source,
            Self::Destination => &flow.destination,
        }
    }

    fn with(self, flow: &FlowSet, set: Arc<AddressSet>) -> FlowSet {
        let mut flow = flow.clone();
        match self {
            Self::Source => flow.source = set,
            Self::Destination => flow.destination = set,
        }
        flow
    }
}

/// The list of one side and family: what `fold` makes of the lanes, with `any` for external addresses.
///
/// # Errors
/// As [`fold`].
pub fn fold_with_external(
    lanes: &[Lane],
    claimed: &AddressSet,
    family: Family,
) -> Result<Vec<Term>, TooManyPieces> {
    let every = Arc::new(AddressSet::full().only(family));
    let claimed = claimed.only(family);
    let external = Arc::new(every.difference(&claimed));
    // Where both axes name external addresses, a guard for one would cut what the other means: destinations get
    // `any` and sources keep their prefixes.
    let axis = [Axis::Destination, Axis::Source].into_iter().find(|axis| {
        let mut sets = lanes.iter().flat_map(Lane::flows).map(|flow| axis.set(flow));
        sets.any(|set| !external.is_empty() && external.is_subset(set) && *set != every)
    });
    let Some(axis) = axis else {
        return fold(lanes, family);
    };
    let part = |of: &AddressSet| -> Vec<Lane> {
        let within = |flow: &FlowSet| {
            let set = axis.set(flow).intersection(of);
            (!set.is_empty()).then(|| axis.with(flow, Arc::new(set)))
        };
        lanes.iter().map(|lane| lane.map(within)).collect()
    };
    let mut terms = fold(&part(&claimed), family)?;
    if !claimed.is_empty() {
        let all = FlowSet {
            source: Arc::clone(&every),
            destination: Arc::clone(&every),
            service: Arc::new(product::every_service(family).clone()),
        };
        terms.push(Term {
            purpose: Purpose::Guard,
            origin: None,
            flow: axis.with(&all, Arc::new(claimed)),
            established: false,
            log: false,
        });
    }
    let outside = fold(&part(&external), family)?;
    terms.extend(outside.into_iter().map(|mut term| {
        if *axis.set(&term.flow) == external {
            term.flow = axis.with(&term.flow, Arc::clone(&every));
        }
        term
    }));
    Ok(terms)
}
