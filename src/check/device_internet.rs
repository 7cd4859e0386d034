//! A medical device may open connections to the internet, other than to a few named hosts on a few ports.
//!
//! # Why it matters
//! Malware on a device calls home, and patient data leaves, over whatever way out there is. Some monitors are known
//! to send to fixed addresses abroad (CISA ICSMA-25-030-01).
//!
//! # Example
//! ```text
//! allow clinical.pumps -> internet : https
//! ```
//!
//! # Fix
//! Name the supplier's addresses and the service in the rule: `allow pumps -> 203.0.113.20 : https`.
//!
//! # Supports
//! NIST SP 800-53 SC-7(5), SC-7(8); IEC 62443-3-3 SR 5.2.

use super::{Check, Context, Finding, OptionDefault, OptionSpec, Role, broad_rule};
use crate::diagnostic::Severity;
use crate::packet::AddressSet;

/// The check.
pub const CHECK: Check = Check {
    name: "device-internet",
    severity: Severity::Warning,
    enabled: true,
    summary: "a medical device reaches the internet beyond a few named hosts and ports",
    explain: include_str!("device_internet.rs"),
    options: &[
        OptionSpec {
            name: "hosts",
            default: OptionDefault::Number(16),
            meaning: "so many outside addresses of a family may be named in one rule",
        },
        OptionSpec {
            name: "ports",
            default: OptionDefault::Number(16),
            meaning: "so many ports in a row are still named ports",
        },
    ],
    run,
};

/// More addresses than that are the internet.
const COUNTED: u128 = 1 << 16;

fn run(context: &Context<'_>) -> Vec<Finding> {
    let external = context.policy.zones.iter().filter(|zone| zone.external);
    let outside = AddressSet::union_of(external.map(|zone| &*zone.addresses));
    let medical = context.role(Role::Medical);
    let hosts = u128::from(context.settings.number(&CHECK, "hosts"));
    let ports = context.settings.number(&CHECK, "ports");
    let rules = context.allows();
    rules
        .filter_map(|rule| {
            let crossing = context.crossing(rule, &medical, &outside)?;
            let to = crossing.destinations();
            let many = to.v4.count() > hosts || to.v6.count() > hosts;
            let wide = broad_rule::width(&crossing.services(), ports);
            let (what, help) = match (many, wide) {
                (true, _) => (
                    match to.v4.count().max(to.v6.count()) {
                        count if count <= COUNTED => format!("{count} outside addresses"),
                        _ => "the internet at large".to_owned(),
                    },
                    "name the few addresses that the devices need",
                ),
                (false, Some(wide)) => (
                    format!("outside hosts with {wide}"),
                    "name the services that the devices need",
                ),
                (false, None) => return None,
            };
            let message = format!("medical devices of `{}` may reach {what}", rule.source.text);
            let finding = crossing.finding(context, &CHECK, rule, message, &crossing.sources());
            Some(finding.help(help))
        })
        .collect()
}
