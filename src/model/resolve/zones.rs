//! Zones: their prefixes, their hierarchy, and that no two claim one address.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::IpNet;

use super::names;
use super::nesting::Nesting;
use crate::diagnostic::Diagnostic;
use crate::model::{Zone, ZoneId};
use crate::packet::AddressSet;
use crate::source::Span;
use crate::syntax::spelled;
use crate::syntax::tree::{self, Item, ZoneStatement};

/// All zones in the order of their text. Of two with one name the first counts.
pub(super) fn resolve(items: &[&Item], diagnostics: &mut Vec<Diagnostic>) -> Vec<Zone> {
    let mut written: Vec<&tree::Zone> = Vec::new();
    let mut by_name: BTreeMap<&str, ZoneId> = BTreeMap::new();
    for item in items {
        let Item::Zone(zone) = item else { continue };
        match by_name
            .get(&*zone.name.text)
            .and_then(|id| written.get(id.index()))
        {
            Some(first) => diagnostics.push(super::names::duplicate("zone", &zone.name, first.name.span)),
            None => {
                by_name.insert(&zone.name.text, ZoneId::from_index(written.len()));
                written.push(zone);
            }
        }
    }
    let mut zones: Vec<Zone> = written
        .iter()
        .map(|zone| read(zone, &by_name, diagnostics))
        .collect();
    inherit(&mut zones, &by_name);
    let nesting = Nesting::of(&mut zones, diagnostics);
    let overlapping = nesting.cut || report_overlaps(&zones, &nesting, diagnostics);
    own_addresses(&mut zones, &nesting, overlapping, diagnostics);
    zones
}

fn read(zone: &tree::Zone, by_name: &BTreeMap<&str, ZoneId>, diagnostics: &mut Vec<Diagnostic>) -> Zone {
    let mut out = Zone {
        name: zone.name.text.to_string(),
        title: zone.title.as_ref().map(|title| title.value.clone()),
        span: zone.name.span,
        subnets: Vec::new(),
        labels: BTreeSet::new(),
        trust: None,
        owner: None,
        isolate: None,
        external: false,
        stub: false,
        within: None,
        addresses: Arc::new(AddressSet::empty()),
    };
    let mut external = None;
    for statement in &zone.body {
        match statement {
            ZoneStatement::Subnet(prefixes, _) => {
                for prefix in prefixes {
                    if let Some(message) = host_bits(prefix.value) {
                        let network = prefix.value.trunc();
                        diagnostics.push(
                            Diagnostic::error("host-bits", prefix.span, message)
                                .help(format!("write `{network}`"))
                                .edit(prefix.span, network.to_string()),
                        );
                    }
                    out.subnets.push((prefix.value.trunc(), prefix.span));
                }
            }
            ZoneStatement::Label(names, _) => {
                out.labels.extend(names.iter().map(|name| name.text.to_string()))
            }
            ZoneStatement::Trust(value, span) => {
                if value.value > 100 {
                    let message = format!("trust `{}` is above 100", value.value);
                    diagnostics.push(Diagnostic::error("trust-range", *span, message).help("write 0 to 100"));
                }
                if out.trust.replace(value.value.min(100)).is_some() {
                    diagnostics.push(repeated("trust", *span));
                }
            }
            ZoneStatement::Isolate(span) => out.isolate = Some(*span),
            ZoneStatement::External(span) => external = Some(*span),
            ZoneStatement::Stub(_) => out.stub = true,
            ZoneStatement::Within(name, span) => match by_name.get(&*name.text) {
                Some(parent) => {
                    if out.within.replace(*parent).is_some() {
                        diagnostics.push(repeated("within", *span));
                    }
                }
                None => {
                    let message = format!("there is no zone `{}`", name.text);
                    let problem = Diagnostic::error("unknown-name", name.span, message);
                    diagnostics.push(names::did_you_mean(problem, &name.text, by_name.keys().copied()));
                }
            },
            ZoneStatement::Owner(name, span) => {
                if out.owner.replace(name.text.to_string()).is_some() {
                    diagnostics.push(repeated("owner", *span));
                }
            }
        }
    }
    if let Some(span) = external {
        out.external = true;
        if let Some((_, subnet)) = out.subnets.first() {
            let message = format!("zone `{}` is external and has a subnet", out.name);
            diagnostics.push(
                Diagnostic::error("external-subnet", *subnet, message)
                    .with(span, "external: every address that no other zone claims")
                    .help("remove one of the two"),
            );
            out.subnets.clear();
        }
    }
    out
}

/// Said of a second statement where one is meant.
pub(super) fn repeated(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("repeated-statement", span, format!("`{word}` is said twice here"))
        .help("keep one of the two")
}

fn host_bits(prefix: IpNet) -> Option<String> {
    (prefix.trunc() != prefix)
        .then(|| format!("`{prefix}` has bits set behind its prefix length: an address, not a network"))
}

