//! Who reaches whom through any chain of hosts, by pair of zones.

use std::collections::BTreeMap;

use super::chain::{Chain, Spread};
use super::direct::direct;
use super::goal::Goal;
use super::view::View;
use crate::model::ZoneId;
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
    /// The classes that chains end at, ascending.
    pub classes: Vec<usize>,
}

/// The chains from hosts of one set to hosts of another, zone by zone: there are as many answers as pairs of zones.
#[derive(Debug)]
pub struct Transitive<'v, 'a> {
    view: &'v View<'a>,
    /// The atoms of the first set.
    from: BTreeMap<ZoneId, Vec<usize>>,
    to: BTreeMap<ZoneId, End>,
}

/// What a zone has of the second set.
#[derive(Debug)]
struct End {
    atoms: Vec<usize>,
    classes: Vec<usize>,
}

impl<'v, 'a> Transitive<'v, 'a> {
    /// Both sets must be among those that the hosts were cut by.
    pub fn new(view: &'v View<'a>, from: &AddressSet, to: &AddressSet) -> Self {
        let end = |(zone, atoms): (ZoneId, Vec<usize>)| {
            let classes = view.hosts.classes_at(&atoms);
            (zone, End { atoms, classes })
        };
        Self {
            view,
            from: atoms_by_zone(view, from),
            to: atoms_by_zone(view, to).into_iter().map(end).collect(),
        }
    }

    /// The zones of the first set, ascending.
    pub fn starts(&self) -> Vec<ZoneId> {
        self.from.keys().copied().collect()
    }

    /// Where chains from hosts of a zone end, by zone.
    pub fn from_zone(&self, zone: ZoneId) -> Vec<Reached> {
        let Some(atoms) = self.from.get(&zone) else {
            return Vec::new();
        };
        let view = self.view;
        let spread = Spread::new(view, &view.hosts.classes_at(atoms), &[], &[]);
        let reached = self.to.iter().filter_map(|(to, end)| {
            let (chain, classes) = if *to == zone {
                own_zone(view, atoms, &end.atoms)?
            } else {
                let reached = end.classes.iter().copied();
                (
                    spread.chain_to_nearest(view, &end.classes)?,
                    reached.filter(|class| spread.reaches(*class)).collect(),
                )
            };
            Some(Reached {
                from: zone,
                to: *to,
                chain,
                classes,
            })
        });
        reached.collect()
    }
}

/// A shortest chain between hosts of one zone, and the classes that chains end at.
pub(super) fn own_zone(view: &View<'_>, from: &[usize], to: &[usize]) -> Option<(Chain, Vec<usize>)> {
    inside(view, from, to).or_else(|| {
        // A lone host on both sides must not count as reaching itself.
        let goal = Goal {
            from,
            to,
            via: &[],
            service: &ServiceSet::full(),
        };
        let (chain, classes) = goal.shortest(view, &[])?;
        Some((chain, classes.into_iter().collect()))
    })
}

/// The answer about hosts of one zone where a single step from one of them leads to each: the usual zone, whose members
/// meet no filter. None where more has to be looked at.
fn inside(view: &View<'_>, from: &[usize], to: &[usize]) -> Option<(Chain, Vec<usize>)> {
    let service = ServiceSet::full();
    let edges = direct(view, from, to, &service, &[]);
    let senders: BTreeMap<usize, usize> = edges.iter().map(|edge| (edge.to, edge.from)).collect();
    let hosts = view.hosts;
    let classes = hosts.classes_at(to);
    // A host is reached where another one than itself is behind the step.
    let by_another = |class: usize, sender: usize| {
        let mut senders = hosts.classes_of_atom(sender).iter();
        !hosts.is_lone(class) || senders.any(|other| *other != class)
    };
    let reached = |class: &usize| {
        let mut atoms = hosts.atoms_of_class(*class).iter();
        atoms.any(|atom| {
            senders
                .get(atom)
                .is_some_and(|sender| by_another(*class, *sender))
        })
    };
    if !classes.iter().all(reached) {
        return None;
    }
    let chain = edges.iter().find_map(|edge| {
        let (starts, ends) = (hosts.classes_of_atom(edge.from), hosts.classes_of_atom(edge.to));
        let mut pairs = starts
            .iter()
            .flat_map(|start| ends.iter().map(move |end| (*start, *end)));
        let (start, end) = pairs.find(|(start, end)| start != end || !hosts.is_lone(*end))?;
        Some(Chain {
            start,
            steps: vec![(*edge, end)],
        })
    })?;
    Some((chain, classes))
}

pub(super) fn atoms_by_zone(view: &View<'_>, set: &AddressSet) -> BTreeMap<ZoneId, Vec<usize>> {
    let mut zones: BTreeMap<ZoneId, Vec<usize>> = BTreeMap::new();
    for index in view.hosts.atoms_of(set).unwrap_or_default() {
        if let Some(atom) = view.hosts.atoms.get(*index) {
            zones.entry(atom.zone).or_default().push(*index);
        }
    }
    zones
}
