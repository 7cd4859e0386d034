//! `forbid-reachable`: a flow that `forbid A -> B` rules out is permitted.
//!
//! Exact: every packet from A to B with the services is looked at as a set. Traffic inside a zone that does not
//! `isolate`, and between zones that an unmanaged path joins, counts as possible whatever the rules say.

use std::collections::BTreeSet;

use super::{Check, Context, Finding, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Assertion, AssertionKind, DeviceId};
use crate::reach::{Edge, Passage, View, direct, direct_rules};
use crate::syntax::tree::Arrow;

/// The check.
pub const CHECK: Check = Check {
    name: "forbid-reachable",
    severity: Severity::Error,
    enabled: true,
    summary: "a flow that `forbid A -> B` rules out is permitted",
    explain: include_str!("forbid_reachable.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    refutation::each(
        context,
        |kind| matches!(kind, AssertionKind::Forbid(Arrow::Direct, _)),
        |view, assertion| {
            let from = refutation::atoms(view, &assertion.source.addresses);
            let message = format!("{} is possible", refutation::statement(assertion));
            refute(
                context,
                view,
                assertion,
                from,
                Diagnostic::error(CHECK.name, assertion.span, message),
            )
        },
    )
}

/// Completes a finding that some of the atoms may not reach the second side of an assertion; none where none does.
pub(super) fn refute(
    context: &Context<'_>,
    view: &View<'_>,
    assertion: &Assertion,
    from: &[usize],
    finding: Diagnostic,
) -> Option<Diagnostic> {
    let to = refutation::atoms(view, &assertion.destination.addresses);
    let service = &*assertion.service.set;
    let edges = direct(view, from, to, service, &[]);
    let inhabited = |edge: &&Edge| {
        usize::from(view.hosts.inhabited(edge.from)) + usize::from(view.hosts.inhabited(edge.to))
    };
    let best = edges.iter().rev().max_by_key(inhabited)?;
    let step = view.example(*best, service)?;
    debug_assert!(refutation::replayed(view, &[step], context.today), "{step:?}");
    let mut finding = refutation::with_passage(finding, view, &step, "the example")
        .note("example", step.packet.to_string());
    let devices: BTreeSet<DeviceId> = edges
        .iter()
        .filter_map(|edge| view.hosts.atoms.get(edge.to))
        .flat_map(|atom| &atom.classes)
        .filter_map(|class| view.hosts.classes.get(*class))
        .flat_map(|class| class.devices.iter().copied())
        .collect();
    if let Some(devices) = refutation::devices_text(view, &devices) {
        finding = finding.note("devices", devices);
    }
    let (rules, open) = direct_rules(view, from, to, service);
    Some(finding.help(help(view, &rules, open, step.by)))
}

fn help(view: &View<'_>, rules: &[crate::model::RuleId], open: bool, by: Passage) -> String {
    let filter = match by {
        Passage::Unenforced => {
            "put a managed device on the path between the two (`unenforced-path` names what joins them)"
        }
        _ => "put a managed device or a host firewall between the two, or `isolate` the zone",
    };
    let listed = refutation::rules_text(view, rules);
    match (rules.len(), open) {
        (0, _) => format!("no rule is needed for it: {filter}"),
        (1, false) => format!("only {listed} lets it through: narrow or remove it"),
        (count, false) => format!("{count} rules let it through, each of them alone: {listed}"),
        (_, true) => format!("some of it needs no rule: {filter}; the rest is let through by {listed}"),
    }
}
