//! Who reaches whom through any chain of hosts, by pair of zones.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::chain::{Chain, Goal, Spread};
use super::direct::direct;
use super::hosts::HostClass;
use super::view::View;
use crate::model::{DeviceId, ZoneId};
use crate::packet::{AddressSet, ServiceSet};

/// A zone that chains from another reach.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Where chains begin.
    pub from: ZoneId,
    /// Where they end.
    pub to: ZoneId,
    /// A shortest one.
    pub chain: Chain,
    /// The devices that chains end at, by id.
    pub devices: Vec<DeviceId>,
}

/// The zones where hosts of one set reach hosts of another, through any chain of hosts: by zone of the first host, then
/// by zone of the last. Both sets must be among those that the hosts were cut by.
pub fn transitive(view: &View<'_>, from: &AddressSet, to: &AddressSet) -> Vec<Reached> {
    let (from, to) = (atoms_by_zone(view, from), atoms_by_zone(view, to));
    let ends: Vec<(ZoneId, Vec<usize>)> = to
        .iter()
        .map(|(zone, atoms)| (*zone, view.hosts.classes_at(atoms)))
        .collect();
    let begin = |(zone, atoms): (&ZoneId, &Vec<usize>)| -> Vec<Reached> {
        let spread = Spread::new(view, &view.hosts.classes_at(atoms), &[], &[]);
        let reached = ends.iter().filter_map(|(end, classes)| {
            let (chain, mut devices) = if end == zone {
                if let Some(found) = inside(view, *zone, atoms, to.get(end)?) {
                    return Some(found);
                }
                // A lone host on both sides must not count as reaching itself.
                let goal = Goal {
                    from: atoms,
                    to: to.get(end)?,
                    via: &[],
                    service: &ServiceSet::full(),
                };
                let (chain, devices) = goal.shortest(view, &[])?;
                (chain, devices.into_iter().collect())
            } else {
                (
                    spread.chain_to_nearest(view, classes)?,
                    devices_at(view, &spread, classes),
                )
            };
            devices.sort_unstable();
            devices.dedup();
            Some(Reached {
                from: *zone,
                to: *end,
                chain,
                devices,
            })
        });
        reached.collect()
    };
    let begins: Vec<_> = from.iter().collect();
    begins.into_par_iter().flat_map_iter(begin).collect()
}

/// The answer about hosts of one zone where a single step from one of them leads to each: the usual zone, whose members
/// meet no filter. None where more has to be looked at.
fn inside(view: &View<'_>, zone: ZoneId, from: &[usize], to: &[usize]) -> Option<Reached> {
    let service = ServiceSet::full();
    let edges = direct(view, from, to, &service, &[]);
    let senders: BTreeMap<usize, usize> = edges.iter().map(|edge| (edge.to, edge.from)).collect();
    let class = |class: usize| view.hosts.classes.get(class);
    let classes = view.hosts.classes_at(to);
    // A host is reached where another one than itself is behind the step.
    let by_another = |at: usize, sender: usize| {
        let atom = view.hosts.atoms.get(sender);
        class(at).is_some_and(HostClass::many)
            || atom.is_some_and(|atom| atom.classes.iter().any(|other| *other != at))
    };
    let reached = |at: &usize| {
        let mut atoms = class(*at).into_iter().flat_map(|class| &class.atoms);
        atoms.any(|atom| senders.get(atom).is_some_and(|sender| by_another(*at, *sender)))
    };
    if !classes.iter().all(reached) {
        return None;
    }
    let chain = edges.iter().find_map(|edge| {
        let ends = |atom: usize| view.hosts.atoms.get(atom).map(|atom| atom.classes.as_slice());
        let (starts, ends) = (ends(edge.from)?, ends(edge.to)?);
        let pairs = starts
            .iter()
            .flat_map(|start| ends.iter().map(move |end| (*start, *end)));
        let mut pairs = pairs.filter(|(start, end)| start != end || class(*end).is_some_and(HostClass::many));
        let (start, end) = pairs.next()?;
        Some(Chain {
            start,
            steps: vec![(*edge, end)],
        })
    })?;
    let devices = classes.iter().filter_map(|at| class(*at));
    let mut devices: Vec<DeviceId> = devices.flat_map(|class| class.devices.iter().copied()).collect();
    devices.sort_unstable();
    devices.dedup();
    Some(Reached {
        from: zone,
        to: zone,
        chain,
        devices,
    })
}

fn atoms_by_zone(view: &View<'_>, set: &AddressSet) -> BTreeMap<ZoneId, Vec<usize>> {
    let mut zones: BTreeMap<ZoneId, Vec<usize>> = BTreeMap::new();
    for index in view.hosts.atoms_of(set).unwrap_or_default() {
        if let Some(atom) = view.hosts.atoms.get(*index) {
            zones.entry(atom.zone).or_default().push(*index);
        }
    }
    zones
}

fn devices_at(view: &View<'_>, spread: &Spread, classes: &[usize]) -> Vec<DeviceId> {
    let reached = classes.iter().filter(|class| spread.reaches(**class));
    reached
        .filter_map(|class| view.hosts.classes.get(*class))
        .flat_map(|class| class.devices.iter().copied())
        .collect()
}
