//! A `deny` cuts a part of an `allow`. Deny wins, so that part is not permitted, though the rule reads as if it were.
//!
//! # Why it matters
//! Mostly intended: a guard that no later rule may open. Where it is not, somebody waits for a connection that the
//! policy seems to permit. Off by default; turn it on when you clean up.
//!
//! # Fix
//! Take the part out of the `allow` (`a - b`), or narrow the `deny`.
//!
//! # Supports
//! NIST SP 800-41 section 5.2.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Rule;
use crate::packet::FlowSet;
use crate::syntax::tree::Action;

/// The check.
pub const CHECK: Check = Check {
    name: "partly-denied",
    severity: Severity::Warning,
    enabled: false,
    summary: "a `deny` cuts a part of an `allow`",
    explain: include_str!("partly_denied.rs"),
    options: &[],
    run,
};

/// Denies that are pointed at.
const SHOWN: usize = 5;

fn run(context: &Context<'_>) -> Vec<Finding> {
    let rules = context.policy.active_rules(context.today, None);
    let denies: Vec<&Rule> = rules.filter(|rule| rule.action == Action::Deny).collect();
    context
        .allows()
        .filter_map(|rule| cut(context, rule, &denies))
        .collect()
}

fn cut(context: &Context<'_>, rule: &Rule, denies: &[&Rule]) -> Option<Finding> {
    let flow = rule.flow();
    let parts: Vec<(&Rule, FlowSet)> = denies
        .iter()
        .filter(|deny| deny.flow().overlaps(&flow))
        .map(|deny| (*deny, common(&flow, &deny.flow())))
        .collect();
    // A rule that is denied as a whole is dead, and another check's.
    if parts.is_empty() || context.permitted.left(&flow).is_empty() {
        return None;
    }
    let by = match parts.len() {
        1 => "a deny".to_owned(),
        count => format!("{count} denies"),
    };
    let message = format!(
        "{by} cuts a part of `{}` -> `{}`",
        rule.source.text, rule.destination.text
    );
    let message = if parts.len() == 1 {
        message
    } else {
        message.replacen("cuts", "cut", 1)
    };
    let mut diagnostic = Diagnostic::warning(CHECK.name, rule.span, message);
    let mut examples = BTreeSet::new();
    for (deny, part) in parts.iter().take(SHOWN) {
        diagnostic = diagnostic.with(deny.span, "denied here");
        // Denies may take the same packet.
        if let Some(packet) = context.packet_of(std::slice::from_ref(part))
            && examples.insert(packet)
        {
            diagnostic = diagnostic.note("denied", packet.to_string());
        }
    }
    Some(Finding::of_rule(
        diagnostic.help("if the deny is meant, take the part out of the rule; if not, narrow the deny"),
        rule,
    ))
}

fn common(a: &FlowSet, b: &FlowSet) -> FlowSet {
    FlowSet {
        source: Arc::new(a.source.intersection(&b.source)),
        destination: Arc::new(a.destination.intersection(&b.destination)),
        service: Arc::new(a.service.intersection(&b.service)),
    }
}
