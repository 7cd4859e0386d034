//! How many devices an intruder in a zone gets to, before and after a change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Version;
use crate::model::DeviceId;
use crate::network::Network;
use crate::packet::AddressSet;
use crate::reach::{Hosts, View, transitive};

/// Devices that chains from a zone reach in one version and not in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadiusChange {
    /// The zone.
    pub zone: String,
    /// How many devices its hosts reached, through any chain of hosts.
    pub before: usize,
    /// How many they reach now.
    pub after: usize,
    /// Those that are new, by name.
    pub gained: Vec<String>,
    /// Those that are gone, by name.
    pub lost: Vec<String>,
}

/// The zones from which chains reach other devices than before. A zone that one version does not have reaches nothing
/// there.
pub fn radius_changes(old: Version<'_>, new: Version<'_>) -> Vec<RadiusChange> {
    let (before, after) = (radii(old), radii(new));
    let zones: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let none = BTreeSet::new();
    let changes = zones.into_iter().filter_map(|zone| {
        let before = before.get(zone).unwrap_or(&none);
        let after = after.get(zone).unwrap_or(&none);
        (before != after).then(|| RadiusChange {
            zone: zone.clone(),
            before: before.len(),
            after: after.len(),
            gained: after.difference(before).cloned().collect(),
            lost: before.difference(after).cloned().collect(),
        })
    });
    changes.collect()
}

/// For each zone the devices that chains from it reach.
fn radii(version: Version<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let policy = version.policy;
    let everybody = Arc::new(AddressSet::full());
    let hosts = Hosts::told_apart_by(policy, &[Arc::clone(&everybody)]);
    let view = View::new(policy, &Network::new(policy), &hosts, version.today, version.mode);
    let mut radii: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for reached in transitive(&view, &everybody, &everybody) {
        let name = |id: &DeviceId| Some(policy.devices.get(id.index())?.name.clone());
        let devices = reached.devices.iter().filter_map(name);
        let zone = policy.zone_name(reached.from).to_owned();
        radii.entry(zone).or_default().extend(devices);
    }
    radii
}
