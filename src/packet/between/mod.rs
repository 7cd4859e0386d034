//! Is a list between two bounds? What passes although nothing lets it, what does not although it must, and what
//! passes beyond the policy because it may.
//!
//! Services that may pass beyond the policy are few, and most of what a list says is about others: there what passes
//! must be just what has to. That is asked first, destination by destination. Where it is not so, and for the services
//! that may pass, lists are taken apart into products that pass whatever else the list says, and short lists about
//! the rest ([`Parts`]). Products of both sides are merged, and those that the other side has as well are settled at
//! once. Diagrams see only what is left, and of the other side only what overlaps it. Settling is by inclusion of
//! sets, so the answer is as exact as if diagrams had seen everything.

mod beyond;
mod near;
mod parts;
mod strict;

pub use beyond::Beyond;

use rustc_hash::FxHashSet;

use super::budget::{Budget, GaveUp};
use super::by_destination::{ByDestination, flows};
use super::merge::{Merger, Product};
use super::narrowing::Narrowing;
use super::{FlowSet, PacketRule, PacketSet};
use near::Near;
use parts::Parts;
use strict::union_of_services;

/// What must pass and what may.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// First-match lists: what any of them permits must pass.
    pub lists: Vec<Vec<PacketRule>>,
    /// Must pass as well, by no word of the lists.
    pub needed: Vec<FlowSet>,
    /// May pass beyond that.
    pub may: Vec<FlowSet>,
}

/// How a list stands between its limits.
#[derive(Clone, Debug)]
pub struct Between {
    /// What passes and may not.
    pub opened: PacketSet,
    /// What must pass and does not.
    pub closed: PacketSet,
    /// What passes by no word of the lists, but may.
    pub beyond: Beyond,
}

/// The sets that comparisons met: those of one device have most of them in common.
#[derive(Default)]
pub struct Met {
    /// Of lists that are compared as a whole.
    pub by_destination: ByDestination,
    merger: Merger,
}

/// Holds a first-match list between its limits. What passes beyond the policy is looked for until it takes more than
/// `cap` products.
///
/// # Errors
/// When the budget was spent: nothing is known then.
pub fn between(
    limits: &Limits,
    actual: &[PacketRule],
    met: &mut Met,
    cap: usize,
    budget: Budget,
) -> Result<Between, GaveUp> {
    let tolerated = union_of_services(&limits.may);
    let mut beside = Narrowing::to(|service| service.difference(&tolerated));
    let Met {
        by_destination,
        merger,
    } = met;
    let strict = limits.narrowed(&mut beside);
    if strict.are(&beside.rules(actual), merger, by_destination) {
        let mut within = Narrowing::to(|service| service.intersection(&tolerated));
        let mut ends = Ends::of(merger, &limits.narrowed(&mut within), &within.rules(actual));
        let (opened, closed) = ends.apart(merger, budget)?;
        if opened.is_empty() && closed.is_empty() {
            ends.widen(merger, limits);
            let beyond = ends.beyond(merger, cap, budget)?;
            return Ok(Between {
                opened,
                closed,
                beyond,
            });
        }
    }
    let ends = Ends::of(merger, limits, actual);
    let (opened, closed) = ends.apart(merger, budget)?;
    let beyond = ends.beyond(merger, cap, budget)?;
    Ok(Between {
        opened,
        closed,
        beyond,
    })
}

/// What stands against each other.
struct Ends {
    passing: Half,
    policy: Half,
    needed: Vec<Product>,
    may: Vec<Product>,
}

impl Ends {
    fn of(merger: &mut Merger, limits: &Limits, actual: &[PacketRule]) -> Self {
        let passing = Half::of(merger, [actual]);
        let policy = Half::of(merger, limits.lists.iter().map(Vec::as_slice));
        Self {
            passing,
            policy,
            needed: merger.products_of(&limits.needed),
            may: merger.products_of(&limits.may),
        }
    }

    /// What passes and may not, and what must pass and does not.
    fn apart(&self, merger: &mut Merger, budget: Budget) -> Result<(PacketSet, PacketSet), GaveUp> {
        let Self { passing, policy, .. } = self;
        let must = Half {
            free: merger.union([policy.free.as_slice(), &self.needed].concat()),
            contested: policy.contested.clone(),
        };
        let most = Half {
            free: [must.free.as_slice(), &self.may].concat(),
            contested: policy.contested.clone(),
        };
        let opened = passing.without(&most, merger, budget)?;
        Ok((opened, must.without(passing, merger, budget)?))
    }

