//! A rule is past its `expires` date. Builds leave it out, so what it allowed is already cut.
//!
//! # Why it matters
//! Either the access ended as planned and the rule is a leftover that somebody will renew by mistake, or a device
//! still needs it and will be found out in the middle of somebody's care.
//!
//! # Example
//! ```text
//! allow vendor.vpn -> jump-1 : rdp { expires 2025-03-31 }
//! ```
//!
//! # Fix
//! Remove the rule, or renew its date with a ticket that says why.
//!
//! # Supports
//! NIST SP 800-53 AC-2(2), AC-17; HIPAA 45 CFR 164.308(a)(4)(ii)(C).

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};

/// The check.
pub const CHECK: Check = Check {
    name: "expired-rule",
    severity: Severity::Error,
    enabled: true,
    summary: "a rule is past its `expires` date and is left out of every build",
    explain: include_str!("expired_rule.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let rules = context
        .policy
        .rules
        .iter()
        .filter(|rule| rule.expired(context.today));
    rules
        .filter_map(|rule| {
            let (date, span) = rule.meta.expires?;
            let message = format!(
                "`{}` -> `{}` expired on {date}",
                rule.source.text, rule.destination.text
            );
            let diagnostic = Diagnostic::error(CHECK.name, rule.span, message)
                .with(span, "expires")
                .help("remove the rule, or renew its date with a ticket that says why");
            Some(Finding::of_rule(diagnostic, rule))
        })
        .collect()
}
