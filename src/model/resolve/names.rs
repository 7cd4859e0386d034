//! The names that sets and services may use.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::nesting::Nesting;
use crate::diagnostic::{Diagnostic, suggest};
use crate::model::{Device, DeviceId, Service, ServiceId, Zone};
use crate::packet::{AddressSet, ServiceSet};
use crate::source::Span;
use crate::syntax::spelled;
use crate::syntax::tree::{Item, Name, Point};

/// Adds `did you mean` for `wrong`, if a name of `known` is near it: as the language writes that name.
pub(super) fn did_you_mean<'n>(
    problem: Diagnostic,
    wrong: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    match suggest::nearest(wrong, known) {
        Some(near) => problem.meant(&spelled(near)),
        None => problem,
    }
}

/// What set names stand for, once zones, devices and services are known.
pub(super) struct Scope<'a> {
    /// Zones (with the zones under and within them), dotted names that only have zones under them, devices, and
    /// groups as they are resolved. None for a name whose definition is broken.
    sets: HashMap<&'a str, Option<Arc<AddressSet>>>,
    /// Everything with a label.
    pub labels: BTreeMap<&'a str, Arc<AddressSet>>,
    /// Services by name.
    pub services: BTreeMap<&'a str, ServiceId>,
    /// Devices by name.
    pub devices: HashMap<&'a str, DeviceId>,
    /// All services.
    pub service_list: &'a [Service],
    /// What is written of ports and numbers, by its text: rules that say the same share it.
    pub unnamed_services: RefCell<HashMap<Arc<str>, Arc<ServiceSet>>>,
    /// Firewalls and routers by name, which no set can hold.
    pub points: HashMap<&'a str, &'a Point>,
    /// Every address.
    pub any: Arc<AddressSet>,
}

/// What has been resolved before groups and rules are.
#[derive(Clone, Copy)]
pub(super) struct Defined<'a> {
    pub zones: &'a [Zone],
    pub devices: &'a [Device],
    /// Names of devices that are not among these, because their definition is broken.
    pub broken: &'a [&'a str],
    pub services: &'a [Service],
}

impl<'a> Scope<'a> {
    pub(super) fn new(items: &[&'a Item], defined: Defined<'a>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let Defined {
            zones,
            devices,
            broken,
            services,
        } = defined;
        let whole = with_zones_within(zones);
        let mut sets = zone_sets(zones, &whole);
        sets.reserve(devices.len());
        let zone_spans: HashMap<&str, Span> =
            zones.iter().map(|zone| (zone.name.as_str(), zone.span)).collect();
        let mut by_name = HashMap::with_capacity(devices.len());
        for (index, device) in devices.iter().enumerate() {
            let name = device.name.as_str();
            match sets.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(Some(Arc::clone(&device.set)));
                }
                Entry::Occupied(_) => {
                    diagnostics.push(clash("device", name, device.span, zone_spans.get(name).copied()));
                }
            }
            by_name.insert(name, DeviceId::from_index(index));
        }
        for name in broken {
            sets.entry(name).or_insert(None);
        }
        let points = items.iter().copied().filter_map(|item| match item {
            Item::Point(point) => Some((&*point.name.text, point)),
            _ => None,
        });
        let mut groups: HashMap<&str, Span> = HashMap::new();
        for item in items {
            let Item::Group(group) = item else { continue };
            let name = &*group.name.text;
            if sets.contains_key(name) {
                let device = by_name.get(name).and_then(|id| devices.get(id.index()));
                let other = zone_spans.get(name).copied();
                let other = other.or(device.map(|device| device.span));
                diagnostics.push(clash("group", name, group.name.span, other));
            } else if let Some(first) = groups.get(name) {
                diagnostics.push(duplicate("group", &group.name, *first));
            } else {
                groups.insert(name, group.name.span);
            }
        }
        Self {
            sets,
            labels: label_sets(zones, &whole, devices),
            services: services
                .iter()
                .enumerate()
                .map(|(i, s)| (s.name.as_str(), ServiceId::from_index(i)))
                .collect(),
            devices: by_name,
            service_list: services,
            unnamed_services: RefCell::default(),
            points: points.collect(),
            any: Arc::new(AddressSet::full()),
        }
    }

    /// What a name stands for: none for an unknown one, within it none for one whose definition is broken.
    pub(super) fn set(&self, name: &str) -> Option<Option<&Arc<AddressSet>>> {
        self.sets.get(name).map(Option::as_ref)
    }

    /// Adds a group.
    pub(super) fn add(&mut self, name: &'a str, addresses: Option<Arc<AddressSet>>) {
        self.sets.insert(name, addresses);
    }

    /// Every name that stands for a set.
    pub(super) fn set_names(&self) -> impl Iterator<Item = &str> {
        self.sets.keys().copied()
    }
}

