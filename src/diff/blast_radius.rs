//! How many devices an intruder in a zone gets to, before and after a change.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Version;
use crate::model::{Policy, ZoneId};
use crate::network::Network;
use crate::packet::AddressSet;
use crate::reach::{Closures, Hosts, View};

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
    let names = Names::new([old.policy, new.policy]);
    let everybody = Arc::new(AddressSet::full());
    let hosts = [old, new].map(|version| Hosts::told_apart_by(version.policy, &[Arc::clone(&everybody)]));
    let [old_hosts, new_hosts] = &hosts;
    let (old_view, new_view) = (view(old, old_hosts), view(new, new_hosts));
    let (mut before, mut after) = (Radii::new(&old_view, &names), Radii::new(&new_view, &names));
    let mut zones: Vec<&str> = before.zones.keys().chain(after.zones.keys()).copied().collect();
    zones.sort_unstable();
    zones.dedup();
    let change = |zone: &str| {
        let (before, after) = rayon::join(|| before.of(zone), || after.of(zone));
        (before != after).then(|| RadiusChange {
            zone: zone.to_owned(),
            before: before.count(),
            after: after.count(),
            gained: names.only_in(&after, &before),
            lost: names.only_in(&before, &after),
        })
    };
    zones.into_iter().filter_map(change).collect()
}

fn view<'a>(version: Version<'a>, hosts: &'a Hosts) -> View<'a> {
    let network = Network::new(version.policy);
    View::new(version.policy, &network, hosts, version.today, version.mode)
}

/// The names of the devices of both versions, ascending, each once.
struct Names<'a>(Vec<&'a str>);

/// Devices, by the places of their names.
#[derive(PartialEq, Eq)]
struct Devices(Vec<bool>);

impl<'a> Names<'a> {
    fn new(policies: [&'a Policy; 2]) -> Self {
        let devices = policies.into_iter().flat_map(|policy| &policy.devices);
        let mut names: Vec<&str> = devices.map(|device| device.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    fn only_in(&self, these: &Devices, those: &Devices) -> Vec<String> {
        let marks = these.0.iter().zip(&those.0).zip(&self.0);
        let only = marks.filter(|((here, there), _)| **here && !**there);
        only.map(|(_, name)| (*name).to_owned()).collect()
    }
}

impl Devices {
    fn count(&self) -> usize {
        self.0.iter().filter(|reached| **reached).count()
    }
}

/// What chains reach in one version, zone by zone: all at once would be zones times devices.
struct Radii<'v, 'a> {
    closures: Closures<'v, 'a>,
    view: &'v View<'a>,
    zones: BTreeMap<&'a str, ZoneId>,
    /// Of each device the place of its name.
    places: Vec<usize>,
    /// How many names there are.
    names: usize,
}

impl<'v, 'a> Radii<'v, 'a> {
    fn new(view: &'v View<'a>, names: &Names<'_>) -> Self {
        let closures = Closures::new(view);
        let policy = view.policy;
        let zones = closures.zones();
        let devices = policy.devices.iter();
        Self {
            zones: zones.map(|zone| (policy.zone_name(zone), zone)).collect(),
            places: devices
                .map(|device| names.0.partition_point(|name| *name < device.name.as_str()))
                .collect(),
            names: names.0.len(),
            closures,
            view,
        }
    }

    /// The devices that chains from a zone reach.
    fn of(&mut self, zone: &str) -> Devices {
        let mut devices = vec![false; self.names];
        let ends = self.zones.get(zone).map(|zone| self.closures.from_zone(*zone));
        let classes = ends.into_iter().flatten();
        for device in self.view.hosts.devices_of(classes) {
            let place = self.places.get(device.index());
            if let Some(mark) = place.and_then(|place| devices.get_mut(*place)) {
                *mark = true;
            }
        }
        Devices(devices)
    }
}
