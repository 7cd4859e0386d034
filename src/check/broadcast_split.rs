//! A protocol that finds its peers by broadcast or link-local multicast is allowed between two zones.
//!
//! # Why it matters
//! Broadcasts end at the router. The rule looks right and nothing works: a monitor does not find its central
//! station, and somebody "fixes" it by joining the two VLANs.
//!
//! # Example
//! ```text
//! allow clinical.monitors -> servers.biomed : carescape-discovery
//! ```
//!
//! # Fix
//! Keep the peers in one zone, or use a gateway that the manufacturer supports between zones.
//!
//! # Supports
//! Availability of care; IEC 80001-1.

use super::option::SERVICES;
use super::{Check, Context, Finding, OptionDefault, OptionSpec};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Rule, ZoneId};

/// The check.
pub const CHECK: Check = Check {
    name: "broadcast-split",
    severity: Severity::Warning,
    enabled: true,
    summary: "a protocol that needs one broadcast domain has its peers in two zones",
    explain: include_str!("broadcast_split.rs"),
    options: &[OptionSpec {
        name: SERVICES,
        default: OptionDefault::List(&[
            "sdc-discovery",
            "intellivue-connect",
            "carescape-time",
            "carescape-discovery",
            "tandem-discovery",
            "ssdp",
        ]),
        meaning: "named services that stay on their segment",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let names = context.settings.list(&CHECK, SERVICES);
    context
        .allows()
        .filter_map(|rule| split(context, rule, &names))
        .collect()
}

fn split(context: &Context<'_>, rule: &Rule, names: &[&str]) -> Option<Finding> {
    let service = *context
        .services_of(rule, |service| names.contains(&service.name.as_str()))
        .first()?;
    let open = context.permitted.left(&rule.flow());
    let (a, b) = open
        .iter()
        .filter(|flow| !flow.service.intersection(&service.set).is_empty())
        .find_map(|flow| {
            let zones = |set| context.policy.zone_map.zones_of(set);
            apart(&zones(&flow.source), &zones(&flow.destination))
        })?;
    let (a, b) = (context.policy.zone_name(a), context.policy.zone_name(b));
    let message = format!(
        "`{}` does not cross from `{a}` to `{b}`: it stays on its segment",
        service.name
    );
    let diagnostic = Diagnostic::warning(CHECK.name, rule.span, message)
        .help("keep the peers in one zone, or put the manufacturer's gateway between the two");
    Some(Finding::of_rule(diagnostic, rule).about([service.name.as_str(), a, b]))
}

/// Some pair of different zones.
fn apart(from: &[ZoneId], to: &[ZoneId]) -> Option<(ZoneId, ZoneId)> {
    from.iter()
        .find_map(|a| Some((*a, *to.iter().find(|b| *b != a)?)))
}
