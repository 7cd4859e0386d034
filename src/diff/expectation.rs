//! What a change was meant to do, held against what it does.

use super::{PathChange, PolicyDiff, ZoneChange};
use crate::model::{Policy, Rule};
use crate::packet::{AddressSet, Budget, FlowSet, GaveUp, PacketSet, Products, ServiceSet};
use crate::syntax::tree::Action;

/// How many products of an unexpected change are listed.
const SHOWN: usize = 8;

/// What changed beyond what was stated.
#[derive(Clone, Debug, Default)]
pub struct Unexpected {
    /// Opened, by zone pair.
    pub opened: Vec<Beyond>,
    /// Closed, by zone pair.
    pub closed: Vec<Beyond>,
    /// Pairs of zones that are no longer filtered although not everything between them was stated.
    pub unfiltered: Vec<PathChange>,
}

/// The part of a change that nothing stated.
#[derive(Clone, Debug)]
pub struct Beyond {
    /// The zone that opens the flows.
    pub from: String,
    /// The zone that receives them.
    pub to: String,
    /// The packets.
    pub products: Products,
}

impl Unexpected {
    /// True where nothing else changed than what was stated.
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty() && self.unfiltered.is_empty()
    }
}

/// What a difference holds beyond a statement: its `allow` rules say what may open, its `deny` rules what may close.
/// What is stated and did not change is no difference.
///
/// # Errors
/// When the work was more than the budget allows: nothing is known then.
pub fn unexpected(
    found: &PolicyDiff,
    stated: &[Rule],
    new: &Policy,
    budget: Budget,
) -> Result<Unexpected, GaveUp> {
    let of = |action: Action| -> Result<PacketSet, GaveUp> {
        let rules = stated.iter().filter(|rule| rule.action == action);
        let flows: Vec<FlowSet> = rules.map(Rule::flow).collect();
        PacketSet::from_flows(&flows, budget)
    };
    let (may_open, may_close) = (of(Action::Allow)?, of(Action::Deny)?);
    let beyond = |changes: &[ZoneChange], stated: &PacketSet| -> Result<Vec<Beyond>, GaveUp> {
        let mut list = Vec::new();
        for change in changes {
            let rest = change.set.difference(stated, budget)?;
            if !rest.is_empty() {
                list.push(Beyond {
                    from: change.from.clone(),
                    to: change.to.clone(),
                    products: rest.products(SHOWN),
                });
            }
        }
        Ok(list)
    };
    let mut unfiltered = Vec::new();
    for change in found.paths.iter().filter(|change| change.opened) {
        let side = |name: &str| -> std::sync::Arc<AddressSet> {
            let zone = new.zones.iter().find(|zone| zone.name == name);
            zone.map(|zone| std::sync::Arc::clone(&zone.addresses))
                .unwrap_or_default()
        };
        let all = FlowSet {
            source: side(&change.from),
            destination: side(&change.to),
            service: std::sync::Arc::new(ServiceSet::full()),
        };
        if !PacketSet::from_flow(&all, budget)?.is_subset(&may_open, budget)? {
            unfiltered.push(change.clone());
        }
    }
    Ok(Unexpected {
        opened: beyond(&found.opened, &may_open)?,
        closed: beyond(&found.closed, &may_close)?,
        unfiltered,
    })
}
