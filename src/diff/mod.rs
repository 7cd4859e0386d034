//! What becomes permitted and what stops being permitted between two policies, exactly.

mod blast_radius;
mod compared;
mod configuration;
mod expectation;
mod gained;
mod inside;
mod paths;
mod received;

use crate::model::{ModeId, Policy, Rule};
use crate::network::Network;
use crate::packet::{Budget, FlowSet, GaveUp, Hints, Packet, PacketRule};
use crate::syntax::tree::Action;

pub use blast_radius::{RadiusChange, radius_changes};
pub use configuration::{ConfigurationChange, Fate, configuration_changes};
pub use expectation::{Beyond, Unexpected, unexpected};
pub use paths::PathChange;

use compared::Compared;
use gained::Asked;

/// How many products of a change are shown.
const SHOWN: usize = 64;

/// A difference between two policies.
#[derive(Clone, Debug, Default)]
pub struct PolicyDiff {
    /// What the new policy permits and the old does not, by zone pair of the new policy.
    pub opened: Vec<ZoneChange>,
    /// What the old policy permits and the new does not, by zone pair of the old policy.
    pub closed: Vec<ZoneChange>,
    /// Pairs of zones that are no longer filtered, or are now, whatever the rules say.
    pub paths: Vec<PathChange>,
}

impl PolicyDiff {
    /// True where both permit the same, and filter the same.
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty() && self.paths.is_empty()
    }
}

/// What changes between two zones.
#[derive(Clone, Debug)]
pub struct ZoneChange {
    /// The zone that opens the flows.
    pub from: String,
    /// The zone that receives them.
    pub to: String,
    /// Products of it.
    pub flows: Vec<FlowSet>,
    /// False where there are more products than are shown.
    pub complete: bool,
    /// One packet of it.
    pub witness: Packet,
}

/// A policy on a day and in a mode.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Rules past their expiry on this day do not count.
    pub today: jiff::civil::Date,
    /// The mode, none for normal.
    pub mode: Option<ModeId>,
}

impl Version<'_> {
    /// Its rules as a first-match list: denies first.
    fn rules(&self) -> Vec<PacketRule> {
        let rules: Vec<&Rule> = self.policy.active_rules(self.today, self.mode).collect();
        let of = |action: Action| rules.iter().filter(move |rule| rule.action == action);
        let denies = of(Action::Deny).map(|rule| PacketRule::deny(rule.flow()));
        denies
            .chain(of(Action::Allow).map(|rule| PacketRule::permit(rule.flow())))
            .collect()
    }
}

/// Compares two versions.
///
/// # Errors
/// When the work was more than the budget allows: nothing is known then.
pub fn diff(old: Version<'_>, new: Version<'_>, hints: &Hints, budget: Budget) -> Result<PolicyDiff, GaveUp> {
    let networks = [old, new].map(|version| Network::new(version.policy));
    let [old_network, new_network] = &networks;
    let asked = |policy| Asked {
        policy,
        hints,
        shown: SHOWN,
        budget,
    };
    let mut found = PolicyDiff {
        paths: paths::path_changes((old.policy, old_network), (new.policy, new_network)),
        ..PolicyDiff::default()
    };
    for compared in Compared::both((old, old_network), (new, new_network)) {
        found.opened.extend(compared.opened(&[], &asked(new.policy))?);
        found.closed.extend(compared.closed(&[], &asked(old.policy))?);
    }
    Ok(found)
}
