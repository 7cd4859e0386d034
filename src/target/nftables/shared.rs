//! What several pairs of sides permit alike. A firewall in a mesh lets nearly the same flows through between any two
//! of its neighbours: what their lists have in common stands once, in a chain that the chains of all of them jump to.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use super::section::{allows_come_last, only_allows};
use crate::packet::{AddressSet, Family, FlowSet};
use crate::plan::{PlanRule, Said};

/// Lists of fewer rules are left alone, and so is what fewer rules have in common.
const RULES: usize = 8;
/// How many groups of lists are looked at.
const GROUPS: usize = 64;

/// Lists of rules, and what they have in common.
#[derive(Debug)]
pub(super) struct Shared<'p> {
    lists: Vec<&'p [PlanRule]>,
    /// Of each list the first that says the same: mostly itself.
    same: Vec<usize>,
    /// What some of them have in common.
    pub common: Vec<Common>,
}

impl<'p> Shared<'p> {
    /// Finds what lists have in common, where writing it once spares at least so many prefixes of flows.
    pub(super) fn of(lists: Vec<&'p [PlanRule]>, least: usize) -> Self {
        let mut known: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        let mut same = Vec::with_capacity(lists.len());
        let mut distinct = Vec::with_capacity(lists.len());
        for (number, list) in lists.iter().enumerate() {
            let known = known.entry(fingerprint(list)).or_default();
            let before = known.iter().find(|other| lists.get(**other) == Some(list));
            match before {
                Some(first) => {
                    same.push(*first);
                    distinct.push(&[][..]);
                }
                None => {
                    known.push(number);
                    same.push(number);
                    distinct.push(*list);
                }
            }
        }
        let common = common(&distinct, least);
        Self { lists, same, common }
    }

    /// The first list that says the same: a device behind two cores says the same to both.
    pub(super) fn same(&self, number: usize) -> usize {
        self.same.get(number).copied().unwrap_or(number)
    }

    /// What is left of a list, and the number of what it has in common with others beside that.
    pub(super) fn list(&self, number: usize) -> (&[PlanRule], Option<usize>) {
        let same = self.same(number);
        let found = self.common.iter().enumerate().find_map(|(place, common)| {
            let member = common.lists.binary_search(&same).ok()?;
            Some((common.rest.get(member)?.as_slice(), Some(place)))
        });
        found.unwrap_or_else(|| (self.lists.get(number).copied().unwrap_or_default(), None))
    }
}

