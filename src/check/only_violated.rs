//! `only-violated`: somebody beside A may open flows to B, though `only A -> B` says otherwise.
//!
//! Exact. Everybody else is every address of every zone that is not in A; neighbours of B in a zone that does not
//! `isolate` are among them.

use super::{Check, Context, Finding, forbid_reachable, refutation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::AssertionKind;

/// The check.
pub const CHECK: Check = Check {
    name: "only-violated",
    severity: Severity::Error,
    enabled: true,
    summary: "somebody beside those that `only A -> B` names may open flows to B",
    explain: include_str!("only_violated.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    refutation::each(
        context,
        |kind| matches!(kind, AssertionKind::Only),
        |view, assertion| {
            let named = refutation::atoms(view, &assertion.source.addresses);
            let others: Vec<usize> = (0..view.hosts.atoms.len())
                .filter(|atom| named.binary_search(atom).is_err())
                .collect();
            let message = format!(
                "not only `{}` may open flows{} to `{}`",
                assertion.source.text,
                match &*assertion.service.text {
                    "any" => String::new(),
                    service => format!(" of `{service}`"),
                },
                assertion.destination.text
            );
            let finding = Diagnostic::error(CHECK.name, assertion.span, message);
            forbid_reachable::refute(context, view, assertion, &others, finding)
        },
    )
}