/// Labels come from every zone above; trust and owner from the nearest that has them.
fn inherit(zones: &mut [Zone], by_name: &BTreeMap<&str, ZoneId>) {
    let own: Vec<(BTreeSet<String>, Option<u32>, Option<String>)> = zones
        .iter()
        .map(|zone| (zone.labels.clone(), zone.trust, zone.owner.clone()))
        .collect();
    for zone in zones {
        let name = zone.name.clone();
        let above = name.rmatch_indices('.').filter_map(|(dot, _)| name.get(..dot));
        for (labels, trust, owner) in above
            .filter_map(|n| by_name.get(n))
            .filter_map(|id| own.get(id.index()))
        {
            zone.labels.extend(labels.iter().cloned());
            zone.trust = zone.trust.or(*trust);
            zone.owner = zone.owner.take().or_else(|| owner.clone());
        }
    }
}

/// Reports prefixes that two zones claim, and returns the zones at fault. Prefixes nest or are disjoint, so a
/// sweep with a stack of the prefixes that are open finds every overlap.
fn report_overlaps(zones: &[Zone], nesting: &Nesting, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut prefixes: Vec<(IpNet, ZoneId, Span)> = zones
        .iter()
        .enumerate()
        .flat_map(|(i, zone)| {
            zone.subnets
                .iter()
                .map(move |(net, span)| (*net, ZoneId::from_index(i), *span))
        })
        .collect();
    prefixes
        .sort_by_key(|(net, id, span)| (net.addr().is_ipv6(), net.network(), net.prefix_len(), *id, *span));
    let mut open: Vec<(IpNet, ZoneId, Span)> = Vec::new();
    let mut found = false;
    for (net, id, span) in prefixes {
        while open.last().is_some_and(|(top, ..)| !top.contains(&net)) {
            open.pop();
        }
        let clash = open.iter().rev().find(|(_, other, _)| {
            *other != id && !nesting.lies_within(id, *other) && !nesting.lies_within(*other, id)
        });
        if let Some((other_net, other, other_span)) = clash {
            found = true;
            let name = |id: ZoneId| zones.get(id.index()).map_or("", |zone| zone.name.as_str());
            let message = format!("zones `{}` and `{}` both claim `{net}`", name(*other), name(id));
            diagnostics.push(
                Diagnostic::error("overlapping-zones", span, message)
                    .with(*other_span, format!("`{other_net}` is of `{}`", name(*other)))
                    .help(format!(
                        "if `{}` is a part of `{}`, say `within {}` in it",
                        name(id),
                        name(*other),
                        spelled(name(*other))
                    )),
            );
        }
        open.push((net, id, span));
    }
    found
}

/// A zone owns its prefixes less those of the zones within it; the external zone owns the rest.
fn own_addresses(
    zones: &mut [Zone],
    nesting: &Nesting,
    overlapping: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let whole: Vec<AddressSet> = zones
        .iter()
        .map(|zone| AddressSet::from_prefixes(zone.subnets.iter().map(|(net, _)| net)))
        .collect();
    // What the zones within each one claim: of those deeper inside, only what the zones around them do not claim.
    let mut inner: Vec<Vec<AddressSet>> = vec![Vec::new(); zones.len()];
    for index in nesting.inner_first() {
        let (Some(zone), Some(own)) = (zones.get_mut(index), whole.get(index)) else {
            continue;
        };
        let parts = inner.get_mut(index).map(std::mem::take).unwrap_or_default();
        let within = AddressSet::union_of(&parts);
        zone.addresses = Arc::new(own.difference(&within));
        if let Some(outer) = zone.within.and_then(|outer| inner.get_mut(outer.index())) {
            outer.extend([own.clone(), within.difference(own)]);
        }
    }
    for index in 0..zones.len() {
        let Some((zone, parent)) = zones.get(index).and_then(|z| Some((z, z.within?))) else {
            continue;
        };
        let (Some(own), Some(outer)) = (whole.get(index), whole.get(parent.index())) else {
            continue;
        };
        if !own.is_subset(outer) && !overlapping {
            let outer_name = zones.get(parent.index()).map_or("", |z| z.name.as_str());
            let message = format!(
                "zone `{}` is within `{outer_name}`, but not all of its addresses are",
                zone.name
            );
            diagnostics.push(Diagnostic::error("outside-parent", zone.span, message));
        }
    }
    let claimed = AddressSet::union_of(&whole);
    let mut first: Option<(String, Span)> = None;
    for zone in zones.iter_mut().filter(|zone| zone.external) {
        if let Some((name, span)) = &first {
            let message = format!("zones `{name}` and `{}` are both external", zone.name);
            diagnostics.push(
                Diagnostic::error("second-external", zone.span, message)
                    .with(*span, "the first")
                    .help("give one of them its subnets: an address can have one owner only"),
            );
            continue;
        }
        zone.addresses = Arc::new(claimed.complement());
        first = Some((zone.name.clone(), zone.span));
    }
}
