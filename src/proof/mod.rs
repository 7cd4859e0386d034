//! Read-back against plan: equal, or the packets that differ.
//!
//! Each place where the device filters is compared on its own. A place is held between two sets: what it *must* let
//! through (the policy, management, and what those cannot do without: replies where there is no state, neighbour
//! discovery, ICMP errors, the protocols of the device itself) and what it *may* let through (the same, as widely as
//! platforms can tell it). Where both are one set, the comparison is equality. What is let through beyond policy and
//! management is the *residual*, and is stated.

mod bounds;
mod compare;
mod needs;
mod places;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::packet::{Beyond, Budget, Change, Hints, Products};
use crate::plan::{DevicePlan, Origin};
use crate::syntax::tree::Rate;
use crate::target::Platform;
use crate::target::readback::{NotUnderstood, ReadBack};

/// What a proof depends on beside plan and read-back.
#[derive(Clone, Debug)]
pub struct Options {
    /// The platform keeps no state.
    pub stateless: bool,
    /// The configuration alone decides what the device itself receives.
    pub guards_itself: bool,
    /// What makes examples believable.
    pub hints: Hints,
    /// How much work the comparisons of one device may take in all.
    pub budget: Budget,
    /// The one way to write an interface's name, where a platform takes several.
    pub interface_name: fn(&str) -> String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            stateless: false,
            guards_itself: false,
            hints: Hints::default(),
            budget: Budget {
                steps: 2 * Budget::default().steps,
                ..Budget::default()
            },
            interface_name: str::to_owned,
        }
    }
}

impl Options {
    /// What a platform says of itself, and defaults for the rest.
    pub fn of(platform: &dyn Platform) -> Self {
        Self {
            stateless: platform.stateless(),
            guards_itself: platform.guards_itself(),
            interface_name: platform.interface_name(),
            ..Self::default()
        }
    }
}

/// What was found out about one device.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// How many places were compared.
    pub places: usize,
    /// Places that let through something else than the plan says.
    pub mismatches: Vec<Mismatch>,
    /// Why nothing is known of some place: lines not understood, work that took too long.
    pub unknown: Vec<Unknown>,
    /// What is let through beyond the policy, because the platform cannot do without.
    pub residuals: Vec<Residual>,
}

impl Proof {
    /// True where every place was compared and none differs.
    pub fn holds(&self) -> bool {
        self.mismatches.is_empty() && self.unknown.is_empty()
    }
}

/// A place that differs from the plan.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// `eth0 -> eth1`, `Vlan20 in`, `input`.
    pub place: String,
    /// True where the configuration lets through what the plan does not; false where it drops what the plan lets through.
    pub opened: bool,
    /// Which packets.
    pub change: Change,
    /// The line that decides the example, where one does.
    pub line: Option<usize>,
    /// The policy rule that decides the example, where one does.
    pub origin: Option<Arc<Origin>>,
}

/// Why nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// A line was not understood.
    Line(NotUnderstood),
    /// A comparison took more work than it may.
    GaveUp {
        /// Where.
        place: String,
    },
    /// The configuration does not say what happens at a place.
    Missing {
        /// Where.
        place: String,
    },
}

/// What one place lets through beyond the policy.
#[derive(Clone, Debug)]
pub struct Residual {
    /// Where.
    pub place: String,
    /// As much of it as was looked for.
    pub set: Beyond,
    /// The same, readable.
    pub products: Products,
}

/// Compares what a device does with what its plan says.
pub fn prove(plan: &DevicePlan, read: &ReadBack, options: &Options) -> Proof {
    if !read.not_understood.is_empty() {
        let unknown = read.not_understood.iter().cloned().map(Unknown::Line).collect();
        return Proof {
            unknown,
            ..Proof::default()
        };
    }
    compare::places(&places::of(plan, read, options), options)
}

/// Reads a configuration back and proves that it does what the plan says. Where it does not, it is read line by line, so
/// that each mismatch names its line. That reading never takes a mismatch back.
pub fn prove_text(plan: &DevicePlan, platform: &dyn Platform, text: &str, options: &Options) -> Proof {
    let read = platform.read(text);
    let proof = prove(plan, &read, options);
    if proof.holds() {
        return at_any_rate(plan, platform, (text, &read), options, proof);
    }
    match proof.mismatches.as_slice() {
        [] => proof,
        _ => {
            let closer = prove(plan, &platform.read_line_by_line(text), options);
            if closer.holds() { proof } else { closer }
        }
    }
}

/// Adds to a proof what a rate bounds in the configuration and not in the plan, or the other way round. For each rate, what
/// is let through without the rules that have it is to be the same.
fn at_any_rate(
    plan: &DevicePlan,
    platform: &dyn Platform,
    (text, read): (&str, &ReadBack),
    options: &Options,
    mut proof: Proof,
) -> Proof {
    let planned = plan.rules().filter_map(|rule| rule.said.rate);
    let rates: BTreeSet<Rate> = planned.chain(read.rates.iter().copied()).collect();
    for rate in rates {
        let beyond = prove(&plan.without(rate), &platform.read_without(text, rate), options);
        proof.unknown.extend(beyond.unknown);
        proof
            .mismatches
            .extend(beyond.mismatches.into_iter().map(|mismatch| Mismatch {
                place: format!("{} beyond {rate}", mismatch.place),
                ..mismatch
            }));
    }
    proof
}
