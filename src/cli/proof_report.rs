//! A proof as findings: what differs, where, an example, and the lines behind it.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::compile::Built;
use super::workspace::Workspace;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Describer, Policy};
use crate::packet::Products;
use crate::proof::{Mismatch, Unknown};

/// How many products of a difference are shown.
const SHOWN: usize = 6;

/// How many places are named for one finding.
const PLACES: usize = 4;

/// What is wrong with a configuration that was just written. Each is an error: the build stops. The same packets at
/// several places are one finding.
pub(super) fn findings(workspace: &Workspace, describer: &Describer, built: &Built<'_>) -> Vec<Diagnostic> {
    let Some(proof) = &built.refuted else {
        return Vec::new();
    };
    let policy = &workspace.policy;
    let point = policy
        .points
        .iter()
        .find(|point| point.name == built.plan.device)
        .map(|point| point.span);
    let located = |diagnostic: Diagnostic, rule: Option<&str>| {
        let rule = rule
            .and_then(|id| policy.rules.iter().find(|rule| rule.id == id))
            .map(|rule| rule.span);
        match (rule, point) {
            (Some(rule), Some(point)) => diagnostic.at(rule, "").with(point, "the device"),
            (Some(span), None) | (None, Some(span)) => diagnostic.at(span, ""),
            (None, None) => diagnostic,
        }
    };
    let lines = Lines::of(&built.emitted.text);
    let groups = grouped(&proof.mismatches, |mismatch| (mismatch.opened, &mismatch.change));
    let mut findings: Vec<Diagnostic> = groups
        .into_iter()
        .map(|(mismatch, places)| {
            let message = format!(
                "the configuration of `{}` {} at {}",
                built.plan.device,
                if mismatch.opened {
                    "lets through what the policy does not"
                } else {
                    "drops what the policy lets through"
                },
                some(&places)
            );
            let mut diagnostic = Diagnostic::new(Severity::Error, "not-proven", message)
                .note("packets", products(describer, &mismatch.change.products))
                .note("example", describer.packet(policy, &mismatch.change.witness));
            if let Some(text) = mismatch.line.and_then(|line| lines.numbered(line)) {
                diagnostic = diagnostic.note("emitted", format!("{}:{text}", built.file()));
            }
            let help = "a template or capability file of your own may be at fault; nothing is written";
            located(
                diagnostic.help(help),
                mismatch.origin.as_ref().map(|origin| origin.id.as_str()),
            )
        })
        .collect();
    let unknown: Vec<String> = proof.unknown.iter().map(why).collect();
    if !unknown.is_empty() {
        let message = format!("the configuration of `{}` cannot be proven", built.plan.device);
        let mut diagnostic = Diagnostic::new(Severity::Error, "not-proven", message);
        for reason in unknown.iter().take(PLACES) {
            diagnostic = diagnostic.note("because", reason);
        }
        if unknown.len() > PLACES {
            diagnostic = diagnostic.note("because", format!("of {} more reasons", unknown.len() - PLACES));
        }
        findings.push(located(diagnostic, None));
    }
    findings
}

/// The first few places, and how many more there are.
pub(super) fn some(places: &[&str]) -> String {
    let named = places.iter().take(PLACES).copied().collect::<Vec<_>>().join(", ");
    match places.len().saturating_sub(PLACES) {
        0 => named,
        more => format!("{named} and {more} more places"),
    }
}

/// Why nothing is known, as a clause.
pub(super) fn why(unknown: &Unknown) -> String {
    match unknown {
        Unknown::Line(line) => format!(
            "line {} is not understood ({}): `{}`",
            line.line, line.why, line.text
        ),
        Unknown::GaveUp { place } => format!("{place} takes too much work to compare"),
        Unknown::Missing { place } => format!("it does not say what happens at {place}"),
    }
}

/// Products as text, the first few.
pub(super) fn products(describer: &Describer, products: &Products) -> String {
    let mut parts: Vec<String> = products
        .flows
        .iter()
        .take(SHOWN)
        .map(|flow| describer.flow(flow))
        .collect();
    let rest = products.flows.len().saturating_sub(SHOWN);
    match (rest, products.complete) {
        (0, true) => {}
        (0, false) => parts.push("and more".to_owned()),
        (rest, true) => parts.push(format!("and {rest} more")),
        (rest, false) => parts.push(format!("and more than {rest} more")),
    }
    parts.join("; ")
}

/// The lines of a configuration.
pub(super) struct Lines<'a>(Vec<&'a str>);

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self(text.lines().collect())
    }

    /// `42: permit tcp …`: a line with its number.
    pub(super) fn numbered(&self, line: usize) -> Option<String> {
        let content = self.0.get(line.checked_sub(1)?)?.trim();
        Some(format!("{line}: {content}"))
    }
}

/// The first mismatch of each cause, with the places of all. A device with many interfaces has them by the square, and
/// to put one into words takes long.
pub(super) fn grouped<'p, Cause: Hash + Eq>(
    mismatches: impl IntoIterator<Item = &'p Mismatch>,
    cause: impl Fn(&'p Mismatch) -> Cause,
) -> Vec<(&'p Mismatch, Vec<&'p str>)> {
    let mut groups: Vec<(&Mismatch, Vec<&str>)> = Vec::new();
    let mut known: FxHashMap<Cause, usize> = FxHashMap::default();
    for mismatch in mismatches {
        let index = *known.entry(cause(mismatch)).or_insert(groups.len());
        match groups.get_mut(index) {
            Some((_, places)) => places.push(&mismatch.place),
            None => groups.push((mismatch, vec![&mismatch.place])),
        }
    }
    groups
}

/// A mismatch in words, for drift reports.
pub(super) fn drift(describer: &Describer, policy: &Policy, mismatch: &Mismatch) -> (String, String) {
    (
        products(describer, &mismatch.change.products),
        describer.packet(policy, &mismatch.change.witness),
    )
}

#[cfg(test)]
mod tests {
    use super::{Lines, grouped};
    use crate::packet::{Change, Packet, Products};
    use crate::proof::Mismatch;

    #[test]
    fn places_of_one_cause_are_put_together_in_their_order() {
        let mismatch = |place: usize| Mismatch {
            place: place.to_string(),
            opened: true,
            change: Change {
                products: Products::default(),
                witness: Packet {
                    source: [10, 0, 0, 1].into(),
                    destination: [10, 0, 0, 2].into(),
                    protocol: 6,
                    first: 40_000,
                    second: 443,
                },
            },
            line: Some(place % 3),
            origin: None,
        };
        let mismatches: Vec<Mismatch> = (0..90_000).map(mismatch).collect();
        let asked = std::cell::Cell::new(0);
        let groups = grouped(&mismatches, |mismatch| {
            asked.set(asked.get() + 1);
            (&mismatch.change, mismatch.line)
        });
        assert_eq!(asked.get(), 90_000, "each is looked at once");
        let firsts: Vec<&str> = groups.iter().map(|(first, _)| first.place.as_str()).collect();
        assert_eq!(firsts, ["0", "1", "2"]);
        assert!(
            groups
                .iter()
                .all(|(_, places)| places.len() == 30_000 && places.is_sorted_by_key(|place| place.len()))
        );
    }

    #[test]
    fn lines_are_numbered_from_one() {
        let lines = Lines::of("a\n  b\n");
        assert_eq!(lines.numbered(2).unwrap(), "2: b");
        assert_eq!((lines.numbered(0), lines.numbered(3)), (None, None));
    }
}
