//! Users, guests or administrators may open ports into medical devices by which malware moves from host to host:
//! file sharing, remote desktops, remote shells.
//!
//! # Why it matters
//! WannaCry reached scanners over SMB, and ransomware crews go on by RDP and WinRM. A scanner keeps its operating
//! system for ten years or more; the ports are the only part of it that a hospital can close.
//!
//! # Example
//! ```text
//! allow office -> imaging.modalities : smb
//! ```
//!
//! # Fix
//! Take the service out of the rule, or let it in from a jump host alone (label `jump-host`).
//!
//! # Supports
//! IEC 62443-3-3 SR 5.2; NIST SP 800-53 AC-17, SC-7(5); MITRE ATT&CK M1030 against T1021.

use super::option::SERVICES;
use super::{Check, Context, Finding, OptionDefault, OptionSpec, Role};
use crate::diagnostic::Severity;
use crate::packet::ServiceSet;

/// The check.
pub const CHECK: Check = Check {
    name: "lateral-port",
    severity: Severity::Error,
    enabled: true,
    summary: "file sharing, remote desktops or shells from users, guests or IT into medical devices",
    explain: include_str!("lateral_port.rs"),
    options: &[OptionSpec {
        name: SERVICES,
        default: OptionDefault::List(&[
            "smb",
            "netbios",
            "rpc",
            "rdp",
            "winrm-http",
            "winrm-https",
            "vnc",
            "ssh",
            "telnet",
        ]),
        meaning: "named services that carry malware from host to host",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let names = context.settings.list(&CHECK, SERVICES);
    let services: Vec<(&str, &ServiceSet)> = context
        .policy
        .services
        .iter()
        .filter(|service| names.contains(&service.name.as_str()))
        .map(|service| (service.name.as_str(), &*service.set))
        .collect();
    let lateral = services
        .iter()
        .fold(ServiceSet::empty(), |all, (_, set)| all.union(set));
    let medical = context.role(Role::Medical);
    let from = context
        .any_role(&[Role::User, Role::Guest, Role::It])
        .difference(&context.role(Role::JumpHost))
        .difference(&medical);
    let rules = context.allows();
    rules
        .filter_map(|rule| {
            let crossing = context.crossing(rule, &from, &medical)?.with(&lateral)?;
            let open = crossing.services();
            let named: Vec<&str> = services
                .iter()
                .filter(|(_, set)| !set.intersection(&open).is_empty())
                .map(|(name, _)| *name)
                .collect();
            let message = format!(
                "`{}` -> `{}` opens {} into medical devices",
                rule.source.text,
                rule.destination.text,
                named.join(", ")
            );
            let finding = crossing.finding(context, &CHECK, rule, message, &crossing.destinations());
            Some(finding.help("take these services out of the rule, or let them in from a jump host alone"))
        })
        .collect()
}
