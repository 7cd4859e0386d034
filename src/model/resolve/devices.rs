//! Devices of the language and of the inventory, as one list.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use super::names;
use crate::diagnostic::{Diagnostic, Severity};
use crate::inventory::{Facts, Field, InventoryDevice};
use crate::model::{Device, Zone, ZoneId, ZoneMap};
use crate::packet::AddressSet;
use crate::source::Span;
use crate::syntax::tree::{self, DeviceStatement, Item, Name};

/// What both sources say of a device, before its zone is known.
struct Draft<'a> {
    name: &'a str,
    span: Span,
    title: Option<String>,
    zone: Option<(&'a str, Span)>,
    /// True where an inventory says so, in which names need no quotes.
    listed: bool,
    addresses: Vec<(IpAddr, Span)>,
    labels: Vec<&'a str>,
    facts: Facts<Arc<str>>,
    cves: Vec<String>,
}

/// What devices are put into.
struct Places<'a> {
    zones: &'a [Zone],
    zone_ids: BTreeMap<&'a str, ZoneId>,
    zone_map: &'a ZoneMap,
    /// Labels that a zone and its devices have, by the zone and what is said of the device.
    labels: HashMap<(ZoneId, Vec<&'a str>), Arc<BTreeSet<String>>>,
    /// Devices that nobody has put anywhere, and whose address is only of the external zone.
    astray: Vec<(&'a str, Span)>,
}

/// What is wrong with devices. After the first thousand nobody reads on, and an inventory has mistakes by the row; the
/// rest is counted.
#[derive(Default)]
struct Mistakes {
    kept: Vec<Diagnostic>,
    more: usize,
}

impl Mistakes {
    const KEPT: usize = 1_000;

    fn push(&mut self, mistake: impl FnOnce() -> Diagnostic) {
        if self.kept.len() < Self::KEPT {
            self.kept.push(mistake());
        } else {
            self.more += 1;
        }
    }

    fn report(self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(self.kept);
        if self.more > 0 {
            let message = format!("{} more errors of devices are not shown", self.more);
            diagnostics.push(Diagnostic::new(Severity::Error, "inventory-limit", message));
        }
    }
}

/// Devices of a policy.
pub(super) struct Resolved<'a> {
    /// Those of the language in the order of their text, then those of the inventory.
    pub devices: Vec<Device>,
    /// Names of those whose zone is unknown, which has been reported.
    pub broken: Vec<&'a str>,
}

/// All devices.
pub(super) fn resolve<'a>(
    items: &[&'a Item],
    inventory: &'a [InventoryDevice],
    zones: &'a [Zone],
    zone_map: &'a ZoneMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved<'a> {
    let written = items.iter().filter_map(|item| match item {
        Item::Device(device) => Some(from_tree(device)),
        _ => None,
    });
    let zone_ids = zones.iter().enumerate();
    let mut places = Places {
        zones,
        zone_ids: zone_ids
            .map(|(i, zone)| (zone.name.as_str(), ZoneId::from_index(i)))
            .collect(),
        zone_map,
        labels: HashMap::new(),
        astray: Vec::new(),
    };
    let mut first_of: HashMap<&str, Span> = HashMap::with_capacity(inventory.len());
    let mut devices = Vec::with_capacity(inventory.len());
    let mut broken = Vec::new();
    let mut mistakes = Mistakes::default();
    for draft in written.chain(inventory.iter().map(from_inventory)) {
        match first_of.entry(draft.name) {
            Entry::Occupied(first) => {
                let name = || Name {
                    text: draft.name.into(),
                    span: draft.span,
                };
                mistakes.push(|| names::duplicate("device", &name(), *first.get()));
            }
            Entry::Vacant(entry) => {
                entry.insert(draft.span);
                let name = draft.name;
                match places.put(draft, &mut mistakes) {
                    Some(device) => devices.push(device),
                    None => broken.push(name),
                }
            }
        }
    }
    report_shared_addresses(&devices, &mut mistakes);
    diagnostics.extend(places.report_astray());
    mistakes.report(diagnostics);
    Resolved { devices, broken }
}

fn from_tree(device: &tree::Device) -> Draft<'_> {
    let mut draft = Draft {
        name: &device.name.text,
        span: device.name.span,
        title: device.title.as_ref().map(|title| title.value.clone()),
        zone: Some((&device.zone.text, device.zone.span)),
        listed: false,
        addresses: Vec::new(),
        labels: Vec::new(),
        facts: Facts::default(),
        cves: Vec::new(),
    };
    for statement in &device.body {
        match statement {
            DeviceStatement::Address(addresses, _) => {
                draft
                    .addresses
                    .extend(addresses.iter().map(|address| (address.value, address.span)));
            }
            DeviceStatement::Label(labels, _) => draft.labels.extend(labels.iter().map(|label| &*label.text)),
            DeviceStatement::Fact(key, values, _) if &*key.text == "cves" => {
                draft.cves.extend(values.iter().map(|value| value.value.clone()));
            }
            DeviceStatement::Fact(key, values, _) => {
                let text: Vec<&str> = values.iter().map(|value| value.value.as_str()).collect();
                if let Some(field) = Field::named(&key.text) {
                    draft.facts.set(field, text.join(", ").into());
                }
            }
        }
    }
    draft
}

