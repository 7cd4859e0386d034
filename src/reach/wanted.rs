//! Destination kinds that no step was found to yet.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::rules::Rules;
use super::view::View;
use crate::model::RuleId;
use crate::packet::{Family, ServiceSet};

/// Destination kinds that are looked for. Most are found soon and then cost nothing more, however many rules are about
/// them.
pub(super) struct Wanted<'v, 'a> {
    rules: &'v Rules<'a>,
    left: Left,
    /// What denies take away on the way from one source kind to each wanted kind.
    taken: Vec<Taken<'a>>,
    /// The kinds on whose way something is taken away.
    touched: Vec<usize>,
}

/// What is still looked for.
struct Left {
    /// Of each destination kind whether it is.
    kinds: Vec<bool>,
    count: usize,
    /// Of each object the kinds of IPv4 and IPv6 that may be left, once it was asked for.
    of_object: [Vec<Kinds>; 2],
}

/// The kinds of an object that were left when so many were; none before they were asked for.
#[derive(Clone, Default)]
struct Kinds {
    kinds: Vec<usize>,
    of: Option<usize>,
}

impl Left {
    /// The kinds of a family that an object holds, ascending. Most objects that are asked for have none left, so that
    /// is told first.
    #[inline]
    fn of(&mut self, object: usize, family: Family, rules: &Rules<'_>) -> &[usize] {
        let known = |list: &Kinds| {
            list.of
                .is_some_and(|of| list.kinds.is_empty() || of == self.count)
        };
        if !self.lists(family).get(object).is_some_and(known) {
            self.renew(object, family, rules);
        }
        let list = self.lists(family).get(object);
        list.map_or(&[], |list| &list.kinds)
    }

    fn lists(&self, family: Family) -> &[Kinds] {
        let [v4, v6] = &self.of_object;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    #[inline(never)]
    fn renew(&mut self, object: usize, family: Family, rules: &Rules<'_>) {
        let [v4, v6] = &mut self.of_object;
        let lists = match family {
            Family::V4 => v4,
            Family::V6 => v6,
        };
        if lists.is_empty() {
            lists.resize(rules.objects(), Kinds::default());
        }
        let Some(Kinds { kinds, of }) = lists.get_mut(object) else {
            return;
        };
        let is_left = |kind: &usize| self.kinds.get(*kind) == Some(&true);
        match of {
            Some(_) => kinds.retain(is_left),
            None => kinds.extend(rules.kinds_of(object, family).iter().filter(|kind| is_left(kind))),
        }
        *of = Some(self.count);
    }
}

/// What denies take away between two kinds.
#[derive(Clone, Default)]
struct Taken<'a> {
    everything: bool,
    services: Vec<&'a ServiceSet>,
}

impl<'v, 'a> Wanted<'v, 'a> {
    /// Some destination kinds.
    pub(super) fn new(view: &'v View<'a>, wanted: impl IntoIterator<Item = usize>) -> Self {
        let count = view.hosts.destination_kinds.len();
        let mut left = Left {
            kinds: vec![false; count],
            count: 0,
            of_object: [Vec::new(), Vec::new()],
        };
        for kind in wanted {
            if let Some(wanted @ false) = left.kinds.get_mut(kind) {
                *wanted = true;
                left.count += 1;
            }
        }
        Self {
            rules: &view.rules,
            left,
            taken: vec![Taken::default(); count],
            touched: Vec::new(),
        }
    }

    /// True where nothing is looked for any more.
    pub(super) fn is_empty(&self) -> bool {
        self.left.count == 0
    }

    /// No longer looks for a kind.
    pub(super) fn found(&mut self, kind: usize) {
        if let Some(wanted @ true) = self.left.kinds.get_mut(kind) {
            *wanted = false;
            self.left.count -= 1;
        }
    }

