//! A rule into or out of medical devices does not say who answers for it, which change brought it, or why.
//!
//! # Why it matters
//! In two years somebody asks whether it may go. Without an owner nobody can say, and it stays.
//!
//! # Fix
//! Give the rule, or its `policy` block, `owner`, `ticket` and `reason`.
//!
//! # Supports
//! NIST SP 800-53 CM-3, AC-1; PCI DSS 1.2.5, 1.2.7; IEC 62443-2-1.

use super::{Check, Context, Finding, OptionDefault, OptionSpec, Role};
use crate::diagnostic::{Diagnostic, Severity};

/// The check.
pub const CHECK: Check = Check {
    name: "undocumented-rule",
    severity: Severity::Warning,
    enabled: true,
    summary: "a rule about medical devices has no owner, ticket or reason",
    explain: include_str!("undocumented_rule.rs"),
    options: &[OptionSpec {
        name: "needs",
        default: OptionDefault::List(&["owner", "ticket", "reason"]),
        meaning: "what such a rule must say",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let needs = context.settings.list(&CHECK, "needs");
    let medical = context.role(Role::Medical);
    let rules = context.policy.active_rules(context.today, None);
    rules
        .filter_map(|rule| {
            let meta = &rule.meta;
            let said = [
                ("owner", &meta.owner),
                ("ticket", &meta.ticket),
                ("reason", &meta.reason),
            ];
            let missing: Vec<&str> = said
                .into_iter()
                .filter(|(word, value)| value.is_none() && needs.contains(word))
                .map(|(word, _)| word)
                .collect();
            let about = [&rule.source.addresses, &rule.destination.addresses];
            if missing.is_empty() || !about.into_iter().any(|set| set.overlaps(&medical)) {
                return None;
            }
            let message = format!("a rule about medical devices has no {}", listed(&missing));
            let diagnostic = Diagnostic::warning(CHECK.name, rule.span, message).help(match rule.block {
                Some(_) => "say it in the block, for all of its rules",
                None => "put the rule into a `policy` block that says it",
            });
            Some(Finding::of_rule(diagnostic, rule))
        })
        .collect()
}

/// `owner`, `owner or ticket`, `owner, ticket or reason`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
