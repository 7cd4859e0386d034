//! What becomes permitted and what stops being permitted between two policies, exactly.

mod blast_radius;
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

use gained::{Asked, gained};

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
    let [before_network, after_network] = &networks;
    let (mut before, mut after) = (old.rules(), new.rules());
    let changed = Changed::of(&before, &after);
    let (received_before, received_after) = (received::received(old.policy), received::received(new.policy));
    let received = Changed::of(&received_before, &received_after);
    let flows: Vec<&FlowSet> = changed.opening.iter().chain(&changed.closing).collect();
    for flow in inside::carried((old.policy, before_network), (new.policy, after_network), &flows) {
        before.push(PacketRule::permit(flow.clone()));
        after.push(PacketRule::permit(flow));
    }
    let asked = |policy| Asked {
        policy,
        hints,
        shown: SHOWN,
        budget,
    };
    let (to_new, to_old) = (asked(new.policy), asked(old.policy));
    let mut opened = gained(&before, &after, &changed.opening, &to_new)?;
    opened.extend(gained(
        &received_before,
        &received_after,
        &received.opening,
        &to_new,
    )?);
    let mut closed = gained(&after, &before, &changed.closing, &to_old)?;
    closed.extend(gained(
        &received_after,
        &received_before,
        &received.closing,
        &to_old,
    )?);
    Ok(PolicyDiff {
        opened,
        closed,
        paths: paths::path_changes((old.policy, before_network), (new.policy, after_network)),
    })
}

/// The flows of rules that only one of two lists has. Every other packet fares the same.
struct Changed {
    /// New permits and former denies: whatever opens is of these.
    opening: Vec<FlowSet>,
    /// Former permits and new denies: whatever closes is of these.
    closing: Vec<FlowSet>,
}

impl Changed {
    fn of(before: &[PacketRule], after: &[PacketRule]) -> Self {
        let mut balance: rustc_hash::FxHashMap<&PacketRule, i64> = rustc_hash::FxHashMap::default();
        for rule in before {
            *balance.entry(rule).or_default() -= 1;
        }
        for rule in after {
            *balance.entry(rule).or_default() += 1;
        }
        let mut changed = Self {
            opening: Vec::new(),
            closing: Vec::new(),
        };
        for rule in before.iter().chain(after) {
            // Each once.
            let Some(count) = balance.remove(rule).filter(|count| *count != 0) else {
                continue;
            };
            let flows = match rule.permit == (count > 0) {
                true => &mut changed.opening,
                false => &mut changed.closing,
            };
            flows.push(rule.flow.clone());
        }
        changed
    }
}
