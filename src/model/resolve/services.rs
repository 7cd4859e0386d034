//! Services: from protocols, ports and names to sets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::names::{self, Scope};
use super::text;
use crate::diagnostic::Diagnostic;
use crate::model::{Service, ServiceId, ServiceUse, icmp};
use crate::packet::{IntervalSet, ServiceSet, protocol};
use crate::source::Span;
use crate::syntax::tree::{self, IcmpType, Item, Name, PortProtocol, ServiceStatement, ServiceTerm, Spanned};

/// How deep services may name services.
const SERVICE_DEPTH: usize = 128;

struct Written<'a> {
    service: &'a tree::Service,
    standard: bool,
}

/// All services, those of the standard library first. Of two with one name the first counts.
pub(super) fn resolve(
    standard: &[&tree::File],
    items: &[&Item],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Service> {
    let mut written: Vec<Written<'_>> = Vec::new();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    let library = standard
        .iter()
        .flat_map(|file| &file.items)
        .map(|item| (item, true));
    for (item, standard) in library.chain(items.iter().map(|item| (*item, false))) {
        let Item::Service(service) = item else { continue };
        let name = &*service.name.text;
        match by_name.get(name).and_then(|index| written.get(*index)) {
            Some(first) if first.standard && !standard => diagnostics.push(
                Diagnostic::error(
                    "standard-name",
                    service.name.span,
                    format!("`{name}` is a service of the standard library"),
                )
                .with(first.service.span, "defined here")
                .help(format!(
                    "use it as it is, or choose another name, such as `site-{name}`"
                )),
            ),
            Some(first) => diagnostics.push(names::duplicate(
                "service",
                &service.name,
                first.service.name.span,
            )),
            None => {
                by_name.insert(name, written.len());
                written.push(Written { service, standard });
            }
        }
    }
    let mut sets: Vec<Option<Arc<ServiceSet>>> = vec![None; written.len()];
    let mut done = vec![false; written.len()];
    for index in 0..written.len() {
        resolve_one(
            index,
            &written,
            &by_name,
            &mut Vec::new(),
            &mut sets,
            &mut done,
            diagnostics,
        );
    }
    written
        .iter()
        .zip(sets)
        .map(|(Written { service, standard }, set)| {
            describe(service, *standard, set.unwrap_or_default(), &by_name, diagnostics)
        })
        .collect()
}

fn resolve_one(
    index: usize,
    written: &[Written<'_>],
    by_name: &BTreeMap<&str, usize>,
    path: &mut Vec<usize>,
    sets: &mut Vec<Option<Arc<ServiceSet>>>,
    done: &mut Vec<bool>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (Some(this), Some(false)) = (written.get(index), done.get(index)) else {
        return;
    };
    path.push(index);
    for term in &this.service.terms {
        let ServiceTerm::Name(name) = term else { continue };
        let Some(&other) = by_name.get(&*name.text) else {
            continue;
        };
        if path.contains(&other) {
            let message = format!(
                "service `{}` contains itself through `{}`",
                this.service.name.text, name.text
            );
            diagnostics.push(Diagnostic::error("service-cycle", name.span, message));
            mark(done, index);
        } else if path.len() >= SERVICE_DEPTH {
            let message = format!("services name services more than {SERVICE_DEPTH} deep");
            diagnostics.push(Diagnostic::error("service-depth", name.span, message));
            mark(done, index);
        } else {
            resolve_one(other, written, by_name, path, sets, done, diagnostics);
        }
    }
    path.pop();
    if done.get(index) == Some(&true) {
        return;
    }
    let known = |name: &str| by_name.get(name).map(|i| sets.get(*i).cloned().flatten());
    let set = union_of(
        &this.service.terms,
        &known,
        &mut || by_name.keys().copied().collect(),
        diagnostics,
    );
    if let Some(slot) = sets.get_mut(index) {
        *slot = set;
    }
    mark(done, index);
}

fn mark(done: &mut [bool], index: usize) {
    if let Some(flag) = done.get_mut(index) {
        *flag = true;
    }
}

fn describe(
    service: &tree::Service,
    standard: bool,
    set: Arc<ServiceSet>,
    by_name: &BTreeMap<&str, usize>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Service {
    let mut out = Service {
        name: service.name.text.to_string(),
        title: service.title.as_ref().map(|title| title.value.clone()),
        span: service.name.span,
        set,
        parts: service
            .terms
            .iter()
            .filter_map(|term| match term {
                ServiceTerm::Name(name) => Some(ServiceId::from_index(*by_name.get(&*name.text)?)),
                _ => None,
            })
            .collect(),
        clear_text: false,
        carries: BTreeSet::new(),
        prefer: None,
        standard,
    };
    for statement in &service.body {
        match statement {
            ServiceStatement::ClearText(_) => out.clear_text = true,
            ServiceStatement::Carries(what, _) => {
                out.carries.insert(what.text.to_string());
            }
            ServiceStatement::Prefer(name, _) => match by_name.get(&*name.text) {
                Some(index) => out.prefer = Some(ServiceId::from_index(*index)),
                None => diagnostics.push(unknown(name, by_name.keys().copied())),
            },
        }
    }
    out
}

/// The services of a rule, an assertion or a `manage` statement; `whole` is where to point when nothing was written.
pub(super) fn used(
    terms: &[ServiceTerm],
    whole: Span,
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ServiceUse> {
    let span = match (terms.first(), terms.last()) {
        (Some(first), Some(last)) => first.span().to(last.span()),
        _ => whole,
    };
    let text = text::of_services(terms);
    let is_named = |term: &ServiceTerm| matches!(term, ServiceTerm::Name(_));
    if !terms.iter().any(is_named) {
        return unnamed(terms, &text, scope, diagnostics).map(|(text, set)| ServiceUse {
            text,
            span,
            set,
            named: Vec::new(),
        });
    }
    let known = |name: &str| {
        let id = scope.services.get(name)?;
        Some(
            scope
                .service_list
                .get(id.index())
                .map(|service| Arc::clone(&service.set)),
        )
    };
    let set = union_of(
        terms,
        &known,
        &mut || scope.services.keys().copied().collect(),
        diagnostics,
    )?;
    let named = terms
        .iter()
        .filter_map(|term| match term {
            ServiceTerm::Name(name) => scope.services.get(&*name.text).copied(),
            _ => None,
        })
        .collect();
    Some(ServiceUse {
        text: text.into(),
        span,
        set,
        named,
    })
}

/// Services that name none: those of one text are one and the same, and there is one set for them. All of them where
/// nothing is written.
fn unnamed(
    terms: &[ServiceTerm],
    text: &str,
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Arc<str>, Arc<ServiceSet>)> {
    let mut known = scope.unnamed_services.borrow_mut();
    if let Some((text, set)) = known.get_key_value(text) {
        return Some((Arc::clone(text), Arc::clone(set)));
    }
    let set = match terms {
        [] => Arc::new(ServiceSet::full()),
        _ => union_of(terms, &|_| None, &mut Vec::new, diagnostics)?,
    };
    let text: Arc<str> = text.into();
    known.insert(Arc::clone(&text), Arc::clone(&set));
    Some((text, set))
}

fn unknown<'a>(name: &Name, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let message = format!("there is no service `{}`", name.text);
    let problem = Diagnostic::error("unknown-service", name.span, message);
    names::did_you_mean(problem, &name.text, known)
}

/// The union of terms, shared where that is one set; none where one of them is unknown. `known` answers none for a name that nobody defined, and
/// none inside for one whose definition is broken and reported.
fn union_of<'a>(
    terms: &[ServiceTerm],
    known: &impl Fn(&str) -> Option<Option<Arc<ServiceSet>>>,
    all_names: &mut impl FnMut() -> Vec<&'a str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<ServiceSet>> {
    let mut parts: Option<Vec<Arc<ServiceSet>>> = Some(Vec::with_capacity(terms.len()));
    for term in terms {
        let part: Option<Arc<ServiceSet>> = match term {
            ServiceTerm::Any(_) => Some(Arc::new(ServiceSet::full())),
            ServiceTerm::Name(name) => known(&name.text).unwrap_or_else(|| {
                diagnostics.push(unknown(name, all_names()));
                None
            }),
            ServiceTerm::Ports {
                protocol,
                destination,
                source,
                ..
            } => Some(Arc::new(with_ports(*protocol, destination, source))),
            ServiceTerm::Icmp { v6, types, .. } => icmp_types(*v6, types, diagnostics).map(Arc::new),
            ServiceTerm::Protocol(number, _) => by_number(number, diagnostics).map(Arc::new),
        };
        parts = parts.zip(part).map(|(mut all, part)| {
            all.push(part);
            all
        });
    }
    let parts = parts?;
    match parts.as_slice() {
        [one] => return Some(Arc::clone(one)),
        [] => return Some(Arc::default()),
        _ => {}
    }
    let sets: Vec<&ServiceSet> = parts.iter().map(|part| &**part).collect();
    let union = ServiceSet::union_of_some(&sets);
    if let (None, Some(first), Some(last)) = (&union, terms.first(), terms.last()) {
        let message = "too many different source ports with destination ports of their own";
        diagnostics.push(
            Diagnostic::error("service-size", first.span().to(last.span()), message)
                .help("join ports into ranges, or let source ports be any"),
        );
    }
    union.map(Arc::new)
}

fn with_ports(
    protocol: PortProtocol,
    destination: &[Spanned<(u16, u16)>],
    source: &[Spanned<(u16, u16)>],
) -> ServiceSet {
    let ports = |ports: &[Spanned<(u16, u16)>]| match ports {
        [] => IntervalSet::full(),
        some => some.iter().map(|port| port.value).collect(),
    };
    let (source, destination) = (ports(source), ports(destination));
    match protocol {
        PortProtocol::Tcp => ServiceSet::tcp(source, destination),
        PortProtocol::Udp => ServiceSet::udp(source, destination),
        PortProtocol::Sctp => ServiceSet::sctp(source, destination),
    }
}

fn icmp_types(v6: bool, types: &[IcmpType], diagnostics: &mut Vec<Diagnostic>) -> Option<ServiceSet> {
    let of = |types: &IntervalSet<u16>, codes: &IntervalSet<u16>| {
        if v6 {
            ServiceSet::icmpv6(types, codes)
        } else {
            ServiceSet::icmp(types, codes)
        }
    };
    let all = IntervalSet::range(0, 255);
    if types.is_empty() {
        return Some(of(&all, &all));
    }
    let mut union = Some(ServiceSet::empty());
    for kind in types {
        let codes = kind
            .code
            .map_or_else(|| all.clone(), |code| IntervalSet::single(code.into()));
        let part =
            icmp::number(v6, &kind.name.text).map(|number| of(&IntervalSet::single(number.into()), &codes));
        if part.is_none() {
            let family = if v6 { "ICMPv6" } else { "ICMP" };
            let mut diagnostic = Diagnostic::error(
                "unknown-icmp-type",
                kind.name.span,
                format!("{family} has no type `{}`", kind.name.text),
            )
            .did_you_mean(&kind.name.text, icmp::names(v6));
            if diagnostic.help.is_none() {
                diagnostic = diagnostic
                    .help("write a name such as `echo-request`, or the number of the type, 0 to 255");
            }
            diagnostics.push(diagnostic);
        }
        union = union.zip(part).map(|(all, part)| all.union(&part));
    }
    union
}

/// A protocol by number. Those with ports or types have words of their own, and the number would hide them.
fn by_number(number: &Spanned<u8>, diagnostics: &mut Vec<Diagnostic>) -> Option<ServiceSet> {
    let word = match number.value {
        protocol::TCP => "tcp",
        protocol::UDP => "udp",
        protocol::SCTP => "sctp",
        protocol::ICMP => "icmp",
        protocol::ICMPV6 => "icmpv6",
        other => return Some(ServiceSet::protocols(&IntervalSet::single(other))),
    };
    let message = format!("protocol {} is `{word}`", number.value);
    diagnostics
        .push(Diagnostic::error("protocol-word", number.span, message).help(format!("write `{word}`")));
    None
}
