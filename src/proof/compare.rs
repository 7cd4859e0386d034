//! The comparison of each place. Places that say the same are compared once.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::bounds::{Bounds, packet_rules};
use super::places::Place;
use super::{Mismatch, Options, Proof, Residual, Unknown};
use crate::packet::{
    Beyond, Budget, ByDestination, Change, CompareOptions, Comparison, GaveUp, Limits, Met, Narrowing,
    Packet, PacketRule, PacketSet, ServiceSet, between,
};
use crate::plan::{Origin, PlanRule};
use crate::syntax::tree::Action;
use crate::target::readback::ReadRule;

/// How many products of a difference or residual are kept.
const SHOWN: usize = 32;

/// How many products of a residual are looked for: those that are kept come of joining these.
const SOUGHT: usize = 4 * SHOWN;

/// What came of one comparison.
#[derive(Clone, Default)]
struct Found {
    opened: Option<Change>,
    closed: Option<Change>,
    residual: Option<Beyond>,
}

pub(super) fn places(places: &[Place<'_>], options: &Options) -> Proof {
    let mut proof = Proof {
        places: places.len(),
        ..Proof::default()
    };
    let mut known: FxHashMap<(*const (), *const ()), Result<Found, GaveUp>> = FxHashMap::default();
    let mut met = Met::within(options.budget);
    for place in places {
        let Some(actual) = &place.actual else {
            proof.unknown.push(Unknown::Missing {
                place: place.name.to_string(),
            });
            continue;
        };
        let key = (
            Arc::as_ptr(&place.bounds).cast::<()>(),
            Arc::as_ptr(actual).cast::<()>(),
        );
        let found = known
            .entry(key)
            .or_insert_with(|| compare(&place.bounds, actual, &mut met, options));
        match found {
            Err(_) => proof.unknown.push(Unknown::GaveUp {
                place: place.name.to_string(),
            }),
            Ok(found) => {
                proof.mismatches.extend(mismatches(place, actual, found));
                proof
                    .residuals
                    .extend(found.residual.as_ref().map(|set| Residual {
                        place: place.name.to_string(),
                        set: set.clone(),
                        products: set.products(SHOWN),
                    }));
            }
        }
    }
    proof
}

/// What was found of a place, opened before closed.
fn mismatches(place: &Place<'_>, actual: &[ReadRule], found: &Found) -> impl Iterator<Item = Mismatch> {
    let changes = [(true, &found.opened), (false, &found.closed)].into_iter();
    changes.filter_map(|(opened, change)| {
        let change = change.as_ref()?;
        Some(Mismatch {
            place: place.name.to_string(),
            opened,
            change: change.clone(),
            line: deciding_line(actual, &change.witness),
            origin: deciding_rule(&place.bounds, &change.witness),
        })
    })
}

fn compare(
    bounds: &Bounds<'_>,
    actual: &[ReadRule],
    met: &mut Met,
    options: &Options,
) -> Result<Found, GaveUp> {
    match bounds.single() {
        Some(planned) => with_list(planned, actual, met, options),
        None => with_limits(bounds, actual, met, options),
    }
}

/// Where nothing may pass but what a list permits: equality.
fn with_list(
    planned: &[PlanRule],
    actual: &[ReadRule],
    met: &mut Met,
    options: &Options,
) -> Result<Found, GaveUp> {
    if same(planned, actual, &mut met.by_destination) {
        return Ok(Found::default());
    }
    let compare_options = CompareOptions {
        // So that each order is tried.
        budget: Budget {
            steps: options.budget.steps / 3,
            ..options.budget
        },
        hints: options.hints.clone(),
        cap: SHOWN,
        ..CompareOptions::default()
    };
    Ok(
        match met.compare(&packet_rules(planned), &read_rules(actual), &compare_options)? {
            Comparison::Equal => Found::default(),
            Comparison::Different(difference) => Found {
                opened: difference.opened,
                closed: difference.closed,
                residual: None,
            },
        },
    )
}

/// Where more may pass than must.
fn with_limits(
    bounds: &Bounds<'_>,
    actual: &[ReadRule],
    met: &mut Met,
    options: &Options,
) -> Result<Found, GaveUp> {
    let limits = Limits {
        lists: bounds.lists.iter().map(|list| packet_rules(list)).collect(),
        needed: bounds.needed.clone(),
        may: bounds.may.clone(),
    };
    let actual = read_rules(actual);
    let (limits, actual) = match bounds.tcp_only {
        true => {
            let mut tcp = Narrowing::to(ServiceSet::only_tcp);
            (limits.narrowed(&mut tcp), tcp.rules(&actual))
        }
        false => (limits, actual),
    };
    let found = between(&limits, &actual, met, SOUGHT)?;
    let change = |set: &PacketSet| -> Option<Change> {
        let witness = set.witness(&options.hints)?;
        Some(Change {
            products: set.products(SHOWN),
            witness,
        })
    };
    Ok(Found {
        opened: change(&found.opened),
        closed: change(&found.closed),
        residual: (!found.beyond.is_empty()).then_some(found.beyond),
    })
}

fn read_rules(actual: &[ReadRule]) -> Vec<PacketRule> {
    actual.iter().map(|rule| rule.rule.clone()).collect()
}

/// True where plan and configuration are seen to be the same without a closer look.
fn same(planned: &[PlanRule], actual: &[ReadRule], by_destination: &mut ByDestination) -> bool {
    let planned = planned
        .iter()
        .map(|rule| (rule.said.action == Action::Allow, &rule.flow));
    let actual = actual.iter().map(|rule| (rule.rule.permit, &rule.rule.flow));
    by_destination.same(planned, actual) == Some(true)
}

fn deciding_line(rules: &[ReadRule], packet: &Packet) -> Option<usize> {
    rules
        .iter()
        .find(|rule| rule.rule.flow.contains(packet))
        .map(|rule| rule.line)
}

fn deciding_rule(bounds: &Bounds<'_>, packet: &Packet) -> Option<Arc<Origin>> {
    let decides = |list: &Cow<'_, [PlanRule]>| {
        list.iter()
            .find(|rule| rule.flow.contains(packet))
            .map(|rule| Arc::clone(&rule.said.origin))
    };
    bounds.lists.iter().find_map(decides)
}
