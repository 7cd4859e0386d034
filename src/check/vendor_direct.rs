//! A supplier reaches something else than a jump host, or a supplier's rule has no end.
//!
//! # Why it matters
//! Remote access of suppliers is among the first ways in of ransomware. A jump host asks for a second factor,
//! records the session and can be cut; a rule without an end outlives the contract.
//!
//! # Example
//! ```text
//! allow vendor.vpn -> imaging.modalities : rdp
//! ```
//!
//! # Fix
//! Lead the rule to a host with the label `jump-host`, and give it `expires`.
//!
//! # Supports
//! NIST SP 800-53 MA-4, AC-17(3), AC-2(3); IEC 62443-2-4 SP.07; HSCC HIC-MISO.

use super::{Check, Context, Finding, Role};
use crate::diagnostic::{Diagnostic, Severity};
use crate::packet::AddressSet;

/// The check.
pub const CHECK: Check = Check {
    name: "vendor-direct",
    severity: Severity::Error,
    enabled: true,
    summary: "a supplier reaches a device without the jump host, or by a rule without an end",
    explain: include_str!("vendor_direct.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let vendor = context.role(Role::Vendor);
    let inside = context.policy.claimed();
    let jump = context.role(Role::JumpHost);
    let direct = inside.difference(&vendor).difference(&jump);
    let mut findings = Vec::new();
    for rule in context.allows() {
        if let Some(crossing) = context.crossing(rule, &vendor, &direct) {
            let beside = rule.destination.addresses.overlaps(&jump);
            let message = match beside {
                true => format!(
                    "a supplier reaches more of `{}` than its jump hosts",
                    rule.destination.text
                ),
                false => format!(
                    "a supplier reaches `{}` without a jump host",
                    rule.destination.text
                ),
            };
            let finding = crossing.finding(context, &CHECK, rule, message, &crossing.destinations());
            findings
                .push(finding.help("lead the rule to a host with the label `jump-host`, and on from there"));
        }
        if rule.meta.expires.is_none() && only(&rule.source.addresses, &vendor) {
            let message = format!("the supplier's access from `{}` has no end", rule.source.text);
            let diagnostic = Diagnostic::error(CHECK.name, rule.span, message)
                .help("give the rule or its block the end of the contract: `expires 2027-12-31`");
            findings
                .push(Finding::of_rule(diagnostic, rule).about(context.only_zone(&rule.source.addresses)));
        }
    }
    findings
}

fn only(set: &AddressSet, of: &AddressSet) -> bool {
    !set.is_empty() && set.is_subset(of)
}
