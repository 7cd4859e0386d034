//! `forbid-path`: a chain of permitted flows leads from A to B, though `forbid A ~> B` says none does.
//!
//! Exact over hosts: each host on the way may be used to go on, neighbours in a zone that does not `isolate` are
//! steps, the internet is a zone like any other. `unless via X` leaves out chains with a host of X between the first
//! and the last. With services, these are those of the last step. The shortest chain is shown.

use super::{Check, Context, Finding, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Assertion, AssertionKind};
use crate::reach::{Goal, Passage, Step, View, chain_cut};
use crate::syntax::tree::Arrow;

/// The check.
pub const CHECK: Check = Check {
    name: "forbid-path",
    severity: Severity::Error,
    enabled: true,
    summary: "a chain of permitted flows leads where `forbid A ~> B` says none may",
    explain: include_str!("forbid_path.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    refutation::each(
        context,
        |kind| matches!(kind, AssertionKind::Forbid(Arrow::Chain, _)),
        |view, assertion| refute(context, view, assertion),
    )
}

fn refute(context: &Context<'_>, view: &View<'_>, assertion: &Assertion) -> Option<Diagnostic> {
    let via = match &assertion.kind {
        AssertionKind::Forbid(_, via) => via.as_ref(),
        _ => None,
    };
    let goal = Goal {
        from: refutation::atoms(view, &assertion.source.addresses),
        to: refutation::atoms(view, &assertion.destination.addresses),
        via: via.map_or(&[][..], |via| refutation::atoms(view, &via.addresses)),
        service: &assertion.service.set,
    };
    let (chain, classes) = goal.shortest(view, &[])?;
    let steps = view.example_chain(&chain, &assertion.service.set)?;
    debug_assert!(refutation::replayed(view, &steps, context.today), "{steps:?}");
    let mut message = match steps.len() {
        1 => format!(
            "`{}` reaches `{}`",
            assertion.source.text, assertion.destination.text
        ),
        count => format!(
            "`{}` reaches `{}` in {count} steps",
            assertion.source.text, assertion.destination.text
        ),
    };
    if let Some(via) = via {
        message.push_str(&format!(" around `{}`", via.text));
    }
    let finding = Diagnostic::error(CHECK.name, assertion.span, message);
    let mut finding = show(finding, view, &steps);
    let devices = view.hosts.devices_of(classes).collect();
    if let Some(devices) = refutation::devices_text(view, &devices) {
        finding = finding.note("devices", devices);
    }
    Some(finding.help(help(view, &goal, &steps)))
}

/// Shows a chain: a line and a place for each step.
pub(super) fn show(mut finding: Diagnostic, view: &View<'_>, steps: &[Step]) -> Diagnostic {
    let mut shown: Vec<Passage> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        finding = finding.note(
            "chain",
            format!("{}. {}", at + 1, refutation::step_text(view, step)),
        );
        let by_rule = matches!(step.by, Passage::Rule(_));
        if by_rule && shown.contains(&step.by) {
            continue;
        }
        shown.push(step.by);
        let same: Vec<String> = steps
            .iter()
            .enumerate()
            .filter(|(other, step)| {
                *other == at || (by_rule && step.by == steps.get(at).map_or(step.by, |s| s.by))
            })
            .map(|(at, _)| (at + 1).to_string())
            .collect();
        let said = match same.len() {
            1 => format!("step {}", same.join("")),
            _ => format!("steps {}", same.join(" and ")),
        };
        finding = refutation::with_passage(finding, view, step, &said);
    }
    finding.chain()
}

fn help(view: &View<'_>, goal: &Goal<'_>, steps: &[Step]) -> String {
    match chain_cut(view, goal) {
        Some(cut) => {
            let listed = refutation::rules_text(view, &cut.rules);
            match (cut.rules.len(), cut.smallest) {
                (1, _) => format!("without {listed} there is no such chain"),
                (count, true) => format!("no fewer than {count} rules would have to go: {listed}"),
                (_, false) => format!("removing these rules leaves no such chain: {listed}"),
            }
        }
        None if steps.iter().all(|step| !matches!(step.by, Passage::Rule(_))) => {
            "no rule is needed for it: put a managed device or a host firewall between the two, or `isolate` the zone"
                .to_owned()
        }
        None => "many rules take part: see where such chains should end, and put a `deny` there".to_owned(),
    }
}
