//! Where chains from each zone end, without the chains: zones that reach each other reach the same, so that most
//! zones need not be followed to the end.

use std::collections::BTreeMap;

use super::chain::Spread;
use super::transitive::{atoms_by_zone, own_zone};
use super::view::View;
use crate::model::ZoneId;
use crate::packet::AddressSet;

/// How many answers are kept for other zones.
const KEPT: usize = 32;

/// Where chains end, zone by zone.
#[derive(Debug)]
pub struct Closures<'v, 'a> {
    view: &'v View<'a>,
    /// The atoms of each zone.
    atoms: BTreeMap<ZoneId, Vec<usize>>,
    known: Vec<Closure>,
}

/// All that the hosts of some classes reach, with themselves.
#[derive(Debug)]
struct Closure {
    starts: Vec<usize>,
    /// Of each class whether it is among them.
    classes: Vec<bool>,
}

impl Closure {
    fn holds(&self, classes: &[usize]) -> bool {
        let mut classes = classes.iter();
        classes.all(|class| self.classes.get(*class) == Some(&true))
    }
}

impl<'v, 'a> Closures<'v, 'a> {
    /// Between all hosts. The set of all addresses must be among those that the hosts were cut by.
    pub fn new(view: &'v View<'a>) -> Self {
        Self {
            view,
            atoms: atoms_by_zone(view, &AddressSet::full()),
            known: Vec::new(),
        }
    }

    /// The zones with hosts, ascending.
    pub fn zones(&self) -> impl Iterator<Item = ZoneId> {
        self.atoms.keys().copied()
    }

    /// The classes that chains from hosts of a zone end at, ascending.
    pub fn from_zone(&mut self, zone: ZoneId) -> Vec<usize> {
        let view = self.view;
        let Some(atoms) = self.atoms.get(&zone).cloned() else {
            return Vec::new();
        };
        let starts = view.hosts.classes_at(&atoms);
        let own = own_zone(view, &atoms, &atoms).map_or_else(Vec::new, |(_, classes)| classes);
        let all = self.all_from(&starts).iter().zip(0..);
        let reached = all.filter_map(|(reached, class)| reached.then_some(class));
        let beyond = reached.filter(|class| starts.binary_search(class).is_err());
        let mut ends: Vec<usize> = beyond.chain(own).collect();
        ends.sort_unstable();
        ends
    }

    fn all_from(&mut self, starts: &[usize]) -> &[bool] {
        let known = self.known.iter().position(|known| known.holds(starts));
        // Whoever is reached from there and gets back there reaches the same.
        let same = known.filter(|at| {
            let there = self.known.get(*at).map_or(&[][..], |known| &known.starts);
            Spread::reaches_all(self.view, starts, there)
        });
        if same.is_none() {
            let spread = Spread::new(self.view, starts, &[], &[]);
            let classes = 0..self.view.hosts.classes.len();
            let reached = |class| spread.reaches(class) || starts.binary_search(&class).is_ok();
            self.known.truncate(KEPT - 1);
            self.known.insert(
                0,
                Closure {
                    starts: starts.to_vec(),
                    classes: classes.map(reached).collect(),
                },
            );
        }
        let known = self.known.get(same.unwrap_or(0));
        known.map_or(&[], |known| &known.classes)
    }
}
