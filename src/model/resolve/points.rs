//! Enforcement points.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::emptiness::{self, Side};
use super::names::{self, Scope};
use super::zones::repeated;
use super::{run, services, sets};
use crate::diagnostic::Diagnostic;
use crate::model::{Device, Interface, Manage, Placement, Point, Zone, ZoneId};
use crate::packet::{AddressSet, FlowSet};
use crate::source::Span;
use crate::syntax::tree::{self, Item, Name, PointStatement};

/// All enforcement points, in the order of their text. Of two with one name the first counts.
pub(super) fn resolve(
    items: &[&Item],
    scope: &Scope<'_>,
    zones: &[Zone],
    devices: &[Device],
    platforms: &[&str],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Point> {
    let zone_ids: BTreeMap<&str, ZoneId> = zones
        .iter()
        .enumerate()
        .map(|(i, zone)| (zone.name.as_str(), ZoneId::from_index(i)))
        .collect();
    let context = Context {
        scope,
        zones,
        zone_ids,
        devices,
        platforms,
    };
    let mut first_of: BTreeMap<String, Span> = BTreeMap::new();
    let mut points = Vec::new();
    for item in items {
        let Item::Point(point) = item else { continue };
        // Output files are named after points, and file systems may fold case.
        let folded = point.name.text.to_lowercase();
        if let Some(first) = first_of.get(&folded) {
            diagnostics.push(names::duplicate("enforcement point", &point.name, *first));
            continue;
        }
        first_of.insert(folded, point.name.span);
        points.extend(context.read(point, diagnostics));
    }
    report_shared_addresses(&points, devices, diagnostics);
    points
}

struct Context<'a> {
    scope: &'a Scope<'a>,
    zones: &'a [Zone],
    zone_ids: BTreeMap<&'a str, ZoneId>,
    devices: &'a [Device],
    platforms: &'a [&'a str],
}

impl Context<'_> {
    fn read(&self, point: &tree::Point, diagnostics: &mut Vec<Diagnostic>) -> Option<Point> {
        let name = &point.name;
        if name.text.contains(['/', '\\', ':']) || name.text.starts_with('.') {
            let message = format!(
                "`{}` cannot name an enforcement point: its configuration is a file of that name",
                name.text
            );
            diagnostics.push(
                Diagnostic::error("point-name", name.span, message)
                    .help("use letters, digits, `-`, `_` and `.`"),
            );
            return None;
        }
        let mut platform: Option<(String, Span)> = None;
        let mut unmanaged: Option<Span> = None;
        let mut protects: Option<&Name> = None;
        let mut interfaces: Vec<Interface> = Vec::new();
        let mut manage = Vec::new();
        for statement in &point.body {
            match statement {
                PointStatement::Target(target, span) => {
                    if platform.is_some() {
                        diagnostics.push(repeated("target", *span));
                    } else if !self.platforms.contains(&&*target.text) {
                        diagnostics.push(unknown_platform(target, self.platforms));
                    }
                    platform.get_or_insert((target.text.to_string(), *span));
                }
                PointStatement::Unmanaged(span) => unmanaged = Some(*span),
                PointStatement::Protects(device, span) => {
                    if protects.replace(device).is_some() {
                        diagnostics.push(repeated("protects", *span));
                    }
                }
                PointStatement::Interface(interface) => {
                    let first = interfaces
                        .iter()
                        .find(|other| *other.name == *interface.name.text);
                    if let Some(first) = first {
                        diagnostics.push(names::duplicate("interface", &interface.name, first.span));
                    } else {
                        interfaces.extend(self.interface(interface, diagnostics));
                    }
                }
                PointStatement::Manage {
                    from,
                    services: terms,
                    span,
                } => {
                    let from = sets::endpoint(from, self.scope, diagnostics);
                    let service = services::used(terms, *span, self.scope, diagnostics);
                    if let (Some(from), Some(service)) = (from, service) {
                        manage.push(Manage {
                            from,
                            service,
                            span: *span,
                        });
                    }
                }
                PointStatement::Run { .. } => {}
            }
        }
        let own = self.own_addresses(&interfaces, protects);
        diagnostics.extend(
            manage
                .iter()
                .filter_map(|one| empty_manage(&name.text, one, &own)),
        );
        if let (Some((_, target)), Some(span)) = (&platform, unmanaged) {
            let message = format!("`{}` has a target and is unmanaged", name.text);
            diagnostics
                .push(Diagnostic::error("unmanaged-target", span, message).with(*target, "the target"));
        }
        if platform.is_none() && unmanaged.is_none() {
            let message = format!("`{}` has no target", name.text);
            let choice = self.platforms.join("`, `target ");
            diagnostics.push(Diagnostic::error("no-target", name.span, message).help(format!(
                "say `target {choice}`, or `unmanaged` for one that Septum does not write"
            )));
        }
        let placement = match protects {
            None if interfaces.is_empty() => {
                let message = format!("`{}` has no interface", name.text);
                diagnostics.push(Diagnostic::warning("no-interface", name.span, message));
                Placement::Between(interfaces)
            }
            None => Placement::Between(interfaces),
            Some(device) => {
                if let Some(interface) = interfaces.first() {
                    let message = format!("`{}` protects a device and has an interface", name.text);
                    diagnostics.push(
                        Diagnostic::error("host-interface", interface.span, message)
                            .help("a host firewall filters its own device only; remove one of the two"),
                    );
                }
                // A device whose definition is broken has been reported.
                if self.scope.set(&device.text).is_some_and(|known| known.is_none()) {
                    return None;
                }
                Placement::On(*self.scope.devices.get(&*device.text).or_else(|| {
                    let message = format!("there is no device `{}`", device.text);
                    let problem = Diagnostic::error("unknown-name", device.span, message);
                    let known = self.scope.devices.keys().copied();
                    diagnostics.push(names::did_you_mean(problem, &device.text, known));
                    None
                })?)
            }
        };
        if let Placement::On(id) = placement
            && let Some(device) = self
                .devices
                .get(id.index())
                .filter(|device| device.addresses.is_empty())
        {
            let message = format!("`{}` protects `{}`, which has no address", name.text, device.name);
            diagnostics
                .push(Diagnostic::error("no-address", name.span, message).with(device.span, "the device"));
        }
        Some(Point {
            name: name.text.to_string(),
            title: point.title.as_ref().map(|title| title.value.clone()),
            span: name.span,
            platform: platform
                .map(|(platform, _)| platform)
                .filter(|_| unmanaged.is_none()),
            placement,
            manage,
            run: run::resolve(point, &self.zone_ids, diagnostics),
        })
    }

    /// The device's own addresses; every address where none is known.
    fn own_addresses(&self, interfaces: &[Interface], protects: Option<&Name>) -> AddressSet {
        let of_interfaces = interfaces.iter().flat_map(|interface| &interface.addresses);
        let of_device = protects
            .and_then(|name| self.scope.devices.get(&*name.text))
            .and_then(|id| self.devices.get(id.index()))
            .into_iter()
            .flat_map(|device| &device.addresses);
        let own = AddressSet::from_addresses(of_interfaces.chain(of_device).map(|(address, _)| *address));
        if own.is_empty() { AddressSet::full() } else { own }
    }

    fn interface(&self, written: &tree::Interface, diagnostics: &mut Vec<Diagnostic>) -> Option<Interface> {
        let Some(&zone) = self.zone_ids.get(&*written.zone.text) else {
            let message = format!("there is no zone `{}`", written.zone.text);
            let problem = Diagnostic::error("unknown-name", written.zone.span, message);
            let known = self.zone_ids.keys().copied();
            let mut diagnostic = names::did_you_mean(problem, &written.zone.text, known);
            if self.scope.set(&written.zone.text).is_some() {
                diagnostic = diagnostic.note(
                    "note",
                    "an interface leads into one zone, not into a device, a group or a hierarchy",
                );
            }
            diagnostics.push(diagnostic);
            return None;
        };
        let here = self.zones.get(zone.index());
        for address in &written.addresses {
            if let Some(zone) = here.filter(|zone| !zone.addresses.contains(address.value)) {
                let message = format!(
                    "`{}` of interface `{}` is not an address of zone `{}`",
                    address.value, written.name.text, zone.name
                );
                let mut diagnostic = Diagnostic::error("interface-outside-zone", address.span, message)
                    .with(zone.span, "its zone");
                let mut zones = self.zones.iter();
                if let Some(owner) = zones.find(|zone| zone.addresses.contains(address.value)) {
                    diagnostic = diagnostic.help(format!("`{}` is of zone `{}`", address.value, owner.name));
                }
                diagnostics.push(diagnostic);
            }
        }
        Some(Interface {
            name: written.name.text.to_string(),
            zone,
            addresses: written
                .addresses
                .iter()
                .map(|address| (address.value, address.span))
                .collect(),
            span: written.name.span,
        })
    }
}

