//! `blast-radius`: from one member of A, chains reach more devices of B than `limit A ~> B <= N` allows.
//!
//! Exact: each member of A is taken as the one that is broken into first, and the worst is named. Steps are those of
//! `forbid A ~> B`; the member itself does not count.

use super::{Check, Context, Finding, forbid_path, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Assertion, AssertionKind};
use crate::reach::{Goal, View};

/// The check.
pub const CHECK: Check = Check {
    name: "blast-radius",
    severity: Severity::Error,
    enabled: true,
    summary: "from one member of A, more devices of B can be reached than `limit A ~> B <= N` allows",
    explain: include_str!("blast_radius.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    refutation::each(
        context,
        |kind| matches!(kind, AssertionKind::Limit(_)),
        |view, assertion| refute(context, view, assertion),
    )
}

fn refute(context: &Context<'_>, view: &View<'_>, assertion: &Assertion) -> Option<Diagnostic> {
    let AssertionKind::Limit(most) = assertion.kind else {
        return None;
    };
    let from = refutation::atoms(view, &assertion.source.addresses);
    let goal = Goal {
        from,
        to: refutation::atoms(view, &assertion.destination.addresses),
        via: &[],
        service: &assertion.service.set,
    };
    let (start, devices) = goal.widest(view)?;
    if devices.len() <= usize::try_from(most).unwrap_or(usize::MAX) {
        return None;
    }
    let worst = view.hosts.classes.get(start)?.atoms.first().copied()?;
    let (chain, _) = goal.farthest(view, start)?;
    let steps = view.example_chain(&chain, &assertion.service.set)?;
    debug_assert!(refutation::replayed(view, &steps, context.today), "{steps:?}");
    let name = steps.first().map(|step| view.host_name(step.from))?;
    let zone = view
        .hosts
        .atoms
        .get(worst)
        .map_or("", |atom| view.policy.zone_name(atom.zone));
    let devices_word = if devices.len() == 1 { "device" } else { "devices" };
    let message = format!(
        "`{name}` in `{zone}` reaches {} {devices_word} of `{}`, the limit is {most}",
        devices.len(),
        assertion.destination.text,
    );
    let mut finding = Diagnostic::error(CHECK.name, assertion.span, message);
    finding = forbid_path::show(finding, view, &steps);
    if let Some(devices) = refutation::devices_text(view, &devices) {
        finding = finding.note("devices", devices);
    }
    Some(finding.help(format!(
        "narrow the rules of the chain, or raise the limit to {} if that is meant",
        devices.len()
    )))
}
