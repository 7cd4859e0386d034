//! Everything with a critical label sits in one zone, or behind one enforcement point.
//!
//! # Why it matters
//! When that firewall fails, or that segment is closed in an emergency, all of it is gone at once. Off by default: it
//! is a question of planning, not of rules.
//!
//! # Fix
//! Spread the devices over two zones behind different firewalls, or run the firewall as a pair.
//!
//! # Supports
//! NIST SP 800-53 CP-2, SC-36; IEC 80001-1.

use std::collections::BTreeSet;

use super::{Check, Context, Finding, Role};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{PointId, ZoneId};
use crate::network::Vertex;

/// The check.
pub const CHECK: Check = Check {
    name: "single-conduit",
    severity: Severity::Warning,
    enabled: false,
    summary: "everything critical sits in one zone or behind one enforcement point",
    explain: include_str!("single_conduit.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    context
        .settings
        .labels(Role::Critical)
        .filter_map(|label| of_label(context, label))
        .collect()
}

fn of_label(context: &Context<'_>, label: &str) -> Option<Finding> {
    let policy = context.policy;
    let devices = policy
        .devices
        .iter()
        .filter(|device| device.labels.contains(label));
    let mut zones: BTreeSet<ZoneId> = devices.map(|device| device.zone).collect();
    let labelled = policy
        .zones
        .iter()
        .enumerate()
        .filter(|(_, zone)| zone.labels.contains(label));
    zones.extend(labelled.map(|(index, _)| ZoneId::from_index(index)));
    let first = policy.zone(*zones.first()?)?;
    if zones.len() == 1 {
        let message = format!("everything `{label}` is in zone `{}`", first.name);
        let diagnostic = Diagnostic::warning(CHECK.name, first.span, message)
            .help("spread it over two zones behind different firewalls");
        return Some(Finding::new(diagnostic, [label, first.name.as_str()]));
    }
    let around: Vec<BTreeSet<PointId>> = zones.iter().map(|zone| points_at(context, *zone)).collect();
    let only = around.first()?.first()?;
    if around
        .iter()
        .any(|points| points.len() != 1 || points.first() != Some(only))
    {
        return None;
    }
    let point = policy.points.get(only.index())?;
    let message = format!("everything `{label}` is behind `{}` alone", point.name);
    let diagnostic = Diagnostic::warning(CHECK.name, point.span, message)
        .help("give one of the zones a second way, or run the firewall as a pair");
    Some(Finding::new(diagnostic, [label, point.name.as_str()]))
}

/// The enforcement points that a zone is attached to.
fn points_at(context: &Context<'_>, zone: ZoneId) -> BTreeSet<PointId> {
    let vertices = context
        .network
        .vertices_of
        .get(zone.index())
        .into_iter()
        .flatten();
    let next = vertices.flat_map(|vertex| context.network.neighbours(*vertex));
    next.filter_map(|vertex| match context.network.vertex(*vertex) {
        Some(Vertex::Point(id)) => Some(id),
        _ => None,
    })
    .collect()
}
