//! From a zone of low trust a chain of permitted flows leads to a device that a patient is attached to, without
//! passing a jump host.
//!
//! Every host on the way may have been taken over: that is how break-ins go on. Exact over hosts, as `forbid A ~> B`
//! is; the shortest chain from each zone is shown.
//!
//! # Why it matters
//! No single rule looks wrong. A visitor reaches the video server, that reaches a ward application, that reaches the
//! pump gateway.
//!
//! # Fix
//! Cut the chain where the fewest rely on it; the finding names its rules. Let those who must get through use a jump
//! host (label `jump-host`).
//!
//! # Supports
//! FDA premarket cybersecurity guidance (attack paths); IEC 62443-3-2 ZCR 5; HSCC HICP technical volume 2, practice 9.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Check, Context, Finding, OptionDefault, OptionSpec, Role, forbid_path, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{DeviceId, Zone, ZoneId};
use crate::packet::{AddressSet, ServiceSet};
use crate::reach::{Hosts, Passage, Spread, View};

/// The check.
pub const CHECK: Check = Check {
    name: "untrusted-to-patient",
    severity: Severity::Error,
    enabled: true,
    summary: "a chain of flows leads from a zone of low trust to a device at a patient",
    explain: include_str!("untrusted_to_patient.rs"),
    options: &[OptionSpec {
        name: "below",
        default: OptionDefault::Number(30),
        meaning: "a zone of less trust is not trusted; the external zone has 0 unless it says otherwise",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let below = context.settings.number(&CHECK, "below");
    let patient = context.role(Role::PatientConnected);
    let untrusted: Vec<(ZoneId, &Zone)> = context
        .policy
        .zones
        .iter()
        .enumerate()
        .filter(|(_, zone)| context.trust(zone).is_some_and(|trust| trust < below))
        .filter(|(_, zone)| !zone.addresses.is_subset(&patient))
        .map(|(index, zone)| (ZoneId::from_index(index), zone))
        .collect();
    if untrusted.is_empty() || patient.is_empty() {
        return Vec::new();
    }
    let (jump, patient) = (Arc::new(context.role(Role::JumpHost)), Arc::new(patient));
    let hosts = Hosts::told_apart_by(context.policy, &[Arc::clone(&jump), Arc::clone(&patient)]);
    let view = refutation::view_of(context, &hosts, None);
    let (avoid, ends) = (classes_in(&hosts, &jump), classes_in(&hosts, &patient));
    untrusted
        .into_iter()
        .filter_map(|(id, zone)| from_zone(context, &view, id, zone, &avoid, &ends))
        .collect()
}

/// For each class of hosts, whether its members are in a set that tells hosts apart.
fn classes_in(hosts: &Hosts, set: &AddressSet) -> Vec<bool> {
    let inside: Vec<bool> = hosts
        .atoms
        .iter()
        .map(|atom| atom.addresses.is_subset(set))
        .collect();
    let is_inside = |atom: &usize| inside.get(*atom).copied().unwrap_or(false);
    let classes = hosts.classes.iter();
    classes.map(|class| class.atoms.iter().any(is_inside)).collect()
}

fn from_zone(
    context: &Context<'_>,
    view: &View<'_>,
    id: ZoneId,
    zone: &Zone,
    avoid: &[bool],
    ends: &[bool],
) -> Option<Finding> {
    let here = view
        .hosts
        .atoms
        .iter()
        .enumerate()
        .filter(|(_, atom)| atom.zone == id);
    let atoms: Vec<usize> = here.map(|(index, _)| index).collect();
    let avoided = |class: &usize| avoid.get(*class).copied().unwrap_or(false);
    let mut starts = view.hosts.classes_at(&atoms);
    let ended = |class: &usize| ends.get(*class).copied().unwrap_or(false);
    starts.retain(|class| !avoided(class) && !ended(class));
    let spread = Spread::new(view, &starts, avoid, &[]);
    let reached: Vec<usize> = (0..ends.len())
        .filter(|class| ended(class) && spread.reaches(*class))
        .collect();
    let chains = reached.iter().filter_map(|class| spread.chain_to(*class));
    let chain = chains.min_by_key(|chain| chain.steps.len())?;
    let steps = view.example_chain(&chain, &ServiceSet::full())?;
    let devices: BTreeSet<DeviceId> = reached
        .iter()
        .filter_map(|class| view.hosts.classes.get(*class))
        .flat_map(|class| class.devices.iter().copied())
        .filter(|id| {
            let device = context.policy.devices.get(id.index());
            device.is_some_and(|device| context.settings.plays(Role::PatientConnected, &device.labels))
        })
        .collect();
    let last = steps.last()?.packet.destination;
    let target = context.policy.zone_map.zone_of(last);
    let target = target.map_or("", |zone| context.policy.zone_name(zone));
    let count = match steps.len() {
        1 => "directly".to_owned(),
        count => format!("in {count} steps"),
    };
    let message = format!(
        "`{}` reaches devices at patients in `{target}` {count}",
        zone.name
    );
    let diagnostic = Diagnostic::error(CHECK.name, zone.span, message);
    let mut diagnostic = forbid_path::show(diagnostic, view, &steps);
    if let Some(text) = refutation::devices_text(view, &devices) {
        diagnostic = diagnostic.note("devices", text);
    }
    let by_rule = steps.iter().any(|step| matches!(step.by, Passage::Rule(_)));
    let help = match by_rule {
        true => "cut the chain at one of these rules, or lead it over a host with the label `jump-host`",
        false if target == zone.name => "give the devices at patients a zone of their own",
        false => "put a managed device between the two zones",
    };
    Some(Finding::new(diagnostic.help(help), [zone.name.as_str()]))
}