/// Of the rules by their places in memory, which the plan holds, and by the ends of their sides: one rule between many
/// sides is another list for each pair of them.
fn fingerprint(rules: &[PlanRule]) -> u64 {
    let mut hasher = FxHasher::default();
    for rule in rules {
        Arc::as_ptr(&rule.said).hash(&mut hasher);
        for side in [&rule.flow.source, &rule.flow.destination] {
            (side.v4.first(), side.v4.last(), side.v6.first(), side.v6.last()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Rules that several lists have in common.
#[derive(Debug)]
pub(super) struct Common {
    /// The lists, ascending, by their numbers.
    pub lists: Vec<usize>,
    /// What each of them lets through, among other things.
    pub rules: Vec<PlanRule>,
    /// What each of them does beside that: what is left of its own rules, in their order.
    rest: Vec<Vec<PlanRule>>,
}

/// Where a rule stands: the number of a list, and its place in it.
type Place = (usize, usize);

/// A list has something in common with some others at most once.
fn common(lists: &[&[PlanRule]], least: usize) -> Vec<Common> {
    let alike = alike(lists);
    let mut groups: Vec<(usize, &Vec<usize>)> = alike
        .iter()
        .filter(|(_, rules)| rules.len() >= RULES)
        .map(|(of, rules)| (rules.len().saturating_mul(of.len() - 1), of))
        .collect();
    groups.sort_by_key(|(times, _)| Reverse(*times));
    let mut taken = vec![false; lists.len()];
    let mut found = Vec::new();
    for (_, of) in groups.into_iter().take(GROUPS) {
        let free = |list: &usize| {
            taken.get(*list) == Some(&false) && lists.get(*list).is_some_and(|rules| allows_come_last(rules))
        };
        if !of.iter().all(free) {
            continue;
        }
        // Rules that other lists have as well count, too.
        let shares: Vec<Split> = alike
            .iter()
            .filter(|(wider, _)| of.iter().all(|list| wider.binary_search(list).is_ok()))
            .flat_map(|(_, rules)| rules)
            .filter_map(|places| split(lists, of, places))
            .collect();
        if shares.iter().map(|split| split.spared).sum::<usize>() < least {
            continue;
        }
        for list in of {
            if let Some(taken) = taken.get_mut(*list) {
                *taken = true;
            }
        }
        found.push(apart(lists, of, shares));
    }
    found.sort_by(|a, b| a.lists.cmp(&b.lists));
    found
}

/// The rules that several lists have a part of, by these lists: of each its places. Only those whose order decides
/// nothing, and that log and limit nothing.
fn alike(lists: &[&[PlanRule]]) -> BTreeMap<Vec<usize>, Vec<Vec<Place>>> {
    let long = (0..).zip(lists).filter(|(_, rules)| rules.len() >= RULES);
    // Sorted, as most rules stand in one list alone and are not worth a look of their own.
    let mut all: Vec<(*const Said, Place)> = long
        .flat_map(|(list, rules)| {
            let rules = (0..).zip(*rules);
            rules.map(move |(place, rule)| (Arc::as_ptr(&rule.said), (list, place)))
        })
        .collect();
    all.sort_unstable();
    let mut alike: BTreeMap<Vec<usize>, Vec<Vec<Place>>> = BTreeMap::new();
    for rule in all
        .chunk_by(|(a, _), (b, _)| a == b)
        .filter(|rule| rule.len() > 1)
    {
        let places: Vec<Place> = rule.iter().map(|(_, place)| *place).collect();
        let of: Vec<usize> = places.iter().map(|(list, _)| *list).collect();
        let first = places
            .first()
            .and_then(|(list, place)| lists.get(*list)?.get(*place));
        // A rule that a list has several parts of stays whole.
        if first.is_some_and(only_allows) && of.is_sorted_by(|a, b| a < b) {
            alike.entry(of).or_default().push(places);
        }
    }
    for rules in alike.values_mut() {
        rules.sort_unstable();
    }
    alike
}

/// A rule of several lists: what they have in common of it, and what is left of it in each.
struct Split {
    common: PlanRule,
    rest: Vec<(Place, Vec<PlanRule>)>,
    /// How many prefixes of flows are written less.
    spared: usize,
}

/// What some of the lists that a rule stands in have in common of it. None where nothing would be spared.
fn split(lists: &[&[PlanRule]], of: &[usize], places: &[Place]) -> Option<Split> {
    // Lists of sides with the same behind them share their sets.
    let mut parts: Vec<(&PlanRule, Vec<Place>)> = Vec::new();
    for place in places.iter().filter(|(list, _)| of.binary_search(list).is_ok()) {
        let rule = lists.get(place.0)?.get(place.1)?;
        match parts.iter_mut().find(|(other, _)| same(&other.flow, &rule.flow)) {
            Some((_, places)) => places.push(*place),
            None => parts.push((rule, vec![*place])),
        }
    }
    let ((first, _), others) = parts.split_first()?;
    let mut flow = first.flow.clone();
    for (rule, _) in others {
        if rule.flow.service != flow.service {
            return None;
        }
        flow = flow.meet(&rule.flow)?;
    }
    let common = with_flow(first, flow);
    let (mut before, mut after) = (0, prefixes(&common.flow));
    let mut rest = Vec::with_capacity(of.len());
    for (rule, places) in parts {
        let pieces = beside(rule, &common.flow);
        let left: usize = pieces.iter().map(|piece| prefixes(&piece.flow)).sum();
        before += places.len() * prefixes(&rule.flow);
        after += places.len() * left;
        rest.extend(places.into_iter().map(|place| (place, pieces.clone())));
    }
    let spared = before.checked_sub(after)?;
    (spared > 0).then_some(Split { common, rest, spared })
}

/// True where two flows share their sets.
fn same(one: &FlowSet, other: &FlowSet) -> bool {
    Arc::ptr_eq(&one.source, &other.source)
        && Arc::ptr_eq(&one.destination, &other.destination)
        && Arc::ptr_eq(&one.service, &other.service)
}

/// What a rule holds beside a part of it with the same services.
fn beside(rule: &PlanRule, part: &FlowSet) -> Vec<PlanRule> {
    let FlowSet {
        source,
        destination,
        service,
    } = &rule.flow;
    let minus = |whole: &Arc<AddressSet>, part: &Arc<AddressSet>| {
        let same = Arc::ptr_eq(whole, part);
        (!same).then(|| Arc::new(whole.difference(part)))
    };
    let other_sources = minus(source, &part.source).map(|source| (source, Arc::clone(destination)));
    let other_destinations =
        minus(destination, &part.destination).map(|destination| (Arc::clone(&part.source), destination));
    let pieces = other_sources.into_iter().chain(other_destinations);
    let flows = pieces.map(|(source, destination)| FlowSet {
        source,
        destination,
        service: Arc::clone(service),
    });
    flows
        .filter(|flow| !flow.is_empty())
        .map(|flow| with_flow(rule, flow))
        .collect()
}

fn with_flow(rule: &PlanRule, flow: FlowSet) -> PlanRule {
    PlanRule {
        flow,
        said: Arc::clone(&rule.said),
    }
}

/// From how many prefixes to how many a flow leads.
fn prefixes(flow: &FlowSet) -> usize {
    let count = |set: &AddressSet, family| set.blocks(family).count();
    let each = Family::BOTH.map(|family| {
        let sources = count(&flow.source, family);
        match sources {
            0 => 0,
            _ => sources.saturating_mul(count(&flow.destination, family)),
        }
    });
    each.into_iter().fold(0, usize::saturating_add)
}

/// Takes the common rules out of their lists.
fn apart(lists: &[&[PlanRule]], of: &[usize], shares: Vec<Split>) -> Common {
    let mut rules = Vec::with_capacity(shares.len());
    let mut left: FxHashMap<Place, Vec<PlanRule>> = FxHashMap::default();
    for split in shares {
        rules.push(split.common);
        left.extend(split.rest);
    }
    let rest = of.iter().map(|list| {
        let own = lists.get(*list).copied().unwrap_or_default();
        let of_rule = |(place, rule): (usize, &PlanRule)| match left.remove(&(*list, place)) {
            Some(pieces) => pieces,
            None => vec![rule.clone()],
        };
        own.iter().enumerate().flat_map(of_rule).collect()
    });
    let rest = rest.collect();
    Common {
        lists: of.to_vec(),
        rules,
        rest,
    }
}
