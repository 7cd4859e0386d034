//! Witness search: does a rule of a list decide any packet at all, and which rules take them from it?
//!
//! Inside a rule's own box, over the few rules that overlap it: take a point; no rule holds it, and it is the
//! witness; else cut the box around a rule that does, and go on with the pieces. The rules used to cut are the
//! explanation. Where the pieces get too many, a field diagram answers instead.

mod cut;
mod index;

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::budget::{Budget, GaveUp, Meter};
use super::diagram::{Diagram, FieldOrder, Op};
use super::hints::Hints;
use super::space::Space;
use super::{Family, Packet, PacketRule};

use cut::Found;
use index::FamilyIndex;

/// Whether rules leave something of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// They do: this packet.
    Witness(Packet),
    /// They do not. These rules, by place and ascending, are enough to cover it.
    Covered(Vec<usize>),
}

/// A rule that has no effect, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unneeded {
    /// Its place in the list.
    pub rule: usize,
    /// The rules that take its packets, ascending. None where it holds no packet in the first place.
    pub because: Vec<usize>,
}

/// A rule list, indexed so that the rules that overlap one of them are found quickly.
pub struct RuleIndex<'a> {
    rules: &'a [PacketRule],
    space: Space,
    families: [FamilyIndex<'a>; 2],
    budget: Budget,
}

/// Steps of cutting before a diagram is the better way.
const CUT_STEPS: u64 = 1_000_000;

impl<'a> RuleIndex<'a> {
    /// Indexes a list. The budget holds for this, and for each later question by itself.
    ///
    /// # Errors
    /// When the budget is spent: too many different address sets overlap each other.
    pub fn new(rules: &'a [PacketRule], budget: Budget) -> Result<Self, GaveUp> {
        let space = Space::of(rules.iter().map(|rule| &rule.flow));
        let [v4, v6] = Family::BOTH.map(|family| FamilyIndex::new(rules, &space, family, budget));
        Ok(Self {
            rules,
            families: [v4?, v6?],
            space,
            budget,
        })
    }

    /// Whether the rules that `by` chooses cover all packets of a rule, whatever their actions. The rule itself is
    /// never among them; a place outside the list holds no packet.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn uncovered(&self, rule: usize, by: impl Fn(usize) -> bool) -> Result<Coverage, GaveUp> {
        let by = |other: usize| other != rule && by(other);
        let mut because = BTreeSet::new();
        for family in &self.families {
            // Most rules hold a packet that no other one does, and mostly it is the first that would be looked at.
            if let Some(packet) = family.smallest_alone(&self.space, rule, &by) {
                return Ok(Coverage::Witness(packet));
            }
            let Some(whole) = family.region(rule) else {
                continue;
            };
            let candidates = family.overlapping(rule, &by)?;
            let cut_budget = Budget {
                steps: self.budget.steps.min(CUT_STEPS),
                ..self.budget
            };
            match family.search(&self.space, whole, &candidates, &mut Meter::new(cut_budget)) {
                Ok(Found::Witness(packet)) => return Ok(Coverage::Witness(packet)),
                Ok(Found::Covered(used)) => because.extend(used),
                Err(_) => match self.by_diagram(rule, &candidates)? {
                    Some(packet) => return Ok(Coverage::Witness(packet)),
                    None => because.extend(candidates),
                },
            }
        }
        Ok(Coverage::Covered(because.into_iter().collect()))
    }

    /// Whether no packet ever gets to the rule, and which earlier rules see to that.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn dead(&self, rule: usize) -> Result<Option<Unneeded>, GaveUp> {
        if rule >= self.rules.len() {
            return Ok(None);
        }
        Ok(match self.uncovered(rule, |other| other < rule)? {
            Coverage::Witness(_) => None,
            Coverage::Covered(because) => Some(Unneeded { rule, because }),
        })
    }

    /// All dead rules of the list.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn all_dead(&self) -> Result<Vec<Unneeded>, GaveUp> {
        let rules = (0..self.rules.len()).into_par_iter();
        let answers: Vec<_> = rules.map(|rule| self.dead(rule)).collect();
        answers.into_iter().filter_map(Result::transpose).collect()
    }

    /// A packet of a rule that no candidate holds.
    fn by_diagram(&self, rule: usize, candidates: &[usize]) -> Result<Option<Packet>, GaveUp> {
        let flow = |place: usize| self.rules.get(place).map(|rule| &rule.flow);
        let others: Vec<PacketRule> = candidates
            .iter()
            .filter_map(|place| flow(*place))
            .cloned()
            .map(PacketRule::permit)
            .collect();
        let mut meter = Meter::new(self.budget);
        let mut diagram = Diagram::new(&self.space, FieldOrder::DestinationFirst, &mut meter);
        let Some(own) = flow(rule) else { return Ok(None) };
        let own = diagram.flow(own)?;
        let others = diagram.rules(&others)?;
        let left = diagram.apply(Op::Difference, own, others)?;
        Ok(diagram
            .pick(left, &Hints::default())
            .map(|believed| believed.packet))
    }
}
