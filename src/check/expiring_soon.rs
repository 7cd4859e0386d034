//! A rule ends within some days. After that day builds leave it out.
//!
//! # Why it matters
//! Better to renew or to end an access on purpose than to find out on a Monday morning that a gateway is cut.
//!
//! # Fix
//! Renew the date with a ticket, or tell those who use the rule that it ends.
//!
//! # Supports
//! NIST SP 800-53 AC-2(3), CM-3.

use super::{Check, Context, Finding, OptionDefault, OptionSpec};
use crate::diagnostic::{Diagnostic, Severity};

/// The check.
pub const CHECK: Check = Check {
    name: "expiring-soon",
    severity: Severity::Warning,
    enabled: true,
    summary: "a rule ends within some days",
    explain: include_str!("expiring_soon.rs"),
    options: &[OptionSpec {
        name: "days",
        default: OptionDefault::Number(30),
        meaning: "how many days ahead to look",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let days = i64::from(context.settings.number(&CHECK, "days"));
    let rules = context
        .policy
        .rules
        .iter()
        .filter(|rule| !rule.expired(context.today));
    rules
        .filter_map(|rule| {
            let (date, span) = rule.meta.expires?;
            let left = i64::from(context.today.until(date).ok()?.get_days());
            if left > days {
                return None;
            }
            let when = match left {
                0 => "today".to_owned(),
                1 => "tomorrow".to_owned(),
                left => format!("in {left} days"),
            };
            let message = format!(
                "`{}` -> `{}` ends {when}, on {date}",
                rule.source.text, rule.destination.text
            );
            let diagnostic = Diagnostic::warning(CHECK.name, rule.span, message)
                .with(span, "expires")
                .help("renew the date with a ticket, or tell those who use the rule");
            Some(Finding::of_rule(diagnostic, rule))
        })
        .collect()
}
