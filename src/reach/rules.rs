//! The active rules of a day and a mode, by the kinds of their sources.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::hosts::{Hosts, Kind};
use crate::model::{Policy, Rule, RuleId};
use crate::packet::{Family, ServiceSet};
use crate::syntax::tree::Action;

/// Active allows between the same two sets of addresses.
#[derive(Debug)]
pub(super) struct Bundle {
    /// The allows, ascending.
    pub(super) rules: Vec<RuleId>,
    /// What they permit together, once somebody asked; none where that is too much to work with.
    together: OnceLock<Option<ServiceSet>>,
}

/// A bundle as seen from its sources. Most are passed over by their destinations alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allows {
    bundle: u32,
    /// The object of their destination.
    destination: u32,
}

impl Allows {
    /// The object of the destination.
    pub(super) fn destination(self) -> usize {
        usize::try_from(self.destination).unwrap_or(usize::MAX)
    }
}

/// An active deny as seen from its sources.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deny {
    pub(super) rule: RuleId,
    /// The object of its destination.
    destination: u32,
}

impl Deny {
    /// The object of the destination.
    pub(super) fn destination(self) -> usize {
        usize::try_from(self.destination).unwrap_or(usize::MAX)
    }
}

/// The active rules.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    policy: &'a Policy,
    hosts: &'a Hosts,
    bundles: Vec<Bundle>,
    /// For each source kind the bundles from it.
    allows: Vec<Vec<Allows>>,
    /// For each source kind the denies from it, those of every service first.
    denies: Vec<Vec<Deny>>,
    /// Of each rule whether it is a deny of every service.
    of_all: Vec<bool>,
    /// How many destination kinds are IPv4: they come first.
    v4_kinds: usize,
}

impl<'a> Rules<'a> {
    pub(super) fn new(policy: &'a Policy, hosts: &'a Hosts, active: impl Fn(&Rule) -> bool) -> Self {
        let mut bundles: Vec<Bundle> = Vec::new();
        let mut between: FxHashMap<[usize; 2], usize> = FxHashMap::default();
        let mut allows: Vec<Vec<Allows>> = vec![Vec::new(); hosts.kinds_to.len()];
        let mut denies: [Vec<Vec<Deny>>; 2] = [allows.len(); 2].map(|count| vec![Vec::new(); count]);
        let mut of_all = vec![false; policy.rules.len()];
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let rules = policy.rules.iter().zip(&hosts.sides).zip(&mut of_all);
        for (index, ((rule, sides), of_all)) in rules.enumerate() {
            let id = RuleId::from_index(index);
            let [source, destination] = *sides;
            if !active(rule) {
                continue;
            }
            if rule.action == Action::Deny {
                *of_all = rule.service.set.is_full();
                let [all, some] = &mut denies;
                let lists = if *of_all { all } else { some };
                if let Some(list) = lists.get_mut(source) {
                    list.push(Deny {
                        rule: id,
                        destination: number(destination),
                    });
                }
                continue;
            }
            let at = *between.entry(*sides).or_insert(bundles.len());
            match bundles.get_mut(at) {
                Some(bundle) => bundle.rules.push(id),
                None => {
                    bundles.push(Bundle {
                        rules: vec![id],
                        together: OnceLock::new(),
                    });
                    if let Some(list) = allows.get_mut(source) {
                        list.push(Allows {
                            bundle: number(at),
                            destination: number(destination),
                        });
                    }
                }
            }
        }
        let of_kind = |kind: &Kind| denies.each_ref().map(|lists| of(kind, lists)).concat();
        Self {
            policy,
            hosts,
            bundles,
            allows: hosts.source_kinds.iter().map(|kind| of(kind, &allows)).collect(),
            denies: hosts.source_kinds.iter().map(of_kind).collect(),
            of_all,
            v4_kinds: hosts
                .destination_kinds
                .partition_point(|kind| kind.family == Family::V4),
        }
    }

    /// How many objects there are.
    pub(super) fn objects(&self) -> usize {
        self.hosts.kinds_to.len()
    }

    /// The allows from a source kind.
    pub(super) fn from(&self, source_kind: usize) -> &[Allows] {
        self.allows.get(source_kind).map_or(&[], Vec::as_slice)
    }

    /// The bundle behind some allows.
    pub(super) fn bundle(&self, allows: Allows) -> Option<&Bundle> {
        self.bundles.get(usize::try_from(allows.bundle).ok()?)
    }

    /// The allows between two kinds.
    fn between(&self, source_kind: usize, destination_kind: usize) -> impl Iterator<Item = &Bundle> {
        let allows = self.from(source_kind).iter();
        let about_both = allows.filter(move |allows| self.holds(allows.destination(), destination_kind));
        about_both.filter_map(|allows| self.bundle(*allows))
    }

