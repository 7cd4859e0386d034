//! `require-unmet`: a flow that `require A -> B : S` promises does not get through.
//!
//! Exact, for every member of A with every member of B: permitted in normal times and in each mode, some path leads
//! there, and each managed device that a path crosses has it in its plan. Inside a zone that does not `isolate`
//! nothing has to permit it, unless a host firewall stands in the way.

use std::sync::Arc;

use super::{Check, Context, Finding, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Assertion, AssertionKind, ModeId};
use crate::packet::{Family, FlowSet};
use crate::reach::{Enforcement, Missing, View, concerned, missing, unreachable_zones};

/// The check.
pub const CHECK: Check = Check {
    name: "require-unmet",
    severity: Severity::Error,
    enabled: true,
    summary: "a flow that `require A -> B` promises is not let through, in normal times or in a mode",
    explain: include_str!("require_unmet.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let required: Vec<&Assertion> = context
        .policy
        .assertions
        .iter()
        .filter(|assertion| matches!(assertion.kind, AssertionKind::Require))
        .filter(|assertion| {
            !assertion.source.addresses.is_empty() && !assertion.destination.addresses.is_empty()
        })
        .collect();
    if required.is_empty() {
        return Vec::new();
    }
    let flows: Vec<FlowSet> = required.iter().map(|assertion| flow_of(assertion)).collect();
    let policy = concerned(context.policy, &flows);
    let modes = (0..context.policy.modes.len()).map(|index| Some(ModeId::from_index(index)));
    let mut findings: Vec<Option<Diagnostic>> = vec![None; required.len()];
    for mode in std::iter::once(None).chain(modes) {
        let view = refutation::view(context, mode);
        let enforcement = Enforcement::new(&policy, context.network, context.today, mode);
        for (assertion, finding) in required.iter().zip(&mut findings) {
            if finding.is_none() {
                *finding = refute(context, &view, &enforcement, mode, assertion);
            }
        }
    }
    let found = required.iter().zip(findings);
    found
        .filter_map(|(assertion, diagnostic)| Some(refutation::finding(assertion, diagnostic?)))
        .collect()
}

/// Everything that an assertion is about.
fn flow_of(assertion: &Assertion) -> FlowSet {
    FlowSet {
        source: Arc::clone(&assertion.source.addresses),
        destination: Arc::clone(&assertion.destination.addresses),
        service: Arc::clone(&assertion.service.set),
    }
}

fn refute(
    context: &Context<'_>,
    view: &View<'_>,
    enforcement: &Enforcement<'_>,
    mode: Option<ModeId>,
    assertion: &Assertion,
) -> Option<Diagnostic> {
    let text = refutation::statement(assertion);
    let error = |message: String| Diagnostic::error(CHECK.name, assertion.span, message);
    let flow = flow_of(assertion);
    if let Some(finding) = unreachable(context, assertion, &text) {
        return Some(finding);
    }
    let from = refutation::atoms(view, &assertion.source.addresses);
    let to = refutation::atoms(view, &assertion.destination.addresses);
    let has = |atoms: &[usize], family| {
        let mut atoms = atoms.iter().filter_map(|atom| view.hosts.atoms.get(*atom));
        atoms.any(|atom| atom.family == family)
    };
    let possible = |family| has(from, family) && has(to, family) && !flow.service.is_empty_in(family);
    if !Family::BOTH.into_iter().any(possible) {
        let message = format!("no packet can be of {text}: the two sides share no address family");
        return Some(
            error(message).help("give both sides addresses of one family, and services that it has"),
        );
    }
    let mode = mode.and_then(|id| context.policy.modes.get(id.index()));
    if let Some(missing) = missing(view, from, to, &assertion.service.set) {
        let message = match mode {
            None => format!("{text} is required and not permitted"),
            Some(mode) => format!("mode `{}` cuts {text}, which is required", mode.name),
        };
        return Some(explain(error(message), view, assertion, &missing));
    }
    let point = enforcement.blocking(context.policy, &flow)?;
    let point = context.policy.points.get(point.index())?;
    let message = match mode {
        None => format!("`{}` does not let all of {text} through", point.name),
        Some(mode) => format!(
            "in mode `{}`, `{}` does not let all of {text} through",
            mode.name, point.name
        ),
    };
    Some(error(message).with(point.span, "on a path between the two"))
}

fn unreachable(context: &Context<'_>, assertion: &Assertion, text: &str) -> Option<Diagnostic> {
    let policy = context.policy;
    let sides = [&assertion.source, &assertion.destination];
    let [from, to] = sides.map(|side| policy.zone_map.zones_of(&side.addresses));
    for (side, zones) in [(&assertion.source, &from), (&assertion.destination, &to)] {
        if zones.is_empty() {
            let message = format!("{text} cannot be: no zone owns any address of `{}`", side.text);
            return Some(
                Diagnostic::error(CHECK.name, assertion.span, message).help("give a zone these addresses"),
            );
        }
    }
    let (a, b) = unreachable_zones(policy, context.network, &from, &to)?;
    let (a, b) = (policy.zone(a)?, policy.zone(b)?);
    let message = format!(
        "no path leads from `{}` to `{}`, as {text} requires",
        a.name, b.name
    );
    Some(
        Diagnostic::error(CHECK.name, assertion.span, message)
            .with(a.span, "from here")
            .with(b.span, "to here")
            .help("give a firewall or router interfaces into both"),
    )
}

fn explain(mut finding: Diagnostic, view: &View<'_>, assertion: &Assertion, missing: &Missing) -> Diagnostic {
    if let Some(packet) = view.example_missing(missing) {
        finding = finding.note("example", packet.to_string());
    }
    match missing.deny.and_then(|id| Some((id, view.rule(id)?))) {
        Some((id, deny)) => finding.with(deny.span, "takes it away").help(format!(
            "narrow {}, or require less",
            refutation::rule_text(view, id)
        )),
        None => finding.help(format!(
            "permit it: `allow {} -> {} : {}`",
            assertion.source.text, assertion.destination.text, assertion.service.text
        )),
    }
}