    /// From the services that may pass to those that must pass as well, all of which do pass.
    fn widen(&mut self, merger: &mut Merger, limits: &Limits) {
        self.needed = merger.products_of(&limits.needed);
        self.may = merger.products_of(&limits.may);
        let all = [self.passing.free.as_slice(), &self.needed].concat();
        self.passing.free = merger.union(all);
        let lists = limits.lists_about_extra();
        self.policy = Half::of(merger, lists.iter().map(Vec::as_slice));
    }

    fn beyond(&self, merger: &mut Merger, cap: usize, budget: Budget) -> Result<Beyond, GaveUp> {
        let extra = merger.union([self.needed.as_slice(), &self.may].concat());
        Beyond::of(extra, &self.passing, &self.policy, merger, cap, budget)
    }
}

/// The union of products and of what short lists permit.
#[derive(Clone, Debug, Default)]
struct Half {
    free: Vec<Product>,
    contested: Vec<Vec<PacketRule>>,
}

impl Half {
    /// What any of some first-match lists permits.
    fn of<'l>(merger: &mut Merger, lists: impl IntoIterator<Item = &'l [PacketRule]>) -> Self {
        let mut half = Self::default();
        for list in lists {
            let parts = Parts::of(merger, list);
            half.free.extend(parts.free);
            half.contested.push(parts.contested);
        }
        half.free = merger.union(half.free);
        half
    }

    /// What this holds and `other` does not.
    fn without(&self, other: &Self, merger: &Merger, budget: Budget) -> Result<PacketSet, GaveUp> {
        let same: FxHashSet<&Product> = other.free.iter().collect();
        let apart: Vec<&Product> = self
            .free
            .iter()
            .filter(|product| !same.contains(product))
            .collect();
        let settled = self.contested.iter().all(Vec::is_empty);
        // Mostly both say the same, and nothing needs to be looked up.
        if settled && apart.is_empty() {
            return Ok(PacketSet::empty());
        }
        let near = Near::new(merger, &other.free);
        let mut left = Vec::new();
        let mut against = Vec::new();
        for product in apart {
            let overlapping = near.overlapping(merger, product);
            if !overlapping.iter().any(|other| merger.covers(other, product)) {
                left.push(*product);
                against.extend(overlapping);
            }
        }
        if settled && left.is_empty() {
            return Ok(PacketSet::empty());
        }
        for rule in self.contested.iter().flatten().filter(|rule| rule.permit) {
            against.extend(near.overlapping_flow(merger, &rule.flow));
        }
        against.sort_unstable();
        against.dedup();
        let (left, against) = (permits(merger, &left), permits(merger, &against));
        // The same packets may be cut into products in other ways.
        if settled && hold(&against, &left) {
            return Ok(PacketSet::empty());
        }
        let mine = union_of(left, &self.contested, budget)?;
        let theirs = union_of(against, &other.contested, budget)?;
        mine.difference(&theirs, budget)
    }
}

/// The products as a list.
fn permits(merger: &Merger, products: &[Product]) -> Vec<PacketRule> {
    let flows = products.iter().filter_map(|product| merger.flow(product));
    flows.map(PacketRule::permit).collect()
}

/// True where permits are known to hold all that others hold.
fn hold(permits: &[PacketRule], others: &[PacketRule]) -> bool {
    let together = flows(permits).chain(flows(others));
    ByDestination::default().same(together, flows(permits)) == Some(true)
}

/// What the permits hold, and what each list permits.
fn union_of(
    permits: Vec<PacketRule>,
    lists: &[Vec<PacketRule>],
    budget: Budget,
) -> Result<PacketSet, GaveUp> {
    let sets = std::iter::once(&permits)
        .chain(lists)
        .filter(|rules| !rules.is_empty())
        .map(|rules| PacketSet::from_rules(rules, budget))
        .collect::<Result<Vec<_>, _>>()?;
    PacketSet::union_of(&sets, budget)
}
