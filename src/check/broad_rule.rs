//! A rule into medical devices is wider than anybody can judge: from any source, with any service, or with a long
//! range of ports.
//!
//! # Why it matters
//! Nobody can say what such a rule is for, so nobody dares to remove it. It outlives the device it was made for and
//! lets in what came later.
//!
//! # Example
//! ```text
//! allow servers -> clinical.pumps
//! ```
//!
//! # Fix
//! Say which hosts need which services. `septum audit` tells what was really used.
//!
//! # Supports
//! NIST SP 800-53 AC-6, SC-7(5); PCI DSS 1.2.5.

use super::{Check, Context, Finding, OptionDefault, OptionSpec, Role};
use crate::diagnostic::Severity;
use crate::packet::{AddressSet, Family, ServiceSet};

/// The check.
pub const CHECK: Check = Check {
    name: "broad-rule",
    severity: Severity::Warning,
    enabled: true,
    summary: "any source, any service or a long range of ports into medical devices",
    explain: include_str!("broad_rule.rs"),
    options: &[OptionSpec {
        name: "ports",
        default: OptionDefault::Number(16),
        meaning: "a longer range of ports in a row is broad",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let medical = context.role(Role::Medical);
    let ports = context.settings.number(&CHECK, "ports");
    let everybody = AddressSet::full();
    let rules = context.allows();
    rules
        .filter_map(|rule| {
            let crossing = context.crossing(rule, &everybody, &medical)?;
            let open = crossing.destinations();
            let wide = match rule.service.set.is_full() {
                true => Some("any service".to_owned()),
                false => width(&crossing.services(), ports),
            };
            let who = match from_anywhere(&rule.source.addresses, &open) {
                true => "anybody".to_owned(),
                false => format!("`{}`", rule.source.text),
            };
            let message = match wide {
                Some(wide) => format!("{who} may reach medical devices with {wide}"),
                None if who == "anybody" => "anybody may reach medical devices".to_owned(),
                None => return None,
            };
            let finding = crossing.finding(context, &CHECK, rule, message, &open);
            Some(finding.help("name the hosts and the services that need it"))
        })
        .collect()
}

/// True where a rule holds every source of a family in which it is open.
fn from_anywhere(sources: &AddressSet, open: &AddressSet) -> bool {
    Family::BOTH
        .into_iter()
        .any(|family| !open.is_empty_in(family) && sources.only(family) == AddressSet::full().only(family))
}

/// What makes a service broad, if it is: `any service`, or its longest range of more than `limit` ports.
pub(super) fn width(service: &ServiceSet, limit: u32) -> Option<String> {
    if service.is_full() {
        return Some("any service".to_owned());
    }
    let regions = [
        ("tcp", &service.tcp),
        ("udp", &service.udp),
        ("sctp", &service.sctp),
    ];
    let ranges = regions.into_iter().rev().flat_map(|(name, region)| {
        let rows = region.rows().iter();
        rows.flat_map(move |(_, ports)| {
            ports
                .ranges()
                .iter()
                .map(move |(first, last)| (last - first, name, *first, *last))
        })
    });
    // Of ranges of one length the first is named: tcp before the others.
    let (length, name, first, last) = ranges.max_by_key(|(length, ..)| *length)?;
    match (first, last) {
        _ if u32::from(length) < limit => None,
        (0, u16::MAX) => Some(format!("every {name} port")),
        _ => Some(format!("{name} {first}-{last}")),
    }
}
