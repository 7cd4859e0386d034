//! Waivers: findings that somebody answers for, until a day.
//!
//! A waiver silences the findings of one check that are about the name it gives, and nothing else. It holds through
//! its last day.

use super::{Check, Context, Finding, find};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Waiver;

/// A waiver that is past its day.
pub const EXPIRED: Check = Check {
    name: "expired-waiver",
    severity: Severity::Warning,
    enabled: true,
    summary: "a waiver is past its date and silences nothing",
    explain: "A waiver is past its date. What it silenced is a finding again.

# Why it matters
Somebody accepted a risk until that day, and the day is over.

# Fix
Fix what was waived, or renew the waiver with a new date and reason. `septum check --fix` removes it.

# Supports
NIST SP 800-53 CA-5 (plan of action), PM-4.",
    options: &[],
    run: |_| Vec::new(),
};

/// A waiver without a finding.
pub const USELESS: Check = Check {
    name: "useless-waiver",
    severity: Severity::Warning,
    enabled: true,
    summary: "a waiver silences no finding",
    explain:
        "A waiver is in force and silences nothing: what it was for is fixed, or it names the wrong thing.

# Why it matters
It would silence the next finding of that name, which nobody has looked at.

# Fix
Remove it; `septum check --fix` does.

# Supports
NIST SP 800-53 CA-5 (plan of action), PM-4.",
    options: &[],
    run: |_| Vec::new(),
};

/// Takes out what waivers silence, and adds what there is to say about the waivers themselves.
pub(super) fn apply(context: &Context<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let waivers = &context.policy.waivers;
    let mut useful = vec![false; waivers.len()];
    let mut kept = Vec::with_capacity(findings.len());
    for finding in findings {
        let mut silenced = false;
        for (waiver, useful) in waivers.iter().zip(&mut useful) {
            if waiver.until >= context.today && covers(waiver, &finding) {
                *useful = true;
                silenced = true;
            }
        }
        if !silenced {
            kept.push(finding);
        }
    }
    for (waiver, useful) in waivers.iter().zip(useful) {
        kept.extend(about(context, waiver, useful));
    }
    kept
}

fn covers(waiver: &Waiver, finding: &Finding) -> bool {
    waiver.check == finding.diagnostic.code && finding.subjects.contains(&waiver.subject)
}

/// False for checks that were not made, so that nobody knows what a waiver of them silences.
fn made(context: &Context<'_>, check: &Check) -> bool {
    match check.name {
        "exploited-exposed" => context.kev.is_some(),
        "target-limit" => false,
        _ => context.undecided().is_none(),
    }
}

fn about(context: &Context<'_>, waiver: &Waiver, useful: bool) -> Option<Finding> {
    let checked = find(&waiver.check)?;
    let (check, diagnostic) = if waiver.until < context.today {
        let message = format!(
            "the waiver of `{}` on `{}` ended on {}",
            waiver.check, waiver.subject, waiver.until
        );
        let diagnostic = Diagnostic::new(Severity::Warning, EXPIRED.name, message).at(waiver.span, "");
        (
            &EXPIRED,
            diagnostic
                .help("fix what was waived, or renew the waiver with a reason")
                .edit(waiver.span, ""),
        )
    } else if !useful && context.settings.severity(checked).is_some() && made(context, checked) {
        let message = format!("there is no `{}` on `{}` to waive", waiver.check, waiver.subject);
        let diagnostic = Diagnostic::new(Severity::Warning, USELESS.name, message).at(waiver.span, "");
        (&USELESS, diagnostic.help("remove it").edit(waiver.span, ""))
    } else {
        return None;
    };
    let severity = context.settings.severity(check)?;
    Some(Finding::new(diagnostic, [waiver.subject.as_str()]).at(severity))
}
