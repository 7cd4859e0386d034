//! Lists of rules that several pairs of sides share: a device behind two cores says the same to both.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use super::ruleset::Rule;
use crate::plan::PlanRule;

/// A list of a plan, and what stands for it in a chain.
type List<'p> = (&'p [PlanRule], Vec<Rule>);

/// Lists that were written, with what stands for them in their chains. Only lists that are written alike whatever pair
/// they are of.
#[derive(Debug, Default)]
pub(super) struct Written<'p> {
    lists: FxHashMap<u64, Vec<List<'p>>>,
}

impl<'p> Written<'p> {
    /// What stands for a list of the same rules, in the same order.
    pub(super) fn alike(&self, rules: &[PlanRule]) -> Option<&[Rule]> {
        let known = self.lists.get(&fingerprint(rules))?.iter();
        let mut alike = known.filter(|(list, _)| *list == rules);
        alike.next().map(|(_, written)| written.as_slice())
    }

    /// Adds a list.
    pub(super) fn add(&mut self, rules: &'p [PlanRule], written: &[Rule]) {
        let lists = self.lists.entry(fingerprint(rules)).or_default();
        lists.push((rules, written.to_vec()));
    }
}

/// Of the rules by their places in memory, which the plan holds, and by the ends of their sides: one rule between many
/// sides is another list for each pair of them.
pub(super) fn fingerprint(rules: &[PlanRule]) -> u64 {
    let mut hasher = FxHasher::default();
    for rule in rules {
        Arc::as_ptr(&rule.said).hash(&mut hasher);
        for side in [&rule.flow.source, &rule.flow.destination] {
            (side.v4.first(), side.v4.last(), side.v6.first(), side.v6.last()).hash(&mut hasher);
        }
    }
    hasher.finish()
}
