//! The filters of each hook, for every combination of interfaces that rules tell apart.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::compile::{Program, Root};
use super::cube::{self, state};
use super::cursor::Fault;
use super::table::Place;
use super::walk::{Context, List, Walker};
use crate::packet::{Budget, PacketRule, PacketSet};
use crate::target::readback::{Filter, Hook, ReadRule};

/// How many combinations of interfaces a hook may have.
const COMBINATIONS: usize = 300_000;

/// The interface by which a device talks to itself: nothing else comes in or leaves there.
const LOOPBACK: &str = "lo";

/// Every filter. Hooks without a base chain have none.
pub(super) fn filters(program: &Program, faults: &mut Vec<Fault>) -> Vec<Filter> {
    let mut filters = Vec::new();
    let mut walker = match Walker::new(program) {
        Ok(walker) => walker,
        Err(fault) => {
            faults.push(fault);
            return filters;
        }
    };
    for place in [Place::Forward, Place::Input, Place::Output] {
        let roots: Vec<Root> = program
            .roots
            .iter()
            .filter(|root| root.base.place == place)
            .copied()
            .collect();
        if let Some(first) = roots.first()
            && let Err(fault) = hook(program, &mut walker, first, &roots, &mut filters)
        {
            faults.push(fault);
        }
    }
    filters
}

fn hook(
    program: &Program,
    walker: &mut Walker<'_>,
    first: &Root,
    roots: &[Root],
    filters: &mut Vec<Filter>,
) -> Result<(), Fault> {
    let place = first.base.place;
    let fault = |why: &str| Err(Fault::new(first.base.line, why));
    let [from, to] = walker.interfaces(roots);
    // A packet has only one interface where it begins or ends.
    match place {
        Place::Input if !to.is_empty() => return fault("packets to the device leave by no interface"),
        Place::Output if !from.is_empty() => return fault("packets of the device come in by no interface"),
        _ => {}
    }
    let mut all: Vec<u32> = from.into_iter().chain(to).collect();
    all.sort_by_key(|number| program.interfaces.get(*number as usize));
    all.dedup();
    let numbers: Vec<Option<u32>> = all.into_iter().map(Some).chain([None]).collect();
    let count = match place {
        Place::Forward => numbers.len().saturating_mul(numbers.len()),
        _ => numbers.len(),
    };
    if count > COMBINATIONS {
        return fault("there are too many combinations of interfaces");
    }
    let name = |number: Option<u32>| {
        number
            .and_then(|number| program.interfaces.get(number as usize))
            .cloned()
    };
    let mut checked = FxHashSet::default();
    let mut add = |from: Option<u32>, to: Option<u32>, hook: Hook| -> Result<(), Fault> {
        let rules = judged(walker, first, roots, (from, to), &mut checked)?;
        filters.push(Filter { hook, rules });
        Ok(())
    };
    for one in &numbers {
        let interface = name(*one);
        match place {
            Place::Forward => {
                for other in &numbers {
                    let hook = Hook::Forward {
                        from: interface.clone(),
                        to: name(*other),
                    };
                    add(*one, *other, hook)?;
                }
            }
            _ if interface.as_deref() == Some(LOOPBACK) => {}
            Place::Input => add(*one, None, Hook::Input { interface })?,
            Place::Output => add(None, *one, Hook::Output { interface })?,
        }
    }
    Ok(())
}

/// The list for packets that open a flow, or never belong to one. The others must do what a firewall with state
/// promises: what belongs to a known flow passes, and what has no valid state passes at most where a new flow would.
fn judged(
    walker: &mut Walker<'_>,
    first: &Root,
    roots: &[Root],
    (from, to): (Option<u32>, Option<u32>),
    checked: &mut FxHashSet<(usize, usize, bool)>,
) -> Result<List, Fault> {
    let mut list = |state: u8| walker.list(roots, Context { from, to, state });
    let [new, untracked] = [list(state::NEW)?, list(state::UNTRACKED)?];
    let others = [
        (
            list(state::ESTABLISHED)?,
            true,
            "packets of established flows do not all pass",
        ),
        (
            list(state::RELATED)?,
            true,
            "packets related to established flows do not all pass",
        ),
        (
            list(state::INVALID)?,
            false,
            "packets without a valid state pass where no flow may open",
        ),
        (
            Arc::clone(&untracked),
            false,
            "untracked packets pass where no flow may open",
        ),
    ];
    let opening = walker.opening(&new, &untracked)?;
    for (other, known, complaint) in others {
        // The walker keeps every list, so that a place in memory stays that of one list.
        let place = |list: &List| Arc::as_ptr(list) as usize;
        if checked.insert((place(&opening), place(&other), known)) {
            let good = if known {
                permits_all(&other)
            } else {
                permits_at_most(&other, &opening)
            };
            if !good {
                return Err(Fault::new(first.base.line, complaint));
            }
        }
    }
    Ok(opening)
}

fn permits_all(list: &[ReadRule]) -> bool {
    match list.first() {
        Some(rule) if cube::is_every(&rule.rule.flow) => rule.rule.permit,
        _ => permitted(list).is_some_and(|set| set.is_full()),
    }
}

fn permits_at_most(list: &[ReadRule], bound: &[ReadRule]) -> bool {
    if list.iter().all(|rule| !rule.rule.permit) || list == bound {
        return true;
    }
    let budget = Budget::default();
    match (permitted(list), permitted(bound)) {
        (Some(list), Some(bound)) => list.is_subset(&bound, budget).unwrap_or(false),
        _ => false,
    }
}

fn permitted(list: &[ReadRule]) -> Option<PacketSet> {
    let rules: Vec<PacketRule> = list.iter().map(|rule| rule.rule.clone()).collect();
    PacketSet::from_rules(&rules, Budget::default()).ok()
}