fn from_inventory(device: &InventoryDevice) -> Draft<'_> {
    Draft {
        name: &device.name.value,
        span: device.name.span,
        title: None,
        zone: device.zone.as_ref().map(|zone| (&*zone.value, zone.span)),
        listed: true,
        addresses: device
            .addresses
            .iter()
            .map(|address| (address.value, address.span))
            .collect(),
        labels: device.labels.iter().map(|label| &*label.value).collect(),
        facts: device.facts.map(|fact| Arc::clone(&fact.value)),
        cves: device.cves.iter().map(|cve| cve.value.clone()).collect(),
    }
}

impl<'a> Places<'a> {
    /// Finds the device's zone and checks that its addresses are of it.
    fn put(&mut self, draft: Draft<'a>, mistakes: &mut Mistakes) -> Option<Device> {
        let Some(id) = self.zone_of(&draft) else {
            mistakes.push(|| self.without_zone(&draft));
            return None;
        };
        let zone = self.zones.get(id.index())?;
        if draft.zone.is_none() && zone.external {
            self.astray.push((draft.name, draft.span));
        }
        for (address, span) in &draft.addresses {
            if zone.addresses.contains(*address) {
                continue;
            }
            mistakes.push(|| {
                let mut diagnostic = Diagnostic::error(
                    "device-outside-zone",
                    *span,
                    format!(
                        "`{address}` of device `{}` is not an address of zone `{}`",
                        draft.name, zone.name
                    ),
                )
                .with(zone.span, "its zone");
                if let Some(owner) = self
                    .zone_map
                    .zone_of(*address)
                    .and_then(|owner| self.zones.get(owner.index()))
                {
                    diagnostic = diagnostic.help(format!("`{address}` is of zone `{}`", owner.name));
                }
                diagnostic
            });
        }
        let labels = self
            .labels
            .entry((id, draft.labels))
            .or_insert_with_key(|(_, own)| {
                let own = own.iter().map(|label| (*label).to_owned());
                Arc::new(own.chain(zone.labels.iter().cloned()).collect())
            });
        let addresses = draft.addresses.iter().map(|(address, _)| *address);
        Some(Device {
            name: draft.name.to_owned(),
            title: draft.title,
            span: draft.span,
            zone: id,
            set: Arc::new(AddressSet::from_addresses(addresses)),
            addresses: draft.addresses,
            labels: Arc::clone(labels),
            facts: draft.facts,
            cves: draft.cves,
        })
    }

    /// The zone that a device is said to be in, else that of its first address.
    fn zone_of(&self, draft: &Draft<'_>) -> Option<ZoneId> {
        if let Some((zone, _)) = draft.zone {
            return self.zone_ids.get(zone).copied();
        }
        let first = draft.addresses.first();
        first.and_then(|(address, _)| self.zone_map.zone_of(*address))
    }

    /// An address that lost its subnet, or has a typing error, is of the external zone, and what may reach the internet
    /// may reach it.
    fn report_astray(&self) -> Option<Diagnostic> {
        const NAMED: usize = 5;
        let (first, span) = self.astray.first()?;
        let external = self.zones.iter().find(|zone| zone.external)?;
        let message = match self.astray.len() {
            1 => format!(
                "device `{first}` has no zone, and none but the external `{}` has its address",
                external.name
            ),
            count => format!(
                "{count} devices have no zone, and none but the external `{}` has their addresses",
                external.name
            ),
        };
        let mut diagnostic = Diagnostic::warning("no-zone", *span, message);
        if self.astray.len() > 1 {
            let mut names: Vec<&str> = self.astray.iter().take(NAMED).map(|(name, _)| *name).collect();
            let more = self.astray.len().saturating_sub(NAMED);
            let more = format!("and {more} more");
            if self.astray.len() > NAMED {
                names.push(&more);
            }
            diagnostic = diagnostic.note("devices", names.join(", "));
        }
        Some(diagnostic.help(format!(
            "give a zone the subnet, or say that the device is in `{}`",
            external.name
        )))
    }

    fn without_zone(&self, draft: &Draft<'_>) -> Diagnostic {
        let name = draft.name;
        if let Some((zone, span)) = draft.zone {
            let message = format!("device `{name}` is in zone `{zone}`, which does not exist");
            let problem = Diagnostic::error("unknown-name", span, message);
            let known = self.zone_ids.keys().copied();
            return match draft.listed {
                true => problem.did_you_mean(zone, known),
                false => names::did_you_mean(problem, zone, known),
            };
        }
        let message = format!("device `{name}` has no zone, and no zone owns its address");
        Diagnostic::error("device-outside-zone", draft.span, message).help("name its zone")
    }
}

fn report_shared_addresses(devices: &[Device], mistakes: &mut Mistakes) {
    let mut places: Vec<(IpAddr, usize, Span)> = Vec::with_capacity(devices.len());
    for (index, device) in devices.iter().enumerate() {
        places.extend(
            device
                .addresses
                .iter()
                .map(|(address, span)| (*address, index, *span)),
        );
    }
    places.sort_by_key(|(address, ..)| *address);
    for same in places.chunk_by(|(one, ..), (other, ..)| one == other) {
        let [(address, first, written), others @ ..] = same else {
            continue;
        };
        let name = |index: usize| devices.get(index).map_or("", |device| &device.name);
        for (_, other, span) in others {
            mistakes.push(|| {
                let message = if other == first {
                    format!("device `{}` has the address `{address}` twice", name(*first))
                } else {
                    format!(
                        "devices `{}` and `{}` have the same address `{address}`",
                        name(*first),
                        name(*other)
                    )
                };
                Diagnostic::error("duplicate-address", *span, message).with(*written, "first here")
            });
        }
    }
}