/// Said of a second definition.
pub(super) fn duplicate(kind: &str, name: &Name, first: Span) -> Diagnostic {
    Diagnostic::error(
        "duplicate-name",
        name.span,
        format!("{kind} `{}` is defined twice", name.text),
    )
    .with(first, "first defined here")
    .help("rename one of them, or join the two")
}

fn clash(kind: &str, name: &str, span: Span, other: Option<Span>) -> Diagnostic {
    let message = format!("{kind} `{name}` has the name of something else that a set can hold");
    let diagnostic = Diagnostic::error("duplicate-name", span, message)
        .help("zones, devices and groups share one space of names: rename one of the two");
    match other {
        Some(other) => diagnostic.with(other, "the other one"),
        None => diagnostic,
    }
}

/// The addresses of each zone and of the zones within it.
fn with_zones_within(zones: &[Zone]) -> Vec<AddressSet> {
    let mut whole: Vec<AddressSet> = zones.iter().map(|zone| (*zone.addresses).clone()).collect();
    let mut inner: Vec<Vec<usize>> = vec![Vec::new(); zones.len()];
    for index in Nesting::read(zones).inner_first() {
        let parts = inner.get(index).into_iter().flatten().chain([&index]);
        let all = AddressSet::union_of(parts.filter_map(|part| whole.get(*part)));
        if let Some(slot) = whole.get_mut(index) {
            *slot = all;
        }
        let outer = zones.get(index).and_then(|zone| zone.within);
        if let Some(list) = outer.and_then(|outer| inner.get_mut(outer.index())) {
            list.push(index);
        }
    }
    whole
}

/// A zone's name stands for it, the zones under it by name, and the zones within any of these.
fn zone_sets<'a>(zones: &'a [Zone], whole: &[AddressSet]) -> HashMap<&'a str, Option<Arc<AddressSet>>> {
    let mut members: BTreeMap<&str, Vec<&AddressSet>> = BTreeMap::new();
    for (zone, addresses) in zones.iter().zip(whole) {
        let above = zone
            .name
            .match_indices('.')
            .filter_map(|(dot, _)| zone.name.get(..dot));
        for name in above.chain([zone.name.as_str()]) {
            members.entry(name).or_default().push(addresses);
        }
    }
    members
        .into_iter()
        .map(|(name, parts)| (name, Some(Arc::new(AddressSet::union_of(parts)))))
        .collect()
}

/// A label stands for every zone that has it, whole as its name does, and every device that has it.
fn label_sets<'a>(
    zones: &'a [Zone],
    whole: &[AddressSet],
    devices: &'a [Device],
) -> BTreeMap<&'a str, Arc<AddressSet>> {
    let mut parts: BTreeMap<&str, Vec<&AddressSet>> = BTreeMap::new();
    for (zone, addresses) in zones.iter().zip(whole) {
        for label in &zone.labels {
            parts.entry(label).or_default().push(addresses);
        }
    }
    for device in devices {
        let zone_labels: Option<&BTreeSet<String>> = zones.get(device.zone.index()).map(|zone| &zone.labels);
        for label in &*device.labels {
            if zone_labels.is_none_or(|labels| !labels.contains(label)) {
                parts.entry(label).or_default().push(&device.set);
            }
        }
    }
    parts
        .into_iter()
        .map(|(label, sets)| (label, Arc::new(AddressSet::union_of(sets))))
        .collect()
}
