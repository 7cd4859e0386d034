//! A proof as findings: what differs, where, an example, and the lines behind it.

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
    let mut groups: Vec<(&Mismatch, Vec<&str>)> = Vec::new();
    for mismatch in &proof.mismatches {
        let same = |other: &Mismatch| other.opened == mismatch.opened && other.change == mismatch.change;
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, places)) => places.push(&mismatch.place),
            None => groups.push((mismatch, vec![&mismatch.place])),
        }
    }
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
            if let Some(text) = mismatch
                .line
                .and_then(|line| emitted_line(&built.emitted.text, line))
            {
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
            diagnostic = diagnostic.note("because", format!("of {} more", unknown.len() - PLACES));
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

/// `42: permit tcp …`: a line of a configuration with its number.
pub(super) fn emitted_line(text: &str, line: usize) -> Option<String> {
    let content = text.lines().nth(line.checked_sub(1)?)?.trim();
    Some(format!("{line}: {content}"))
}

/// A mismatch in words, for drift reports.
pub(super) fn drift(describer: &Describer, policy: &Policy, mismatch: &Mismatch) -> (String, String) {
    (
        products(describer, &mismatch.change.products),
        describer.packet(policy, &mismatch.change.witness),
    )
}
