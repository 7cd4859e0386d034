//! What passes by no word of the policy, but may.

use rustc_hash::FxHashSet;

use super::near::Near;
use super::parts::cut;
use super::{Half, lists, permits};
use crate::packet::budget::{Budget, GaveUp, Meter};
use crate::packet::diagram::Op;
use crate::packet::merge::{Merger, Product};
use crate::packet::products::{Products, order};
use crate::packet::{FlowSet, PacketRule, PacketSet};

/// A set of packets, as far as possible in the products in which it was asked for.
#[derive(Clone, Debug)]
pub struct Beyond {
    /// Products that are in it as a whole. They may overlap.
    pub whole: Vec<FlowSet>,
    /// All else.
    pub rest: PacketSet,
    /// False where there were more products than were asked for: there is more of it.
    pub complete: bool,
}

impl Beyond {
    /// What of `extra` passes and no word of the policy lets through: all of it, or so much that it takes more than
    /// `cap` products.
    pub(super) fn of(
        extra: Vec<Product>,
        passing: &Half,
        policy: &Half,
        merger: &mut Merger,
        cap: usize,
        meter: &mut Meter,
    ) -> Result<Self, GaveUp> {
        let same: FxHashSet<Product> = passing.free.iter().copied().collect();
        let near_passing = match extra.iter().all(|product| same.contains(product)) {
            true => Near::new(merger, &[]),
            false => Near::new(merger, &passing.free),
        };
        let near_policy = Near::new(merger, &policy.free);
        let contested = |half: &Half, flow: &FlowSet| {
            let mut permits = half.contested.iter().flatten().filter(|rule| rule.permit);
            permits.any(|rule| rule.flow.overlaps(flow))
        };
        let (mut whole, mut left, mut unsettled) = (Vec::new(), Half::default(), Vec::new());
        let mut complete = true;
        let mut asked: Vec<(FlowSet, Product)> = extra
            .into_iter()
            .filter_map(|product| Some((merger.flow(&product)?, product)))
            .collect();
        asked.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        for (flow, product) in asked {
            if whole.len() + left.free.len() > cap {
                complete = false;
                break;
            }
            if contested(passing, &flow) {
                unsettled.push(product);
            }
            let parts: Vec<FlowSet> = if same.contains(&product) {
                vec![flow]
            } else {
                let others = near_passing.overlapping(merger, &product, meter)?;
                let others = others.iter().filter_map(|other| merger.flow(other));
                others.filter_map(|other| flow.meet(&other)).collect()
            };
            for part in parts {
                let permitted = near_policy.overlapping_flow(merger, &part, meter)?;
                let cuts: Vec<FlowSet> = permitted.iter().filter_map(|other| merger.flow(other)).collect();
                let pieces = match contested(policy, &part) {
                    true => None,
                    false => cut(part.clone(), &cuts, meter)?,
                };
                match pieces {
                    Some(pieces) => whole.extend(pieces.iter().flat_map(|flow| merger.products(flow))),
                    None => left.free.extend(merger.products(&part)),
                }
            }
        }
        let mut rest = left.without(policy, merger, meter)?;
        if !unsettled.is_empty() {
            let mut permitted: Vec<Product> = Vec::new();
            for product in &unsettled {
                permitted.extend(near_policy.overlapping(merger, product, meter)?);
            }
            let (asked, permitted) = (permits(merger, &unsettled), permits(merger, &permitted));
            let mine = lists(&[], &passing.contested);
            let theirs = lists(&permitted, &policy.contested);
            let more = within(&asked, &mine, &theirs, meter)?;
            rest = rest.combine(Op::Union, &more, meter)?;
        }
        Ok(Self {
            whole: widest(whole, merger, meter)?,
            rest,
            complete,
        })
    }

    /// True where it holds no packet.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.rest.is_empty()
    }

    /// What is known of it, as one set.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn set(&self, budget: Budget) -> Result<PacketSet, GaveUp> {
        PacketSet::from_flows(&self.whole, budget)?.union(&self.rest, budget)
    }

    /// It as at most `cap` products. They may overlap.
    pub fn products(&self, cap: usize) -> Products {
        let mut products = Products::with(&self.whole, self.rest.pieces(cap), cap);
        products.complete &= self.complete;
        products
    }
}

/// What some lists permit of what is asked about, and others do not.
fn within(
    asked: &[PacketRule],
    mine: &[&[PacketRule]],
    theirs: &[&[PacketRule]],
    meter: &mut Meter,
) -> Result<PacketSet, GaveUp> {
    let all = [&[asked], mine, theirs].concat();
    PacketSet::of_lists(&all, meter, |diagram, sets| {
        let (asked, others) = sets.split_at(1);
        let (mine, theirs) = others.split_at(mine.len());
        let [asked, mine, theirs] = [asked, mine, theirs].map(|sets| diagram.union(sets.to_vec()));
        let mine = diagram.apply(Op::Intersection, mine?, asked?)?;
        diagram.apply(Op::Difference, mine, theirs?)
    })
}

/// The union of products, without those that another one covers.
fn widest(products: Vec<Product>, merger: &mut Merger, meter: &mut Meter) -> Result<Vec<FlowSet>, GaveUp> {
    let products = merger.union(products);
    let near = Near::new(merger, &products);
    let mut widest = Vec::with_capacity(products.len());
    for product in &products {
        let others = near.overlapping(merger, product, meter)?;
        let mut others = others.iter().filter(|other| *other != product);
        if !others.any(|other| merger.covers(other, product)) {
            widest.extend(merger.flow(product));
        }
    }
    Ok(widest)
}
