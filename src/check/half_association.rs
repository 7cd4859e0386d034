//! A protocol that calls back is allowed one way only.
//!
//! # Why it matters
//! DICOM opens a second association in the other direction: C-MOVE delivers images to the one who asked (PS3.4
//! C.4.2), storage commitment may answer later (PS3.4 J). With one direction closed the query works and the images
//! never arrive, which shows when somebody waits for them.
//!
//! # Example
//! ```text
//! allow reading -> pacs : dicom
//! ```
//!
//! # Fix
//! Allow the way back: `allow pacs -> reading : dicom`. Waive it where the peer never calls back.
//!
//! # Supports
//! Availability of care; IEC 80001-1.

use super::{Check, Context, Finding, OptionDefault, OptionSpec};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Rule;
use crate::packet::ServiceSet;

/// The check.
pub const CHECK: Check = Check {
    name: "half-association",
    severity: Severity::Warning,
    enabled: true,
    summary: "a protocol that calls back (DICOM) is allowed one way only",
    explain: include_str!("half_association.rs"),
    options: &[OptionSpec {
        name: "services",
        default: OptionDefault::List(&["dicom", "dicom-tls"]),
        meaning: "named services whose peers call back",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let names = context.settings.list(&CHECK, "services");
    let calls_back = |rule: &Rule| -> Vec<&str> {
        let named = rule
            .service
            .named
            .iter()
            .filter_map(|id| context.policy.services.get(id.index()));
        named
            .map(|service| service.name.as_str())
            .filter(|name| names.contains(name))
            .collect()
    };
    let back = context
        .policy
        .services
        .iter()
        .filter(|service| names.contains(&service.name.as_str()));
    let back = back.fold(ServiceSet::empty(), |all, service| all.union(&service.set));
    // Whoever calls back uses one of these services, so only rules with one of them can be the way back.
    let ways: Vec<&Rule> = context
        .allows()
        .filter(|rule| !rule.service.set.intersection(&back).is_empty())
        .collect();
    ways.iter()
        .filter_map(|rule| {
            let named = calls_back(rule);
            let service = named.first()?;
            let (source, destination) = (&rule.source.addresses, &rule.destination.addresses);
            let returns = |way: &&Rule| {
                let crossing = context.crossing(way, destination, source);
                crossing.and_then(|crossing| crossing.with(&back)).is_some()
            };
            if context.permitted.left(&rule.flow()).is_empty() || ways.iter().any(returns) {
                return None;
            }
            let (from, to) = (&rule.source.text, &rule.destination.text);
            let message = format!("`{service}` from `{from}` to `{to}` has no way to call back");
            let diagnostic = Diagnostic::warning(CHECK.name, rule.span, message).help(format!(
                "retrievals arrive on a connection of their own: `allow {to} -> {from} : {service}`"
            ));
            Some(Finding::of_rule(diagnostic, rule).about([*service]))
        })
        .collect()
}
