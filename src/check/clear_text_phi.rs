//! Patient data crosses, unencrypted, between zones of different owner or trust, or to the outside.
//!
//! What a service carries is said where it is defined (`clear-text`, `carries phi`). A rule may use its name, that of a
//! service made of it, or its bare ports: `tcp 104` is `dicom`, as no other service that is defined has that port.
//! Ports that others have as well, such as `tcp 80` and `tcp 2575`, and ranges that hold more, are not looked at.
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
//! Use the service that encrypts (`prefer` of the service names it), or a gateway at the border. Where something else
//! has the port, define a service for it.
//!
//! # Supports
//! HIPAA 45 CFR 164.312(e)(1); GDPR Art. 32(1)(a); NIST SP 800-53 SC-8(1).

use std::collections::BTreeMap;

use super::crossing::Crossing;
use super::{Check, Context, Finding};
use crate::diagnostic::Severity;
use crate::model::{Rule, Service};
use crate::packet::{AddressSet, IntervalSet, Region, ServiceSet};

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
    let telling = Telling::new(context);
    context
        .allows()
        .flat_map(|rule| of_rule(context, rule, &domains, &telling))
        .collect()
}

/// True where whoever taps the wire reads patient data.
fn is_plain(service: &Service) -> bool {
    service.clear_text && service.carries.contains("phi")
}

/// Ports that tell what they carry: no service has them but plain ones with patient data.
struct Telling<'a> {
    services: Vec<(&'a Service, ServiceSet)>,
    all: ServiceSet,
}

impl<'a> Telling<'a> {
    fn new(context: &Context<'a>) -> Self {
        let services = &context.policy.services;
        // What a service is made of says for itself what it carries.
        let own = |service: &Service| {
            let parts = service.parts.iter().filter_map(|id| services.get(id.index()));
            let parts: Vec<&ServiceSet> = parts.map(|part| &*part.set).collect();
            service.set.difference(&ServiceSet::union_of(&parts))
        };
        let (plain, others): (Vec<&Service>, Vec<_>) = services.iter().partition(|service| is_plain(service));
        let others: Vec<ServiceSet> = others.into_iter().map(own).collect();
        let others = ServiceSet::union_of(&others.iter().collect::<Vec<_>>());
        let services = plain
            .into_iter()
            .map(|plain| (plain, own(plain).difference(&others)));
        let services: Vec<(&Service, ServiceSet)> = services.filter(|(_, set)| !set.is_empty()).collect();
        let sets: Vec<&ServiceSet> = services.iter().map(|(_, set)| set).collect();
        Self {
            all: ServiceSet::union_of(&sets),
            services,
        }
    }

    /// The services whose ports a rule writes without their names, and these ports.
    fn written(&self, context: &Context<'_>, rule: &Rule) -> (Vec<&'a Service>, ServiceSet) {
        let set = &rule.service.set;
        // Most rules have none of these ports.
        if !(self.all.tcp.overlaps(&set.tcp) || self.all.udp.overlaps(&set.udp)) {
            return (Vec::new(), ServiceSet::empty());
        }
        let named = rule.service.named.iter();
        let named = named.filter_map(|id| context.policy.services.get(id.index()));
        let named: Vec<&ServiceSet> = named.map(|service| &*service.set).collect();
        let bare = set.difference(&ServiceSet::union_of(&named));
        let ranges = ranges(&bare);
        let written = self.services.iter().filter_map(|(service, set)| {
            let inside: Vec<&ServiceSet> = ranges.iter().filter(|range| range.is_subset(set)).collect();
            (!inside.is_empty()).then_some((*service, inside))
        });
        let (services, inside): (Vec<&Service>, Vec<_>) = written.unzip();
        (services, ServiceSet::union_of(&inside.concat()))
    }
}

/// Each range of destination ports of TCP and UDP by itself.
fn ranges(set: &ServiceSet) -> Vec<ServiceSet> {
    type Make = fn(IntervalSet<u16>, IntervalSet<u16>) -> ServiceSet;
    let protocols: [(&Region, Make); 2] = [(&set.tcp, ServiceSet::tcp), (&set.udp, ServiceSet::udp)];
    let of_region = |(region, make): (&Region, Make)| {
        let rows = region.rows().iter();
        let each = rows.flat_map(|(source, ports)| {
            let ranges = ports.ranges().iter();
            ranges.map(move |(first, last)| make(source.clone(), IntervalSet::range(*first, *last)))
        });
        each.collect::<Vec<_>>()
    };
    protocols.into_iter().flat_map(of_region).collect()
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

fn of_rule(
    context: &Context<'_>,
    rule: &Rule,
    domains: &[Domain<'_>],
    telling: &Telling<'_>,
) -> Vec<Finding> {
    let plain = context.services_of(rule, is_plain);
    let (unnamed, ports) = telling.written(context, rule);
    if plain.is_empty() && unnamed.is_empty() {
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
    let finding = |set: &ServiceSet, what: String| {
        let crossing = crossing.with(set)?;
        let (from, to) = (&rule.source.text, &rule.destination.text);
        let message = format!("patient data crosses from `{from}` to `{to}` in the clear: {what}");
        Some(crossing.finding(context, &CHECK, rule, message, &crossing.sources()))
    };
    let by_name = plain.into_iter().filter_map(|service| {
        let named = rule.service.named.iter();
        let mut named = named.filter_map(|id| context.policy.services.get(id.index()));
        let inside = match named.any(|named| named.name == service.name) {
            true => String::new(),
            false => format!(", which is a part of `{}`", rule.service.text),
        };
        let finding = finding(&service.set, format!("`{}`{inside}", service.name))?;
        Some(advise(context, finding, rule, service).about([service.name.as_str()]))
    });
    let by_port = || {
        let names = unnamed.iter().map(|service| service.name.as_str());
        let quoted: Vec<String> = names.clone().map(|name| format!("`{name}`")).collect();
        let what = format!("`{}` has the ports of {}", rule.service.text, quoted.join(", "));
        let finding = finding(&ports, what)?;
        let preferred = unnamed.iter().find_map(|service| service.prefer);
        let preferred = preferred.and_then(|id| context.policy.services.get(id.index()));
        let instead = preferred.map_or("encrypt".to_owned(), |better| {
            format!("use `{}`, or encrypt", better.name)
        });
        let help =
            format!("{instead} at the border; if something else has these ports, define a service for it");
        Some(finding.help(help).about(names))
    };
    by_name.chain(by_port()).collect()
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
