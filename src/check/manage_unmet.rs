//! Somebody who is to `manage` a device cannot reach it.
//!
//! # Why it matters
//! `manage` promises that the device stays in reach whatever the rules say. Where no interface leads to the managers,
//! or a device on the way drops their packets, the promise is empty: the configuration locks its own administrators
//! out.
//!
//! # Example
//! ```text
//! firewall edge { target nftables; manage from it : ssh; interface eth0 = wards; interface eth1 = servers }
//! ```
//! where no interface of `edge`, and no other device, leads to `it`.
//!
//! # Fix
//! Give the network an interface towards the managers, or name those who are there. Where other devices stand on the
//! way, allow it there: `allow it -> transit : ssh`, where `transit` holds an address of the device.
//!
//! # Supports
//! NIST SP 800-53 CP-2, AC-17; IEC 62443-3-3 SR 7.4.

use std::cell::OnceCell;

use super::management::{near_zones, zones_behind};
use super::{Check, Context, Finding, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Interface, Manage, Point, PointId, RuleId, ZoneId};
use crate::packet::Family;
use crate::reach::{View, missing, open_zones};

/// The check.
pub const CHECK: Check = Check {
    name: "manage-unmet",
    severity: Severity::Error,
    enabled: true,
    summary: "a device cannot be reached by those who are to `manage` it",
    explain: include_str!("manage_unmet.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let policy = context.policy;
    let open = open_zones(policy, context.network);
    // Most devices are managed from beside them: only others are looked at closely.
    let view = OnceCell::new();
    let mut findings = Vec::new();
    for (index, point) in policy.points.iter().enumerate() {
        if point.platform.is_none() {
            continue;
        }
        let near = near_zones(policy, &open, point);
        let behind = OnceCell::new();
        for manage in &point.manage {
            let zones = context.zones_of(&manage.from);
            let far: Vec<ZoneId> = zones
                .iter()
                .copied()
                .filter(|zone| !near.contains(zone))
                .collect();
            if far.is_empty() && !zones.is_empty() {
                continue;
            }
            let behind =
                behind.get_or_init(|| zones_behind(policy, context.network, PointId::from_index(index)));
            let view = view.get_or_init(|| refutation::view(context, None));
            let found = nowhere(context, point, manage, behind).or_else(|| {
                closed(
                    view,
                    point,
                    manage,
                    far.iter().filter(|zone| behind.contains(zone)),
                )
            });
            let subjects = [point.name.as_str(), &*manage.from.text];
            findings.extend(found.map(|diagnostic| Finding::new(diagnostic, subjects)));
        }
    }
    findings
}

/// Managers to whom no interface of the device leads. A set that names more than who manages, as `any` does, may hold
/// zones that are elsewhere.
fn nowhere(context: &Context<'_>, point: &Point, manage: &Manage, behind: &[ZoneId]) -> Option<Diagnostic> {
    let zones = context.zones_of(&manage.from);
    let away: Vec<ZoneId> = zones
        .iter()
        .copied()
        .filter(|zone| behind.binary_search(zone).is_err())
        .collect();
    let all = away.len() == zones.len();
    let everybody = zones.len() == context.policy.zones.len();
    if (away.is_empty() || everybody) && !all {
        return None;
    }
    let whom = match away.first() {
        None => format!("`{}`, where no zone is", manage.from.text),
        Some(zone) => format!("`{}`", context.policy.zone_name(*zone)),
    };
    let message = format!("`{}` cannot be managed from {whom}", point.name);
    let said = match away.first() {
        None => "no zone holds an address of it".to_owned(),
        Some(_) => format!("no interface of `{}` leads there", point.name),
    };
    Some(
        Diagnostic::error(CHECK.name, manage.from.span, message)
            .with(point.span, said)
            .help("give the network an interface that leads there, or name who manages from where one does"),
    )
}

/// Managers whose way leads over other devices, which let them reach no address of this one.
fn closed<'z>(
    view: &View<'_>,
    point: &Point,
    manage: &Manage,
    mut far: impl Iterator<Item = &'z ZoneId>,
) -> Option<Diagnostic> {
    let own = view.policy.own_addresses(point);
    let managers = refutation::atoms(view, &manage.from.addresses);
    let receivers = refutation::atoms(view, &own);
    let zone_of = |atom: &usize| view.hosts.atoms.get(*atom).map(|atom| atom.zone);
    let (zone, lacking) = far.find_map(|zone| {
        let from = managers.iter().copied();
        let from: Vec<usize> = from.filter(|atom| zone_of(atom) == Some(*zone)).collect();
        Some((*zone, unanswered(view, &from, receivers, manage)?))
    })?;
    let message = format!(
        "`{}` cannot be managed from `{}`: devices on the way do not let it through",
        point.name,
        view.policy.zone_name(zone)
    );
    let mut finding =
        Diagnostic::error(CHECK.name, manage.span, message).with(point.span, "promised for this");
    if let Some((id, deny)) = lacking.and_then(|id| Some((id, view.rule(id)?))) {
        finding = finding.with(
            deny.span,
            format!("{} takes it away", refutation::rule_text(view, id)),
        );
    }
    let whom = match view.policy.zone_map.zones_of(&manage.from.addresses).len() {
        0 | 1 => format!("`{}`", manage.from.text),
        _ => format!(
            "those of `{}` in `{}`",
            manage.from.text,
            view.policy.zone_name(zone)
        ),
    };
    // The way leads in by a zone that other devices are attached to.
    let shared = |zone: ZoneId| view.policy.points_in(zone).nth(1).is_some();
    let mut interfaces: Vec<&Interface> = point.interfaces().iter().collect();
    interfaces.sort_by_key(|interface| !shared(interface.zone));
    let mut addresses = interfaces.iter().flat_map(|interface| &interface.addresses);
    let such = addresses
        .next()
        .map_or_else(String::new, |(address, _)| format!(", such as `{address}`,"));
    Some(finding.help(format!(
        "allow {whom} to reach an address of `{}`{such} with `{}`",
        point.name, manage.service.text
    )))
}

/// Where no address of the device can be reached with all that manages it, in any family: a deny behind that, if one is.
fn unanswered(
    view: &View<'_>,
    from: &[usize],
    receivers: &[usize],
    manage: &Manage,
) -> Option<Option<RuleId>> {
    let of = |atoms: &[usize], family: Family| -> Vec<usize> {
        let atoms = atoms.iter().copied();
        atoms
            .filter(|atom| {
                view.hosts
                    .atoms
                    .get(*atom)
                    .is_some_and(|atom| atom.family == family)
            })
            .collect()
    };
    let mut lacking = None;
    for family in Family::BOTH {
        let (from, receivers) = (of(from, family), of(receivers, family));
        if from.is_empty() || manage.service.set.is_empty_in(family) {
            continue;
        }
        for receiver in receivers {
            match missing(view, &from, &[receiver], &manage.service.set) {
                None => return None,
                Some(missing) => lacking = Some(missing.deny.or(lacking.flatten())),
            }
        }
    }
    lacking
}