    /// The denies from a source kind, those of every service first.
    pub(super) fn denies_from(&self, source_kind: usize) -> &[Deny] {
        self.denies.get(source_kind).map_or(&[], Vec::as_slice)
    }

    /// True for a deny of every service.
    pub(super) fn is_of_all(&self, rule: RuleId) -> bool {
        self.of_all.get(rule.index()) == Some(&true)
    }

    /// The denies between two kinds.
    pub(super) fn denies(&self, source_kind: usize, destination_kind: usize) -> impl Iterator<Item = RuleId> {
        let denies = self.denies_from(source_kind).iter();
        let about_both = denies.filter(move |deny| self.holds(deny.destination(), destination_kind));
        about_both.map(|deny| deny.rule)
    }

    /// What the allows of a bundle permit together; none where that is too much to work with.
    pub(super) fn together<'s>(&'s self, bundle: &'s Bundle) -> Option<&'s ServiceSet> {
        if let [rule] = bundle.rules.as_slice() {
            return self.service(*rule);
        }
        let together = bundle.together.get_or_init(|| {
            let services = bundle.rules.iter().filter_map(|rule| self.service(*rule));
            ServiceSet::union_of_some(&services.collect::<Vec<_>>())
        });
        together.as_ref()
    }

    /// Everything permitted between two kinds.
    pub(super) fn permitted(&self, source_kind: usize, destination_kind: usize) -> ServiceSet {
        let bundles = self.between(source_kind, destination_kind);
        let rules = bundles.flat_map(|bundle| &bundle.rules);
        let services = rules.filter_map(|rule| self.service(*rule));
        let all = ServiceSet::union_of(&services.collect::<Vec<_>>());
        self.remaining(&all, source_kind, destination_kind)
    }

    /// What an allow lets through between two kinds.
    pub(super) fn services(&self, rule: RuleId, source_kind: usize, destination_kind: usize) -> ServiceSet {
        let mut bundles = self.between(source_kind, destination_kind);
        let is_about = bundles.any(|bundle| bundle.rules.binary_search(&rule).is_ok());
        let service = self.service(rule).filter(|_| is_about);
        service.map_or_else(ServiceSet::empty, |service| {
            self.remaining(service, source_kind, destination_kind)
        })
    }

    /// The first deny, by number, that takes some of a service away between two kinds.
    pub(super) fn first_deny(
        &self,
        service: &ServiceSet,
        source_kind: usize,
        destination_kind: usize,
        counts: impl Fn(RuleId) -> bool,
    ) -> Option<RuleId> {
        let family = self.family_of(source_kind);
        let denies = self
            .denies(source_kind, destination_kind)
            .filter(|deny| counts(*deny));
        denies
            .filter(|deny| {
                self.service(*deny)
                    .is_some_and(|taken| taken.overlaps_in(service, family))
            })
            .min()
    }

    /// What no deny takes away of a service between two kinds.
    pub(super) fn remaining(
        &self,
        service: &ServiceSet,
        source_kind: usize,
        destination_kind: usize,
    ) -> ServiceSet {
        let family = self.family_of(source_kind);
        let denies = self.denies(source_kind, destination_kind);
        let taken = denies.filter_map(|deny| self.service(deny));
        let mut left = service.in_family(family);
        for taken in taken.filter(|taken| taken.overlaps_in(service, family)) {
            if left.is_empty() {
                break;
            }
            left = left.difference(taken);
        }
        left
    }

    /// The family of a source kind.
    pub(super) fn family_of(&self, source_kind: usize) -> Family {
        let kind = self.hosts.source_kinds.get(source_kind);
        kind.map_or(Family::V4, |kind| kind.family)
    }

    /// The destination kinds of a family that an object holds, ascending.
    pub(super) fn kinds_of(&self, object: usize, family: Family) -> &'a [usize] {
        let kinds = self.hosts.kinds_to.get(object).map_or(&[][..], Vec::as_slice);
        let (v4, v6) = kinds.split_at(kinds.partition_point(|kind| *kind < self.v4_kinds));
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    /// True where an object holds a destination kind.
    pub(super) fn holds(&self, object: usize, destination_kind: usize) -> bool {
        let kind = self.hosts.destination_kinds.get(destination_kind);
        kind.is_some_and(|kind| kind.objects.binary_search(&object).is_ok())
    }

    /// The services of a rule.
    pub(super) fn service(&self, rule: RuleId) -> Option<&'a ServiceSet> {
        Some(&*self.policy.rules.get(rule.index())?.service.set)
    }
}

/// What the objects that hold a kind have, ascending.
fn of<T: Copy>(kind: &Kind, lists: &[Vec<T>]) -> Vec<T> {
    let of_objects = || kind.objects.iter().filter_map(|object| lists.get(*object));
    // All of them together are most of a view.
    let mut all = Vec::with_capacity(of_objects().map(Vec::len).sum());
    all.extend(of_objects().flatten().copied());
    all
}
