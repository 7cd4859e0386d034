//! Pairs of zones that something filters in one network and nothing in another.

use std::collections::BTreeSet;

use crate::model::Policy;
use crate::network::Network;
use crate::reach::open_zones;

/// A pair of zones whose packets are no longer filtered, or are now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathChange {
    /// The zone that opens flows.
    pub from: String,
    /// The zone that receives them; the same where its members no longer, or now, `isolate`.
    pub to: String,
    /// True where nothing filters any more.
    pub opened: bool,
}

/// The pairs that only one of two policies filters. Zones that only one of them has do not count.
pub(super) fn path_changes(
    (old, old_network): (&Policy, &Network),
    (new, new_network): (&Policy, &Network),
) -> Vec<PathChange> {
    let (before, after) = (open_pairs(old, old_network), open_pairs(new, new_network));
    let has = |policy: &Policy, name: &str| policy.zones.iter().any(|zone| zone.name == name);
    let in_both = |(from, to): &(String, String)| {
        [old, new]
            .iter()
            .all(|policy| has(policy, from) && has(policy, to))
    };
    let change = |pair: &(String, String), opened: bool| PathChange {
        from: pair.0.clone(),
        to: pair.1.clone(),
        opened,
    };
    let opened = after.difference(&before).filter(|pair| in_both(pair));
    let closed = before.difference(&after).filter(|pair| in_both(pair));
    let mut changes: Vec<PathChange> = opened.map(|pair| change(pair, true)).collect();
    changes.extend(closed.map(|pair| change(pair, false)));
    changes.sort();
    changes
}

fn open_pairs(policy: &Policy, network: &Network) -> BTreeSet<(String, String)> {
    let open = open_zones(policy, network);
    let named = open.iter().zip(&policy.zones).flat_map(|(others, zone)| {
        let name = |id: &crate::model::ZoneId| policy.zone_name(*id).to_owned();
        others.iter().map(move |other| (zone.name.clone(), name(other)))
    });
    named.collect()
}
