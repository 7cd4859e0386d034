//! What refuted assertions say: the example, the rules behind it, the devices it concerns.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Finding};
use crate::diagnostic::Diagnostic;
use crate::model::{Assertion, AssertionKind, DeviceId, ModeId, Rule, RuleId, ZoneId};
use crate::packet::AddressSet;
use crate::reach::{Hosts, Passage, Step, View};
use crate::syntax::tree::{Action, Arrow};

/// Zones, and devices of each, that a list names before it breaks off.
const NAMED: usize = 3;

/// Runs `refute` on the assertions that `concerns` chooses. Hosts are only worked out where there are some.
pub(super) fn each(
    context: &Context<'_>,
    concerns: impl Fn(&AssertionKind) -> bool,
    refute: impl Fn(&View<'_>, &Assertion) -> Option<Diagnostic>,
) -> Vec<Finding> {
    let chosen: Vec<&Assertion> = context
        .policy
        .assertions
        .iter()
        .filter(|assertion| concerns(&assertion.kind))
        .collect();
    if chosen.is_empty() {
        return Vec::new();
    }
    let view = view(context, None);
    chosen
        .into_iter()
        .filter_map(|assertion| Some(finding(assertion, refute(&view, assertion)?)))
        .collect()
}

/// A finding about an assertion: a waiver may name either of its sides.
pub(super) fn finding(assertion: &Assertion, diagnostic: Diagnostic) -> Finding {
    let sides = [&assertion.source, &assertion.destination];
    Finding::new(diagnostic, sides.map(|side| &*side.text))
}

/// The steps that are possible in a mode.
pub(super) fn view<'c>(context: &'c Context<'_>, mode: Option<ModeId>) -> View<'c> {
    view_of(context, context.hosts(), mode)
}

/// The same, of hosts that are told apart by more than the policy.
pub(super) fn view_of<'c>(context: &'c Context<'_>, hosts: &'c Hosts, mode: Option<ModeId>) -> View<'c> {
    View::new(context.policy, context.network, hosts, context.today, mode)
}

/// The atoms of a side of an assertion.
pub(super) fn atoms<'a>(view: &View<'a>, set: &AddressSet) -> &'a [usize] {
    view.hosts.atoms_of(set).unwrap_or_default()
}

/// An assertion as it was written, without its first word.
pub(super) fn statement(assertion: &Assertion) -> String {
    let arrow = match assertion.kind {
        AssertionKind::Forbid(Arrow::Chain, _) | AssertionKind::Limit(_) => "~>",
        _ => "->",
    };
    flow_text(
        &assertion.source.text,
        arrow,
        &assertion.destination.text,
        &assertion.service.text,
    )
}

fn flow_text(source: &str, arrow: &str, destination: &str, service: &str) -> String {
    match service {
        "any" => format!("`{source} {arrow} {destination}`"),
        _ => format!("`{source} {arrow} {destination} : {service}`"),
    }
}

/// A rule as it was written, without its metadata.
pub(super) fn rule_text(view: &View<'_>, id: RuleId) -> String {
    view.rule(id).map_or_else(String::new, written)
}

/// The same of a rule at hand.
pub(super) fn written(rule: &Rule) -> String {
    let action = match rule.action {
        Action::Allow => "allow",
        Action::Deny => "deny",
    };
    flow_text(
        &format!("{action} {}", rule.source.text),
        "->",
        &rule.destination.text,
        &rule.service.text,
    )
}

/// Points at what lets a step through.
pub(super) fn with_passage(finding: Diagnostic, view: &View<'_>, step: &Step, said: &str) -> Diagnostic {
    let zone = |address| view.policy.zone_map.zone_of(address);
    match step.by {
        Passage::Rule(id) => match view.rule(id) {
            Some(rule) => finding.with(rule.span, format!("lets {said} through")),
            None => finding,
        },
        Passage::Neighbours | Passage::Unenforced => {
            let Some(zone) = zone(step.packet.source).and_then(|id| view.policy.zone(id)) else {
                return finding;
            };
            let why = match step.by {
                Passage::Neighbours => "neighbours here meet no filter".to_owned(),
                _ => "a way out of this zone meets no managed device".to_owned(),
            };
            finding.with(zone.span, format!("lets {said} through: {why}"))
        }
        Passage::HostFirewall(id) => match view.policy.points.get(id.index()) {
            Some(point) => finding.with(
                point.span,
                format!("lets {said} through: its `manage` and `run` take it from neighbours"),
            ),
            None => finding,
        },
    }
}

/// `jump-1 (jump) -> pacs-1 (imaging.pacs): tcp 10.50.8.4:49152 -> 10.30.4.10:22`
pub(super) fn step_text(view: &View<'_>, step: &Step) -> String {
    let side = |host, address| {
        let zone: Option<ZoneId> = view.policy.zone_map.zone_of(address);
        let zone = zone.map_or("", |zone| view.policy.zone_name(zone));
        format!("{} ({zone})", view.host_name(host))
    };
    format!(
        "{} -> {}: {}",
        side(step.from, step.packet.source),
        side(step.to, step.packet.destination),
        step.packet
    )
}

/// `12: 9 in clinical.pumps (pump-1, pump-2, pump-3, …), 3 in servers (…)`; none where there are no devices.
pub(super) fn devices_text(view: &View<'_>, devices: &BTreeSet<DeviceId>) -> Option<String> {
    let mut zones: BTreeMap<ZoneId, Vec<&str>> = BTreeMap::new();
    for device in devices
        .iter()
        .filter_map(|id| view.policy.devices.get(id.index()))
    {
        zones.entry(device.zone).or_default().push(&device.name);
    }
    let mut parts: Vec<String> = zones
        .iter()
        .take(NAMED)
        .map(|(zone, names)| {
            let mut listed: Vec<&str> = names.iter().take(NAMED).copied().collect();
            if names.len() > NAMED {
                listed.push("…");
            }
            format!(
                "{} in {} ({})",
                names.len(),
                view.policy.zone_name(*zone),
                listed.join(", ")
            )
        })
        .collect();
    if zones.len() > NAMED {
        parts.push("…".to_owned());
    }
    match zones.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(format!("{}: {}", devices.len(), parts.join(", "))),
    }
}

/// Rules as a list for a help text.
pub(super) fn rules_text(view: &View<'_>, rules: &[RuleId]) -> String {
    let mut texts: Vec<String> = rules.iter().take(8).map(|id| rule_text(view, *id)).collect();
    if rules.len() > texts.len() {
        texts.push(format!("and {} more", rules.len() - texts.len()));
    }
    texts.join(", ")
}

/// True where rules let the packets of all steps through as the steps say: an example is never shown on trust.
pub(super) fn replayed(view: &View<'_>, steps: &[Step], today: jiff::civil::Date) -> bool {
    steps.iter().all(|step| match step.by {
        Passage::Rule(id) => {
            let rules = || view.policy.active_rules(today, None);
            let denied =
                rules().any(|rule| rule.action == Action::Deny && rule.flow().contains(&step.packet));
            !denied
                && view
                    .rule(id)
                    .is_some_and(|rule| rule.flow().contains(&step.packet))
        }
        Passage::Neighbours | Passage::Unenforced | Passage::HostFirewall(_) => step.packet.is_possible(),
    })
}
