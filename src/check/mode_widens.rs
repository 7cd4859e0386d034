//! `mode-widens`: a mode permits what normal times do not, or cuts the management of a device.
//!
//! A mode adds denies and so cannot widen anything; that is looked at all the same. Management is let in by the
//! device itself whatever the rules say, but on its way it crosses others: what normal times permit from `manage from`
//! to the addresses of the device, a mode may not take away. That a mode leaves every `require` standing is for
//! `require-unmet`.

use super::management::near_zones;
use super::{Check, Context, Finding, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Manage, Mode, ModeId, Point, ZoneId};
use crate::reach::{View, missing_in, open_zones};
use crate::syntax::tree::Action;

/// The check.
pub const CHECK: Check = Check {
    name: "mode-widens",
    severity: Severity::Error,
    enabled: true,
    summary: "a mode permits what normal times do not, or cuts the management of a device",
    explain: include_str!("mode_widens.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let policy = context.policy;
    if policy.modes.is_empty() {
        return Vec::new();
    }
    let normal = refutation::view(context, None);
    let open = open_zones(policy, context.network);
    let mut findings = Vec::new();
    for (index, mode) in policy.modes.iter().enumerate() {
        let view = refutation::view(context, Some(ModeId::from_index(index)));
        let found =
            |diagnostic, more: Option<&str>| Finding::new(diagnostic, [mode.name.as_str()]).about(more);
        findings.extend(widening(&view, mode).map(|diagnostic| found(diagnostic, None)));
        for point in policy.points.iter().filter(|point| point.platform.is_some()) {
            let cut = point
                .manage
                .iter()
                .find_map(|manage| cut((&normal, &view), &open, mode, point, manage));
            findings.extend(cut.map(|diagnostic| found(diagnostic, Some(point.name.as_str()))));
        }
    }
    findings
}

fn widening<'a>(view: &'a View<'_>, mode: &'a Mode) -> impl Iterator<Item = Diagnostic> + use<'a> {
    let rules = mode.rules.iter().filter_map(|id| view.rule(*id));
    rules.filter(|rule| rule.action == Action::Allow).map(|rule| {
        let message = format!("mode `{}` permits what normal times do not", mode.name);
        Diagnostic::error(CHECK.name, rule.span, message).help("a mode may only `deny`")
    })
}

/// What a mode takes from the management of a device.
fn cut(
    (normal, view): (&View<'_>, &View<'_>),
    open: &[Vec<ZoneId>],
    mode: &Mode,
    point: &Point,
    manage: &Manage,
) -> Option<Diagnostic> {
    let own = view.policy.own_addresses(point);
    let near = near_zones(view.policy, open, point);
    let far: Vec<usize> = refutation::atoms(view, &manage.from.addresses)
        .iter()
        .copied()
        .filter(|atom| {
            let zone = view.hosts.atoms.get(*atom).map(|atom| atom.zone);
            zone.is_some_and(|zone| !near.contains(&zone))
        })
        .collect();
    let missing = missing_in(
        normal,
        view,
        &far,
        refutation::atoms(view, &own),
        &manage.service.set,
    )?;
    let message = format!("mode `{}` cuts the management of `{}`", mode.name, point.name);
    let mut finding = Diagnostic::error(CHECK.name, mode.span, message).with(manage.span, "promised here");
    if let Some(packet) = view.example_missing(&missing) {
        finding = finding.note("example", packet.to_string());
    }
    if let Some((id, deny)) = missing.deny.and_then(|id| Some((id, view.rule(id)?))) {
        finding = finding.with(deny.span, "takes it away").help(format!(
            "narrow {}: the way to `{}` leads over other devices, which the mode closes",
            refutation::rule_text(view, id),
            point.name
        ));
    }
    Some(finding)
}
