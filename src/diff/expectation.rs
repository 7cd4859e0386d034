//! What a change was meant to do, held against what it does.

use std::sync::Arc;

use super::compared::Compared;
use super::gained::Asked;
use super::{PathChange, Version, ZoneChange};
use crate::model::Rule;
use crate::network::Network;
use crate::packet::{
    AddressSet, Budget, FlowSet, GaveUp, Hints, PacketRule, PacketSet, Products, ServiceSet,
};
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
/// What is stated and did not change is no difference. `paths` are those of the difference.
///
/// # Errors
/// When the work was more than the budget allows: nothing is known then.
pub fn unexpected(
    (old, new): (Version<'_>, Version<'_>),
    paths: &[PathChange],
    stated: &[Rule],
    hints: &Hints,
    budget: Budget,
) -> Result<Unexpected, GaveUp> {
    let of = |action: Action| -> Vec<PacketRule> {
        let rules = stated.iter().filter(|rule| rule.action == action);
        rules.map(|rule| PacketRule::permit(rule.flow())).collect()
    };
    let (may_open, may_close) = (of(Action::Allow), of(Action::Deny));
    let asked = |policy| Asked {
        policy,
        hints,
        shown: SHOWN,
        budget,
    };
    let networks = [old, new].map(|version| Network::new(version.policy));
    let [old_network, new_network] = &networks;
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    for compared in Compared::both((old, old_network), (new, new_network)) {
        opened.extend(compared.opened(&may_open, &asked(new.policy))?);
        closed.extend(compared.closed(&may_close, &asked(old.policy))?);
    }
    let may_open = PacketSet::from_rules(&may_open, budget)?;
    let mut unfiltered = Vec::new();
    for change in paths.iter().filter(|change| change.opened) {
        let side = |name: &str| -> Arc<AddressSet> {
            let zone = new.policy.zones.iter().find(|zone| zone.name == name);
            zone.map(|zone| Arc::clone(&zone.addresses)).unwrap_or_default()
        };
        let all = FlowSet {
            source: side(&change.from),
            destination: side(&change.to),
            service: Arc::new(ServiceSet::full()),
        };
        if !PacketSet::from_flow(&all, budget)?.is_subset(&may_open, budget)? {
            unfiltered.push(change.clone());
        }
    }
    Ok(Unexpected {
        opened: opened.into_iter().map(Beyond::from).collect(),
        closed: closed.into_iter().map(Beyond::from).collect(),
        unfiltered,
    })
}

impl From<ZoneChange> for Beyond {
    fn from(change: ZoneChange) -> Self {
        Self {
            from: change.from,
            to: change.to,
            products: Products {
                flows: change.flows,
                complete: change.complete,
            },
        }
    }
}
