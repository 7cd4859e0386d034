//! Lists that are refused for their length, and the rules that make them long.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::list::{Block, List};
use crate::packet::Family;
use crate::plan::Origin;

/// How many rules are named.
const NAMED: usize = 3;

/// The entries of a list that has too many.
#[derive(Clone, Debug, Default)]
pub struct Excess {
    total: usize,
    /// How many are of a rule, by its id: one of joined rules is of each of them.
    of_rules: BTreeMap<String, (usize, Arc<Origin>)>,
}

impl Excess {
    /// What was written before it was too much.
    pub fn of(blocks: &[Block]) -> Self {
        let mut excess = Self::default();
        for block in blocks {
            excess.add(&block.origins, block.entries.len());
        }
        excess
    }

    /// What a whole list has.
    pub fn of_list(list: &List) -> Self {
        let mut excess = Self::default();
        for line in &list.lines {
            excess.add(&line.origins, 1);
        }
        excess.total = list.entries;
        excess
    }

    /// Adds entries of some rules.
    pub fn add(&mut self, origins: &[Arc<Origin>], entries: usize) {
        self.total = self.total.saturating_add(entries);
        for origin in origins {
            let of_rule = self.of_rules.entry(origin.id.clone());
            let (count, _) = of_rule.or_insert_with(|| (0, Arc::clone(origin)));
            *count = count.saturating_add(entries);
        }
    }

    /// The rule that takes most, and what is to be said of the list: that of a side in `zone`, with `most` allowed.
    pub fn refusal(&self, zone: &str, family: Family, most: usize) -> (Option<String>, String) {
        let mut rules: Vec<&(usize, Arc<Origin>)> = self.of_rules.values().collect();
        rules.sort_by_key(|(count, _)| Reverse(*count));
        let named = rules.iter().take(NAMED);
        let named: Vec<String> = named
            .map(|(count, origin)| format!("{count} of `{}` ({})", origin.id, origin.location))
            .collect();
        let mut what = format!(
            "the {} list of side `{zone}` takes {} entries, more than the {most} that `refuse_entries` allows",
            family.name(),
            self.total
        );
        if !named.is_empty() {
            what.push_str(": ");
            what.push_str(&named.join(", "));
        }
        let more = rules.len() - named.len();
        if more > 0 {
            what.push_str(&format!(" and of {more} more"));
        }
        (rules.first().map(|(_, origin)| origin.id.clone()), what)
    }
}
