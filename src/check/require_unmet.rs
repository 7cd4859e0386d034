//! `require-unmet`: a flow that `require A -> B : S` promises does not get through.
//!
//! Exact, for every member of A with every member of B: permitted in normal times and in each mode, some path leads
//! there, and each managed device that a path crosses has it in its plan. Inside a zone that does not `isolate`
//! nothing has to permit it, unless a host firewall stands in the way.

use std::sync::Arc;

use super::{Check, Context, Finding, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Assertion, AssertionKind, Mode, ModeId};
use crate::packet::{Family, FlowSet};
use crate::reach::{Enforcement, Missing, View, concerned, missing, missing_in, unreachable_zones};

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
    let normal = refutation::view(context, None);
    let enforcement = Enforcement::new(&policy, context.network, context.today, None);
    let refuted = required
        .iter()
        .map(|assertion| refute(context, &normal, &enforcement, None, assertion));
    let refuted: Vec<Option<Diagnostic>> = refuted.collect();
    let mut findings = Vec::new();
    for (index, mode) in context.policy.modes.iter().enumerate() {
        let id = Some(ModeId::from_index(index));
        let view = refutation::view(context, id);
        let enforcement = Enforcement::new(&policy, context.network, context.today, id);
        for (assertion, refuted) in required.iter().zip(&refuted) {
            // What normal times do not let through is no fault of the mode, and must not keep it from being built.
            let cut = match refuted {
                None => refute(context, &view, &enforcement, Some(mode), assertion),
                Some(_) => taken(&normal, &view, mode, assertion),
            };
            let finding = cut.map(|diagnostic| refutation::finding(assertion, diagnostic));
            findings.extend(finding.map(|finding| finding.about([mode.name.as_str()])));
        }
    }
    let found = required.iter().zip(refuted);
    findings.extend(
        found.filter_map(|(assertion, diagnostic)| Some(refutation::finding(assertion, diagnostic?))),
    );
    findings
}

/// What a mode takes of a flow that normal times let through in part.
fn taken(normal: &View<'_>, view: &View<'_>, mode: &Mode, assertion: &Assertion) -> Option<Diagnostic> {
    let from = refutation::atoms(view, &assertion.source.addresses);
    let to = refutation::atoms(view, &assertion.destination.addresses);
    let missing = missing_in(normal, view, from, to, &assertion.service.set)?;
    let text = refutation::statement(assertion);
    Some(explain(cuts(mode, &text, assertion), view, assertion, &missing))
}

fn cuts(mode: &Mode, text: &str, assertion: &Assertion) -> Diagnostic {
    let message = format!("mode `{}` cuts {text}, which is required", mode.name);
    Diagnostic::error(CHECK.name, assertion.span, message)
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
    mode: Option<&Mode>,
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
    if let Some(missing) = missing(view, from, to, &assertion.service.set) {
        let finding = match mode {
            None => error(format!("{text} is required and not permitted")),
            Some(mode) => cuts(mode, &text, assertion),
        };
        return Some(explain(finding, view, assertion, &missing));
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
