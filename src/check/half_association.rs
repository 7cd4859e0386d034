//! A protocol that calls back is allowed one way only, for all pairs of hosts or for some of them.
//!
//! # Why it matters
//! DICOM opens a second association in the other direction: C-MOVE delivers images to the one who asked (PS3.4
//! C.4.2), storage commitment may answer later (PS3.4 J). With one direction closed the query works and the images
//! never arrive, which shows when somebody waits for them.
//!
//! # Example
//! ```text
//! allow reading -> pacs : dicom
//! ```
//!
//! # Fix
//! Allow the way back: `allow pacs -> reading : dicom`. Waive it where the peer never calls back.
//!
//! # Supports
//! Availability of care; IEC 80001-1.

use std::sync::Arc;

use super::option::SERVICES;
use super::{Check, Context, Finding, OptionDefault, OptionSpec};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Rule, Service};
use crate::packet::{AddressSet, FlowSet, ServiceSet};
use crate::plan::subtract_all;

/// The check.
pub const CHECK: Check = Check {
    name: "half-association",
    severity: Severity::Warning,
    enabled: true,
    summary: "a protocol that calls back (DICOM) is allowed one way only",
    explain: include_str!("half_association.rs"),
    options: &[OptionSpec {
        name: SERVICES,
        default: OptionDefault::List(&["dicom", "dicom-tls"]),
        meaning: "named services whose peers call back",
    }],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let names = context.settings.list(&CHECK, SERVICES);
    let calls_back = |service: &Service| names.contains(&service.name.as_str());
    let back = context
        .policy
        .services
        .iter()
        .filter(|service| calls_back(service));
    let back = back.fold(ServiceSet::empty(), |all, service| all.union(&service.set));
    let back = Arc::new(back);
    // Whoever calls back uses one of these services, so only rules with one of them can be the way back.
    let ways: Vec<&Rule> = context
        .allows()
        .filter(|rule| !rule.service.set.intersection(&back).is_empty())
        .collect();
    ways.iter()
        .filter_map(|rule| {
            let service = *context.services_of(rule, calls_back).first()?;
            of_rule(context, rule, service, &back, &ways)
        })
        .collect()
}

fn of_rule(
    context: &Context<'_>,
    rule: &Rule,
    service: &Service,
    back: &Arc<ServiceSet>,
    ways: &[&Rule],
) -> Option<Finding> {
    let (source, destination) = (&rule.source.addresses, &rule.destination.addresses);
    let crossing = context.crossing(rule, source, destination)?.with(&service.set)?;
    // A pair has a way back where one packet of it passes, with whichever of the services.
    let between = |source: &Arc<AddressSet>, destination: &Arc<AddressSet>| FlowSet {
        source: Arc::clone(source),
        destination: Arc::clone(destination),
        service: Arc::clone(back),
    };
    let mut returns: Vec<FlowSet> = neighbours(context, rule)
        .iter()
        .map(|zone| between(zone, zone))
        .collect();
    for way in ways {
        let back_again = context.crossing(way, destination, source);
        let back_again = back_again.and_then(|crossing| crossing.with(back));
        returns.extend(back_again.iter().flat_map(|crossing| {
            let products = crossing.products.iter();
            products.map(|flow| between(&flow.source, &flow.destination))
        }));
    }
    let products = crossing.products.iter();
    let called: Vec<FlowSet> = products
        .map(|flow| between(&flow.destination, &flow.source))
        .collect();
    let left = |flow: &FlowSet| subtract_all(flow, &returns);
    let missing: Vec<FlowSet> = called
        .iter()
        .flat_map(left)
        .filter(|flow| !flow.is_empty())
        .collect();
    if missing.is_empty() {
        return None;
    }
    let (from, to) = (&rule.source.text, &rule.destination.text);
    let name = &service.name;
    let answered = called
        .iter()
        .any(|flow| returns.iter().any(|way| way.overlaps(flow)));
    let message = match answered {
        true => format!("`{name}` from `{from}` to `{to}` has no way to call back for some of the hosts"),
        false => format!("`{name}` from `{from}` to `{to}` has no way to call back"),
    };
    let mut diagnostic = Diagnostic::warning(CHECK.name, rule.span, message);
    let wanted = missing.iter().map(|flow| FlowSet {
        service: Arc::clone(&service.set),
        ..flow.clone()
    });
    if let Some(packet) = context.packet_of(&wanted.collect::<Vec<_>>()) {
        diagnostic = diagnostic.note("not permitted", packet.to_string());
    }
    let diagnostic = diagnostic.help(format!(
        "retrievals arrive on a connection of their own: `allow {to} -> {from} : {name}`"
    ));
    Some(Finding::of_rule(diagnostic, rule).about([name.as_str()]))
}

/// The zones on both sides of a rule whose members reach each other without any rule.
fn neighbours(context: &Context<'_>, rule: &Rule) -> Vec<Arc<AddressSet>> {
    let to = context.zones_of(&rule.destination);
    let from = context.zones_of(&rule.source);
    let both = from.iter().filter(|zone| to.contains(zone));
    both.filter_map(|id| context.policy.zone(*id))
        .filter(|zone| zone.isolate.is_none())
        .map(|zone| Arc::clone(&zone.addresses))
        .collect()
}
