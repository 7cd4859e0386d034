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

use super::budget::{Budget, GaveUp, Meter};
use super::by_destination::{ByDestination, flows};
use super::compare::{CompareOptions, Comparison, compare_closely};
use super::diagram::Op;
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

/// The sets that comparisons met, and the work that they may still take: those of one device have most sets in common,
/// and one budget.
pub struct Met {
    /// Of lists that are compared as a whole.
    pub by_destination: ByDestination,
    merger: Merger,
    meter: Meter,
}

impl Met {
    /// None yet.
    pub fn within(budget: Budget) -> Self {
        Self {
            by_destination: ByDestination::default(),
            merger: Merger::default(),
            meter: Meter::new(budget),
        }
    }

    /// Compares two lists that are not seen to be the same.
    ///
    /// # Errors
    /// When the budget was spent in every order of fields: nothing is known then.
    pub fn compare(
        &mut self,
        a: &[PacketRule],
        b: &[PacketRule],
        options: &CompareOptions,
    ) -> Result<Comparison, GaveUp> {
        compare_closely(a, b, options, &mut self.meter)
    }
}

/// Holds a first-match list between its limits. What passes beyond the policy is looked for until it takes more than
/// `cap` products.
///
/// # Errors
/// When the budget was spent: nothing is known then.
pub fn between(limits: &Limits, actual: &[PacketRule], met: &mut Met, cap: usize) -> Result<Between, GaveUp> {
    let before = met.meter.clone();
    let found = held(limits, actual, met, cap);
    if found.is_err() {
        met.meter.forget_since(&before);
    }
    found
}

/// As [`between`]. On giving up, what results took stays taken.
fn held(limits: &Limits, actual: &[PacketRule], met: &mut Met, cap: usize) -> Result<Between, GaveUp> {
    let tolerated = union_of_services(&limits.may);
    let mut beside = Narrowing::to(|service| service.difference(&tolerated));
    let Met {
        by_destination,
        merger,
        meter,
    } = met;
    let strict = limits.narrowed(&mut beside);
    if strict.are(&beside.rules(actual), merger, by_destination) {
        let mut within = Narrowing::to(|service| service.intersection(&tolerated));
        let mut ends = Ends::of(
            merger,
            &limits.narrowed(&mut within),
            &within.rules(actual),
            meter,
        )?;
        let (opened, closed) = ends.apart(merger, meter)?;
        if opened.is_empty() && closed.is_empty() {
            ends.widen(merger, limits, meter)?;
            let beyond = ends.beyond(merger, cap, meter)?;
            return Ok(Between {
                opened,
                closed,
                beyond,
            });
        }
    }
    let ends = Ends::of(merger, limits, actual, meter)?;
    let (opened, closed) = ends.apart(merger, meter)?;
    let beyond = ends.beyond(merger, cap, meter)?;
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
    fn of(
        merger: &mut Merger,
        limits: &Limits,
        actual: &[PacketRule],
        meter: &mut Meter,
    ) -> Result<Self, GaveUp> {
        let passing = Half::of(merger, [actual], meter)?;
        let policy = Half::of(merger, limits.lists.iter().map(Vec::as_slice), meter)?;
        Ok(Self {
            passing,
            policy,
            needed: merger.products_of(&limits.needed),
            may: merger.products_of(&limits.may),
        })
    }

    /// What passes and may not, and what must pass and does not.
    fn apart(&self, merger: &mut Merger, meter: &mut Meter) -> Result<(PacketSet, PacketSet), GaveUp> {
        let Self { passing, policy, .. } = self;
        let must = Half {
            free: merger.union([policy.free.as_slice(), &self.needed].concat()),
            contested: policy.contested.clone(),
        };
        let most = Half {
            free: [must.free.as_slice(), &self.may].concat(),
            contested: policy.contested.clone(),
        };
        let opened = passing.without(&most, merger, meter)?;
        Ok((opened, must.without(passing, merger, meter)?))
    }

    /// From the services that may pass to those that must pass as well, all of which do pass.
    fn widen(&mut self, merger: &mut Merger, limits: &Limits, meter: &mut Meter) -> Result<(), GaveUp> {
        self.needed = merger.products_of(&limits.needed);
        self.may = merger.products_of(&limits.may);
        let all = [self.passing.free.as_slice(), &self.needed].concat();
        self.passing.free = merger.union(all);
        let lists = limits.lists_about_extra();
        self.policy = Half::of(merger, lists.iter().map(Vec::as_slice), meter)?;
        Ok(())
    }

    fn beyond(&self, merger: &mut Merger, cap: usize, meter: &mut Meter) -> Result<Beyond, GaveUp> {
        let extra = merger.union([self.needed.as_slice(), &self.may].concat());
        Beyond::of(extra, &self.passing, &self.policy, merger, cap, meter)
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
    fn of<'l>(
        merger: &mut Merger,
        lists: impl IntoIterator<Item = &'l [PacketRule]>,
        meter: &mut Meter,
    ) -> Result<Self, GaveUp> {
        let mut half = Self::default();
        for list in lists {
            let parts = Parts::of(merger, list, meter)?;
            half.free.extend(parts.free);
            half.contested.push(parts.contested);
        }
        half.free = merger.union(half.free);
        Ok(half)
    }

    /// What this holds and `other` does not.
    fn without(&self, other: &Self, merger: &Merger, meter: &mut Meter) -> Result<PacketSet, GaveUp> {
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
            let overlapping = near.overlapping(merger, product, meter)?;
            if !overlapping.iter().any(|other| merger.covers(other, product)) {
                left.push(*product);
                against.extend(overlapping);
            }
        }
        if settled && left.is_empty() {
            return Ok(PacketSet::empty());
        }
        for rule in self.contested.iter().flatten().filter(|rule| rule.permit) {
            against.extend(near.overlapping_flow(merger, &rule.flow, meter)?);
        }
        against.sort_unstable();
        against.dedup();
        let (left, against) = (permits(merger, &left), permits(merger, &against));
        // The same packets may be cut into products in other ways.
        if settled && hold(&against, &left) {
            return Ok(PacketSet::empty());
        }
        let mine = lists(&left, &self.contested);
        let all = [mine.as_slice(), &lists(&against, &other.contested)].concat();
        PacketSet::of_lists(&all, meter, |diagram, sets| {
            let (mine, theirs) = sets.split_at(mine.len());
            let (mine, theirs) = (diagram.union(mine.to_vec())?, diagram.union(theirs.to_vec())?);
            diagram.apply(Op::Difference, mine, theirs)
        })
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

/// Lists that permit what some permits and some lists do, those that say something.
fn lists<'r>(permits: &'r [PacketRule], contested: &'r [Vec<PacketRule>]) -> Vec<&'r [PacketRule]> {
    let all = std::iter::once(permits).chain(contested.iter().map(Vec::as_slice));
    all.filter(|rules| !rules.is_empty()).collect()
}
