//! A device whose operating system gets no more fixes is open to others than its application servers and jump
//! hosts: by a rule, or as a neighbour in its zone.
//!
//! # Why it matters
//! It cannot be patched and often not be replaced either. What is left is to let nobody near it but the servers
//! that it needs.
//!
//! # Example
//! A CT console with `os: windows 7` that office computers may reach.
//!
//! # Fix
//! Narrow the rules into the device to its servers (label `server`) and jump hosts (`jump-host`), and move it to a zone of its own.
//!
//! # Supports
//! NIST SP 800-53 SA-22; NIST CSF 2.0 PR.IR-01; HSCC HIC-MaLTS.

use std::collections::BTreeMap;

use super::{Check, Context, Finding, OptionDefault, OptionSpec, Role};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{DeviceId, Field, Rule, ZoneId};
use crate::packet::AddressSet;

/// The check.
pub const CHECK: Check = Check {
    name: "legacy-exposed",
    severity: Severity::Warning,
    enabled: true,
    summary: "a device without security updates is open to more than its application servers",
    explain: include_str!("legacy_exposed.rs"),
    options: &[OptionSpec {
        name: "os",
        default: OptionDefault::List(&[
            "windows 95",
            "windows 98",
            "windows nt",
            "windows 2000",
            "windows xp",
            "windows vista",
            "windows 7",
            "windows 8",
            "windows embedded standard 7",
            "windows ce",
            "windows server 2003",
            "windows server 2008",
            "windows server 2012",
            "centos 6",
            "centos 7",
            "ubuntu 14.04",
            "ubuntu 16.04",
            "vxworks 5",
            "vxworks 6",
        ]),
        meaning: "what the operating system of such a device begins with, in any case of letters",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let patterns: Vec<String> = context
        .settings
        .list(&CHECK, "os")
        .iter()
        .map(|os| os.to_lowercase())
        .collect();
    let mut by_zone: BTreeMap<ZoneId, Vec<DeviceId>> = BTreeMap::new();
    for (index, device) in context.policy.devices.iter().enumerate() {
        let os = device.facts.get(Field::Os).map(|os| os.to_lowercase());
        if os.is_some_and(|os| patterns.iter().any(|pattern| begins_with(&os, pattern))) {
            by_zone
                .entry(device.zone)
                .or_default()
                .push(DeviceId::from_index(index));
        }
    }
    let servers = context.any_role(&[Role::Server, Role::JumpHost]);
    by_zone
        .iter()
        .filter_map(|(zone, devices)| exposed(context, *zone, devices, &servers))
        .collect()
}

/// `windows 7` begins `windows 7 embedded` and not `windows 70`.
fn begins_with(os: &str, pattern: &str) -> bool {
    let rest = os.strip_prefix(pattern).filter(|_| !pattern.is_empty());
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The legacy devices of a zone that strangers reach: by a rule, or as neighbours.
fn exposed(
    context: &Context<'_>,
    zone: ZoneId,
    legacy: &[DeviceId],
    servers: &AddressSet,
) -> Option<Finding> {
    let zone = context.policy.zone(zone)?;
    let devices = legacy
        .iter()
        .filter_map(|id| context.policy.devices.get(id.index()));
    let old = AddressSet::union_of(devices.map(|device| &*device.set));
    let strangers = AddressSet::full().difference(servers).difference(&old);
    let mut open: Vec<(&Rule, super::crossing::Crossing)> = context
        .allows()
        .filter_map(|rule| Some((rule, context.crossing(rule, &strangers, &old)?)))
        .collect();
    // A packet between two neighbours is seen where one of them has a host firewall.
    let guarded = context.guarded();
    let bare: Vec<DeviceId> = legacy
        .iter()
        .copied()
        .filter(|id| !guarded.contains(id))
        .collect();
    let neighbours: Vec<DeviceId> = match (zone.isolate, bare.as_slice()) {
        (Some(_), _) | (_, []) => Vec::new(),
        (None, _) => {
            let near = context.devices_in(&zone.addresses.intersection(&strangers));
            near.into_iter().filter(|id| !guarded.contains(id)).collect()
        }
    };
    if open.is_empty() && neighbours.is_empty() {
        return None;
    }
    let reached = AddressSet::union_of(
        open.iter()
            .map(|(_, crossing)| crossing.destinations())
            .collect::<Vec<_>>()
            .iter(),
    );
    let mut reached = context.devices_in(&reached);
    if !neighbours.is_empty() {
        reached.extend(bare);
        reached.sort_unstable();
        reached.dedup();
    }
    let names = reached
        .iter()
        .filter_map(|id| context.policy.devices.get(id.index()));
    let names: Vec<&str> = names.map(|device| device.name.as_str()).collect();
    let message = match names.as_slice() {
        [name] => format!(
            "`{name}` in `{}` gets no security updates and is open to more than servers",
            zone.name
        ),
        names => format!(
            "{} devices in `{}` get no security updates and are open to more than servers",
            names.len(),
            zone.name
        ),
    };
    let mut diagnostic = Diagnostic::warning(CHECK.name, zone.span, message);
    open.sort_by_key(|(rule, _)| rule.span);
    if let Some(packet) = open
        .first()
        .and_then(|(_, crossing)| context.example(&crossing.products))
    {
        diagnostic = diagnostic.note("example", packet.to_string());
    }
    for (rule, _) in open.iter().take(3) {
        diagnostic = diagnostic.with(rule.span, "opens it");
    }
    if let Some(list) = context.device_list(&reached) {
        diagnostic = diagnostic.note("devices", list);
    }
    if let Some(list) = context.device_list(&neighbours) {
        diagnostic = diagnostic.note("neighbours", list);
    }
    let help = match (open.is_empty(), neighbours.is_empty()) {
        (true, _) => "move them to a zone of their own, or `isolate` this one",
        (false, true) => {
            "narrow these rules to the servers and jump hosts that the devices need (labels `server`, `jump-host`)"
        }
        (false, false) => {
            "narrow these rules to the servers and jump hosts that the devices need, and give them a zone of their own"
        }
    };
    let only = names.first().filter(|_| names.len() == 1).copied();
    Some(Finding::new(diagnostic.help(help), [zone.name.as_str()]).about(only))
}
