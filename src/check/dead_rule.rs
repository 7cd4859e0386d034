//! A rule that no packet needs: other rules together already do what it does. An `allow` is dead when other allows
//! permit, or denies take, all of its packets; a `deny` when other denies take all of them. Decided exactly, against
//! unions of rules, which are named.
//!
//! Rules that end sooner do not count, nor do those with a `rate`: what covers a rule must hold as long and let as
//! much through. Of rules that cover each other all but one are dead.
//!
//! # Why it matters
//! Dead rules hide what a policy really permits. A reviewer who narrows one believes to have closed something.
//!
//! # Example
//! ```text
//! allow wards -> 10.40.0.0/24 : https
//! allow wards -> pacs-1 : https          # pacs-1 is 10.40.0.9
//! ```
//!
//! # Fix
//! Remove it; `septum check --fix` does. What is permitted stays the same.
//!
//! # Supports
//! PCI DSS 1.2.7; NIST SP 800-41 section 5.2.

use rayon::prelude::*;

use super::{Check, Context, Finding, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Rule;
use crate::packet::{Budget, Coverage, PacketRule, RuleIndex};
use crate::syntax::tree::Action;

/// The check.
pub const CHECK: Check = Check {
    name: "dead-rule",
    severity: Severity::Warning,
    enabled: true,
    summary: "a rule that no packet needs: other rules together cover it",
    explain: include_str!("dead_rule.rs"),
    options: &[],
    run,
};

/// Covering rules that are pointed at.
const SHOWN: usize = 5;

fn run(context: &Context<'_>) -> Vec<Finding> {
    let rules: Vec<&Rule> = context
        .policy
        .rules
        .iter()
        .filter(|rule| !rule.expired(context.today))
        .collect();
    let packets: Vec<PacketRule> = rules
        .iter()
        .map(|rule| PacketRule {
            permit: rule.action == Action::Allow,
            flow: rule.flow(),
        })
        .collect();
    let Ok(index) = RuleIndex::new(&packets, Budget::default()) else {
        context.give_up();
        return Vec::new();
    };
    let counts = |dead: usize, other: usize| match (rules.get(dead), rules.get(other)) {
        (Some(rule), Some(other)) => may_cover(rule, other),
        _ => false,
    };
    let covered = |rule: usize, gone: &[bool]| {
        let by = |other: usize| !gone.get(other).copied().unwrap_or(false) && counts(rule, other);
        match index.uncovered(rule, by) {
            Ok(Coverage::Covered(by)) => Some(by),
            Ok(Coverage::Witness(_)) => None,
            Err(_) => {
                context.give_up();
                None
            }
        }
    };
    let mut gone = vec![false; rules.len()];
    let candidates: Vec<usize> = (0..rules.len())
        .into_par_iter()
        .filter(|rule| covered(*rule, &gone).is_some_and(|by| !by.is_empty()))
        .collect();
    // Rules may cover each other: the last goes first, and what it was needed for stays.
    let mut dead = Vec::new();
    for rule in candidates.into_iter().rev() {
        if covered(rule, &gone).is_some()
            && let Some(slot) = gone.get_mut(rule)
        {
            *slot = true;
            dead.push(rule);
        }
    }
    // Every rule is shown with rules that stay.
    dead.into_iter()
        .filter_map(|dead| {
            let by = covered(dead, &gone)?;
            let by: Vec<&Rule> = by
                .into_iter()
                .filter_map(|other| rules.get(other).copied())
                .collect();
            Some(finding(context, rules.get(dead)?, &by))
        })
        .collect()
}

/// True where what `other` does counts for `rule`: denies for all, unlimited allows for allows; in its mode; as long
/// as it.
fn may_cover(rule: &Rule, other: &Rule) -> bool {
    let lasts = match (&rule.meta.expires, &other.meta.expires) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((rule, _)), Some((other, _))) => other >= rule,
    };
    lasts
        && (other.action == Action::Deny || (rule.action == Action::Allow && other.meta.rate.is_none()))
        && (other.mode.is_none() || other.mode == rule.mode)
}

fn finding(context: &Context<'_>, rule: &Rule, by: &[&Rule]) -> Finding {
    let denied = by.iter().all(|other| other.action == Action::Deny);
    let (from, to) = (&rule.source.text, &rule.destination.text);
    let message = match (rule.action, denied) {
        (Action::Allow, true) => format!("`{from}` -> `{to}` permits nothing: all of it is denied"),
        (Action::Allow, false) => format!("`{from}` -> `{to}` adds nothing to what other rules permit"),
        (Action::Deny, _) => format!("`{from}` -> `{to}` denies nothing that other rules do not deny"),
    };
    let mut diagnostic = Diagnostic::warning(CHECK.name, rule.span, message);
    for other in by.iter().take(SHOWN) {
        let said = match (by.len(), rule.action == other.action) {
            (1, true) => "covers all of it",
            (1, false) => "denies all of it",
            (_, true) => "covers a part",
            (_, false) => "denies a part",
        };
        diagnostic = diagnostic.with(other.span, said);
    }
    // The others are named: no place is shown for them.
    if by.len() > SHOWN {
        let rest = by.iter().skip(SHOWN);
        let names: Vec<String> = rest
            .take(2 * SHOWN)
            .map(|other| refutation::written(other))
            .collect();
        let more = if by.len() > SHOWN + names.len() {
            ", …"
        } else {
            ""
        };
        diagnostic = diagnostic.note(
            "covered",
            format!("by {} rules, also {}{more}", by.len(), names.join(", ")),
        );
    }
    if let Some(packet) = context.packet_of(&[rule.flow()]) {
        diagnostic = diagnostic.note("example", packet.to_string());
    }
    let told_apart = rule.meta.log || rule.meta.rate.is_some();
    diagnostic = match told_apart {
        true => diagnostic.help("remove it, or narrow what covers it if its log or rate is wanted"),
        false => diagnostic
            .help("remove it: what is permitted stays the same")
            .edit(rule.span, ""),
    };
    Finding::of_rule(diagnostic, rule)
}