    /// The wanted kinds that rules let a source kind reach by some of the services, each with the first of these rules:
    /// by rule, then by kind. Rules that `without` names are taken as absent.
    pub(super) fn reached(
        &mut self,
        source_kind: usize,
        services: &ServiceSet,
        without: &[RuleId],
    ) -> Vec<(RuleId, usize)> {
        let rules = self.rules;
        let family = rules.family_of(source_kind);
        if !self.prepare(source_kind, family) {
            return Vec::new();
        }
        let mut first: FxHashMap<usize, RuleId> = FxHashMap::default();
        for allows in rules.from(source_kind) {
            let kinds = self.left.of(allows.destination(), family, rules);
            let Some(bundle) = rules.bundle(*allows).filter(|_| !kinds.is_empty()) else {
                continue;
            };
            let mut together = None;
            for kind in kinds {
                let Some(taken) = self.taken.get(*kind).filter(|taken| !taken.everything) else {
                    continue;
                };
                let known = first.get(kind).copied();
                let better = |rule: &RuleId| known.is_none_or(|known| *rule < known);
                if !bundle.rules.first().is_some_and(better) {
                    continue;
                }
                // Where nothing of all of them gets through, nothing of any of them does.
                let all = *together.get_or_insert_with(|| rules.together(bundle));
                if all.is_some_and(|all| !taken.leaves(all, services, family)) {
                    continue;
                }
                let gets_through = |rule: &RuleId| {
                    let service = rules.service(*rule).filter(|_| !without.contains(rule));
                    service.is_some_and(|service| taken.leaves(service, services, family))
                };
                let mut candidates = bundle.rules.iter().copied().take_while(better);
                first.extend(candidates.find(gets_through).map(|rule| (*kind, rule)));
            }
        }
        let mut found: Vec<(RuleId, usize)> = first.into_iter().map(|(kind, rule)| (rule, kind)).collect();
        found.sort_unstable();
        found
    }

    /// Adds the rules that let a source kind reach wanted kinds that count by some of the services.
    pub(super) fn add_rules(
        &mut self,
        source_kind: usize,
        services: &ServiceSet,
        counts: impl Fn(usize) -> bool,
        known: &mut BTreeSet<RuleId>,
    ) {
        let rules = self.rules;
        let family = rules.family_of(source_kind);
        if !self.prepare(source_kind, family) {
            return;
        }
        for allows in rules.from(source_kind) {
            let kinds = self.left.of(allows.destination(), family, rules);
            let Some(bundle) = rules.bundle(*allows).filter(|_| !kinds.is_empty()) else {
                continue;
            };
            let reaches = |service: &ServiceSet| {
                kinds.iter().any(|kind| {
                    let taken = self.taken.get(*kind);
                    taken.is_some_and(|taken| taken.leaves(service, services, family)) && counts(*kind)
                })
            };
            for rule in &bundle.rules {
                if !known.contains(rule) && rules.service(*rule).is_some_and(reaches) {
                    known.insert(*rule);
                }
            }
        }
    }

    /// Works out what denies take away from a source kind; false where no rule lets it reach any of the wanted kinds.
    fn prepare(&mut self, source_kind: usize, family: Family) -> bool {
        let rules = self.rules;
        let mut allows = rules.from(source_kind).iter();
        if !allows.any(|allows| !self.left.of(allows.destination(), family, rules).is_empty()) {
            return false;
        }
        for kind in self.touched.drain(..) {
            if let Some(taken) = self.taken.get_mut(kind) {
                *taken = Taken::default();
            }
        }
        for deny in rules.denies_from(source_kind) {
            let Some(service) = rules.service(deny.rule) else {
                continue;
            };
            let everything = rules.is_of_all(deny.rule);
            for kind in self.left.of(deny.destination(), family, rules) {
                let Some(taken) = self.taken.get_mut(*kind).filter(|taken| !taken.everything) else {
                    continue;
                };
                if taken.services.is_empty() {
                    self.touched.push(*kind);
                }
                match everything {
                    true => taken.everything = true,
                    false => taken.services.push(service),
                }
            }
        }
        true
    }
}

impl Taken<'_> {
    /// True where some packet of two services is left.
    fn leaves(&self, one: &ServiceSet, other: &ServiceSet, family: Family) -> bool {
        if self.everything || !one.overlaps_in(other, family) {
            return false;
        }
        let near = self
            .services
            .iter()
            .filter(|taken| taken.overlaps_in(one, family));
        let mut near = near.peekable();
        if near.peek().is_none() {
            return true;
        }
        let mut left = one.intersection(other).in_family(family);
        near.all(|taken| {
            left = left.difference(taken);
            !left.is_empty()
        })
    }
}
