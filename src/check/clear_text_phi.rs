//! Patient data crosses, unencrypted, between zones of different owner or trust, or to the outside.
//!
//! What a service carries is said where it is defined (`clear-text`, `carries phi`), so a rule has to use its name, or
//! that of a service made of it: a bare `tcp 104` is not looked at.
//!
//! # Why it matters
//! Inside one department's segment a plain protocol may be all that a scanner speaks. Past the border whoever
//! operates or taps the next network reads names and diagnoses, and can change them.
//!
//! # Example
//! ```text
//! allow radiology -> cloud.archive : dicom
//! ```
//!
//! # Fix
//! Use the service that encrypts (`prefer` of the service names it), or a gateway at the border.
//!
//! # Supports
//! HIPAA 45 CFR 164.312(e)(1); GDPR Art. 32(1)(a); NIST SP 800-53 SC-8(1).

use std::collections::BTreeMap;

use super::crossing::Crossing;
use super::{Check, Context, Finding};
use crate::diagnostic::Severity;
use crate::model::{Rule, Service};
use crate::packet::AddressSet;

/// The check.
pub const CHECK: Check = Check {
    name: "clear-text-phi",
    severity: Severity::Error,
    enabled: true,
    summary: "patient data crosses unencrypted between zones of different owner or trust",
    explain: include_str!("clear_text_phi.rs"),
    options: &[],
    run,
};

/// Who answers for a zone, and how far it is trusted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing<'a> {
    owner: Option<&'a str>,
    trust: Option<u32>,
    external: bool,
}

impl Standing<'_> {
    /// True where both are known to differ. What is outside is somebody else's, whatever the zones say.
    fn differs(&self, other: &Self) -> bool {
        self.external != other.external
            || self.owner.zip(other.owner).is_some_and(|(a, b)| a != b)
            || self.trust.zip(other.trust).is_some_and(|(a, b)| a != b)
    }
}

/// All zones of one standing.
struct Domain<'a> {
    standing: Standing<'a>,
    addresses: AddressSet,
}

fn run(context: &Context<'_>) -> Vec<Finding> {
    let domains = domains(context);
    context
        .allows()
        .flat_map(|rule| of_rule(context, rule, &domains))
        .collect()
}

fn domains<'a>(context: &Context<'a>) -> Vec<Domain<'a>> {
    let mut zones: BTreeMap<Standing<'_>, Vec<&AddressSet>> = BTreeMap::new();
    for zone in &context.policy.zones {
        let standing = Standing {
            owner: zone.owner.as_deref(),
            trust: context.trust(zone),
            external: zone.external,
        };
        zones.entry(standing).or_default().push(&zone.addresses);
    }
    zones
        .into_iter()
        .map(|(standing, sets)| Domain {
            standing,
            addresses: AddressSet::union_of(sets),
        })
        .collect()
}

fn of_rule(context: &Context<'_>, rule: &Rule, domains: &[Domain<'_>]) -> Vec<Finding> {
    let plain = context.services_of(rule, |service| {
        service.clear_text && service.carries.contains("phi")
    });
    if plain.is_empty() {
        return Vec::new();
    }
    let touched = |set: &AddressSet| -> Vec<&Domain<'_>> {
        domains
            .iter()
            .filter(|domain| domain.addresses.overlaps(set))
            .collect()
    };
    let (from, to) = (
        touched(&rule.source.addresses),
        touched(&rule.destination.addresses),
    );
    let mut products = Vec::new();
    for from in &from {
        let beyond = to
            .iter()
            .filter(|to| from.standing.differs(&to.standing))
            .map(|to| &to.addresses);
        let beyond = AddressSet::union_of(beyond);
        products.extend(context.permitted.between(rule, &from.addresses, &beyond));
    }
    let crossing = Crossing { products };
    plain
        .into_iter()
        .filter_map(|service| {
            let crossing = crossing.with(&service.set)?;
            let named = rule.service.named.iter();
            let mut named = named.filter_map(|id| context.policy.services.get(id.index()));
            let inside = match named.any(|named| named.name == service.name) {
                true => String::new(),
                false => format!(", which is a part of `{}`", rule.service.text),
            };
            let message = format!(
                "patient data crosses from `{}` to `{}` in the clear: `{}`{inside}",
                rule.source.text, rule.destination.text, service.name
            );
            let finding = crossing.finding(context, &CHECK, rule, message, &crossing.sources());
            Some(advise(context, finding, rule, service).about([service.name.as_str()]))
        })
        .collect()
}

fn advise(context: &Context<'_>, finding: Finding, rule: &Rule, service: &Service) -> Finding {
    let better = service
        .prefer
        .and_then(|id| context.policy.services.get(id.index()));
    match better {
        Some(better) => {
            let mut finding = finding.help(format!(
                "use `{}`, or a gateway that encrypts at the border",
                better.name
            ));
            if *rule.service.text == *service.name {
                finding.diagnostic = finding.diagnostic.edit(rule.service.span, better.name.as_str());
            }
            finding
        }
        None => finding.help("encrypt at the border: a gateway, or a tunnel between the two zones"),
    }
}
