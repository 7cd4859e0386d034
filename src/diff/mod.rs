//! What becomes permitted and what stops being permitted between two policies, exactly.

mod blast_radius;
mod configuration;
mod expectation;
mod paths;

use std::collections::BTreeMap;

use crate::model::{Examples, ModeId, Policy, Rule};
use crate::packet::{
    Budget, CompareOptions, Comparison, FlowSet, GaveUp, Hints, Packet, PacketRule, PacketSet, compare_with,
};
use crate::syntax::tree::Action;

pub use blast_radius::{RadiusChange, radius_changes};
pub use configuration::{ConfigurationChange, Fate, configuration_changes};
pub use expectation::{Beyond, Unexpected, unexpected};
pub use paths::PathChange;

/// Up to so many pairs of a rule and a changed one are looked at, to leave out the rules that no change touches. Beyond
/// that, comparing all rules takes less.
const PAIRS: usize = 4_000_000;

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
    /// All of it.
    pub set: PacketSet,
    /// The same as products.
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

/// Compares two versions. Where little changed, only rules that overlap a changed one are looked at: elsewhere both say
/// the same.
///
/// # Errors
/// When the work was more than the budget allows: nothing is known then.
pub fn diff(old: Version<'_>, new: Version<'_>, hints: &Hints, budget: Budget) -> Result<PolicyDiff, GaveUp> {
    let paths = paths::path_changes(old.policy, new.policy);
    let (before, after) = (old.rules(), new.rules());
    let changed = changed_flows(&before, &after);
    let near = |rules: Vec<PacketRule>| -> Vec<PacketRule> {
        if rules.len().saturating_mul(changed.len()) > PAIRS {
            return rules;
        }
        rules
            .into_iter()
            .filter(|rule| changed.iter().any(|flow| flow.overlaps(&rule.flow)))
            .collect()
    };
    let options = CompareOptions {
        budget,
        hints: hints.clone(),
        cap: usize::MAX,
        ..CompareOptions::default()
    };
    let difference = match compare_with(&near(before), &near(after), &options)? {
        Comparison::Equal => {
            return Ok(PolicyDiff {
                paths,
                ..PolicyDiff::default()
            });
        }
        Comparison::Different(difference) => difference,
    };
    let flows = |change: Option<crate::packet::Change>| change.map(|c| c.products.flows).unwrap_or_default();
    Ok(PolicyDiff {
        opened: by_zones(new.policy, &flows(difference.opened), hints, budget)?,
        closed: by_zones(old.policy, &flows(difference.closed), hints, budget)?,
        paths,
    })
}

/// The flows of rules that only one of two lists has.
fn changed_flows(before: &[PacketRule], after: &[PacketRule]) -> Vec<FlowSet> {
    let mut balance: rustc_hash::FxHashMap<&PacketRule, i64> = rustc_hash::FxHashMap::default();
    for rule in before {
        *balance.entry(rule).or_default() -= 1;
    }
    for rule in after {
        *balance.entry(rule).or_default() += 1;
    }
    let changed = |rule: &&PacketRule| balance.get(rule).is_some_and(|count| *count != 0);
    before
        .iter()
        .chain(after)
        .filter(changed)
        .map(|rule| rule.flow.clone())
        .collect()
}

fn by_zones(
    policy: &Policy,
    flows: &[FlowSet],
    hints: &Hints,
    budget: Budget,
) -> Result<Vec<ZoneChange>, GaveUp> {
    let mut pairs: BTreeMap<(&str, &str), Vec<FlowSet>> = BTreeMap::new();
    for flow in flows {
        for (from, source) in policy.zone_map.split(&flow.source) {
            for (to, destination) in policy.zone_map.split(&flow.destination) {
                let part = FlowSet {
                    source: source.clone().into(),
                    destination: destination.into(),
                    service: flow.service.clone(),
                };
                if !part.is_empty() {
                    pairs
                        .entry((policy.zone_name(from), policy.zone_name(to)))
                        .or_default()
                        .push(part);
                }
            }
        }
    }
    let examples = Examples::new(policy);
    let mut changes = Vec::new();
    for ((from, to), flows) in pairs {
        let set = PacketSet::from_flows(&flows, budget)?;
        let products = set.products(SHOWN);
        let Some(witness) = examples.packet_of(&products.flows).or_else(|| set.witness(hints)) else {
            continue;
        };
        changes.push(ZoneChange {
            from: from.to_owned(),
            to: to.to_owned(),
            flows: products.flows,
            complete: products.complete,
            witness,
            set,
        });
    }
    Ok(changes)
}
