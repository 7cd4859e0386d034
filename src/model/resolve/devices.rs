//! Devices of the language and of the inventory, as one list.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use super::names;
use crate::diagnostic::Diagnostic;
use crate::inventory::InventoryDevice;
use crate::model::{Device, Zone, ZoneId, ZoneMap};
use crate::packet::AddressSet;
use crate::source::Span;
use crate::syntax::tree::{self, DeviceStatement, Item, Name};

/// What both sources say of a device, before its zone is known.
struct Draft {
    name: Name,
    title: Option<String>,
    zone: Option<(String, Span)>,
    addresses: Vec<(IpAddr, Span)>,
    labels: BTreeSet<String>,
    facts: BTreeMap<String, String>,
    cves: Vec<String>,
}

/// All devices: those of the language in the order of their text, then those of the inventory.
pub(super) fn resolve(
    items: &[&Item],
    inventory: &[InventoryDevice],
    zones: &[Zone],
    zone_map: &ZoneMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Device> {
    let written = items.iter().filter_map(|item| match item {
        Item::Device(device) => Some(from_tree(device)),
        _ => None,
    });
    let zone_ids: BTreeMap<&str, ZoneId> = zones
        .iter()
        .enumerate()
        .map(|(i, zone)| (zone.name.as_str(), ZoneId::from_index(i)))
        .collect();
    let mut first_of: HashMap<String, Span> = HashMap::new();
    let mut devices = Vec::new();
    for draft in written.chain(inventory.iter().map(from_inventory)) {
        if let Some(first) = first_of.get(&draft.name.text) {
            diagnostics.push(names::duplicate("device", &draft.name, *first));
            continue;
        }
        first_of.insert(draft.name.text.clone(), draft.name.span);
        devices.extend(place(draft, zones, &zone_ids, zone_map, diagnostics));
    }
    report_shared_addresses(&devices, diagnostics);
    devices
}

fn from_tree(device: &tree::Device) -> Draft {
    let mut draft = Draft {
        name: device.name.clone(),
        title: device.title.as_ref().map(|title| title.value.clone()),
        zone: Some((device.zone.text.clone(), device.zone.span)),
        addresses: Vec::new(),
        labels: BTreeSet::new(),
        facts: BTreeMap::new(),
        cves: Vec::new(),
    };
    for statement in &device.body {
        match statement {
            DeviceStatement::Address(addresses, _) => {
                draft
                    .addresses
                    .extend(addresses.iter().map(|address| (address.value, address.span)));
            }
            DeviceStatement::Label(labels, _) => {
                draft.labels.extend(labels.iter().map(|label| label.text.clone()))
            }
            DeviceStatement::Fact(key, values, _) if key.text == "cves" => {
                draft.cves.extend(values.iter().map(|value| value.value.clone()));
            }
            DeviceStatement::Fact(key, values, _) => {
                let text: Vec<&str> = values.iter().map(|value| value.value.as_str()).collect();
                draft.facts.insert(key.text.clone(), text.join(", "));
            }
        }
    }
    draft
}

fn from_inventory(device: &InventoryDevice) -> Draft {
    Draft {
        name: Name {
            text: device.name.value.clone(),
            span: device.name.span,
        },
        title: None,
        zone: device.zone.as_ref().map(|zone| (zone.value.clone(), zone.span)),
        addresses: device
            .addresses
            .iter()
            .map(|address| (address.value, address.span))
            .collect(),
        labels: device.labels.iter().map(|label| label.value.clone()).collect(),
        facts: device
            .facts
            .iter()
            .map(|(key, value)| (key.clone(), value.value.clone()))
            .collect(),
        cves: device.cves.iter().map(|cve| cve.value.clone()).collect(),
    }
}

/// Finds the device's zone and checks that its addresses are of it.
fn place(
    draft: Draft,
    zones: &[Zone],
    zone_ids: &BTreeMap<&str, ZoneId>,
    zone_map: &ZoneMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Device> {
    let Draft {
        name,
        title,
        zone,
        addresses,
        mut labels,
        facts,
        cves,
    } = draft;
    let id = match &zone {
        Some((zone_name, span)) => match zone_ids.get(zone_name.as_str()) {
            Some(id) => *id,
            None => {
                let message = format!(
                    "device `{}` is in zone `{zone_name}`, which does not exist",
                    name.text
                );
                diagnostics.push(
                    Diagnostic::error("unknown-name", *span, message)
                        .did_you_mean(zone_name, zone_ids.keys().copied()),
                );
                return None;
            }
        },
        None => match addresses
            .first()
            .and_then(|(address, _)| zone_map.zone_of(*address))
        {
            Some(id) => id,
            None => {
                let message = format!("device `{}` has no zone, and no zone owns its address", name.text);
                diagnostics
                    .push(Diagnostic::error("device-outside-zone", name.span, message).help("name its zone"));
                return None;
            }
        },
    };
    let zone = zones.get(id.index())?;
    for (address, span) in &addresses {
        if zone.addresses.contains(*address) {
            continue;
        }
        let mut diagnostic = Diagnostic::error(
            "device-outside-zone",
            *span,
            format!(
                "`{address}` of device `{}` is not an address of zone `{}`",
                name.text, zone.name
            ),
        )
        .with(zone.span, "its zone");
        if let Some(owner) = zone_map
            .zone_of(*address)
            .and_then(|owner| zones.get(owner.index()))
        {
            diagnostic = diagnostic.help(format!("`{address}` is of zone `{}`", owner.name));
        }
        diagnostics.push(diagnostic);
    }
    labels.extend(zone.labels.iter().cloned());
    let set = Arc::new(AddressSet::from_addresses(
        addresses.iter().map(|(address, _)| *address),
    ));
    Some(Device {
        name: name.text,
        title,
        span: name.span,
        zone: id,
        addresses,
        set,
        labels,
        facts,
        cves,
    })
}

fn report_shared_addresses(devices: &[Device], diagnostics: &mut Vec<Diagnostic>) {
    let mut owners: BTreeMap<IpAddr, (&Device, Span)> = BTreeMap::new();
    for device in devices {
        for (address, span) in &device.addresses {
            let Some((other, first)) = owners.get(address) else {
                owners.insert(*address, (device, *span));
                continue;
            };
            let message = if other.name == device.name {
                format!("device `{}` has the address `{address}` twice", device.name)
            } else {
                format!(
                    "devices `{}` and `{}` have the same address `{address}`",
                    other.name, device.name
                )
            };
            diagnostics
                .push(Diagnostic::error("duplicate-address", *span, message).with(*first, "first here"));
        }
    }
}
