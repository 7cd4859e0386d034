//! Is a list between two bounds? What passes although nothing lets it, what does not although it must, and what
//! passes beyond the policy because it may.
//!
//! Lists are taken apart into products that pass whatever else the list says, and short lists about the rest
//! ([`Parts`]). Products of both sides are merged, and those that the other side has as well are settled at once.
//! Diagrams see only what is left, and of the other side only what overlaps it. Settling is by inclusion of sets, so
//! the answer is as exact as if diagrams had seen everything.

mod beyond;
mod near;
mod parts;

pub use beyond::Beyond;

use rustc_hash::FxHashSet;

use super::budget::{Budget, GaveUp};
use super::by_destination::{ByDestination, flows};
use super::merge::{Merger, Product};
use super::{FlowSet, PacketRule, PacketSet};
use near::Near;
use parts::Parts;

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

/// Holds a first-match list between its limits.
///
/// # Errors
/// When the budget was spent: nothing is known then.
pub fn between(limits: &Limits, actual: &[PacketRule], budget: Budget) -> Result<Between, GaveUp> {
    let mut merger = Merger::default();
    let actual = Parts::of(&mut merger, actual);
    let passing = Half {
        free: merger.union(actual.free),
        contested: vec![actual.contested],
    };
    let mut policy = Half::default();
    for list in &limits.lists {
        let parts = Parts::of(&mut merger, list);
        policy.free.extend(parts.free);
        policy.contested.push(parts.contested);
    }
    policy.free = merger.union(policy.free);
    let mut products =
        |flows: &[FlowSet]| -> Vec<Product> { flows.iter().flat_map(|flow| merger.products(flow)).collect() };
    let (needed, may) = (products(&limits.needed), products(&limits.may));
    let must = Half {
        free: merger.union([policy.free.as_slice(), &needed].concat()),
        contested: policy.contested.clone(),
    };
    let most = Half {
        free: [must.free.as_slice(), &may].concat(),
        contested: policy.contested.clone(),
    };
    let extra = merger.union([needed, may].concat());
    Ok(Between {
        opened: passing.without(&most, &merger, budget)?,
        closed: must.without(&passing, &merger, budget)?,
        beyond: Beyond::of(extra, &passing, &policy, &mut merger, budget)?,
    })
}

/// The union of products and of what short lists permit.
#[derive(Clone, Debug, Default)]
struct Half {
    free: Vec<Product>,
    contested: Vec<Vec<PacketRule>>,
}

impl Half {
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