/// Management by nobody would lock everybody out, or on some platforms leave the device open: it is never built.
fn empty_manage(point: &str, manage: &Manage, own: &AddressSet) -> Option<Diagnostic> {
    let flow = FlowSet {
        source: Arc::clone(&manage.from.addresses),
        destination: Arc::new(own.clone()),
        service: Arc::clone(&manage.service.set),
    };
    let source = Side {
        text: &manage.from.text,
        span: Some(manage.from.span),
        addresses: &manage.from.addresses,
    };
    let destination = Side {
        text: point,
        span: None,
        addresses: own,
    };
    let (place, why) = emptiness::reason(&flow, source, destination, &manage.service, manage.span)?;
    Some(
        Diagnostic::error(
            "empty-manage",
            place,
            format!("nobody can manage `{point}` by this: {why}"),
        )
        .help("name a set that holds an address of a family that the device has"),
    )
}

fn unknown_platform(target: &Name, platforms: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "unknown-target",
        target.span,
        format!("there is no target `{}`", target.text),
    )
    .did_you_mean(&target.text, platforms.iter().copied());
    if diagnostic.help.is_some() {
        return diagnostic;
    }
    diagnostic.help(format!("there are `{}`", platforms.join("`, `")))
}

/// An interface address may be that of one device only: the enforcement point's own entry in the inventory.
fn report_shared_addresses(points: &[Point], devices: &[Device], diagnostics: &mut Vec<Diagnostic>) {
    let mut owners: BTreeMap<IpAddr, (&str, Span)> = BTreeMap::new();
    for device in devices {
        owners.extend(
            device
                .addresses
                .iter()
                .map(|(address, span)| (*address, (device.name.as_str(), *span))),
        );
    }
    for point in points {
        for (address, span) in point
            .interfaces()
            .iter()
            .flat_map(|interface| &interface.addresses)
        {
            match owners.get(address) {
                Some((owner, _)) if *owner == point.name => {}
                Some((owner, first)) => {
                    let message = format!("`{owner}` and `{}` have the same address `{address}`", point.name);
                    diagnostics.push(
                        Diagnostic::error("duplicate-address", *span, message).with(*first, "first here"),
                    );
                }
                None => {
                    owners.insert(*address, (&point.name, *span));
                }
            }
        }
    }
}
