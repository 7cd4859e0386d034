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
    /// Of each class whether it is among them.
    classes: Vec<bool>,
    /// Of each class whether it is known to reach all of them.
    core: Vec<bool>,
}

impl Closure {
    /// Of all that some classes reach.
    fn new(view: &View<'_>, starts: &[usize], spread: &Spread) -> Self {
        let classes = 0..view.hosts.classes.len();
        let mut classes: Vec<bool> = classes.map(|class| spread.reaches(class)).collect();
        mark(&mut classes, starts.iter().copied());
        let mut core = vec![false; classes.len()];
        // One of them that reaches the others reaches all that they do.
        let first = starts.get(..1).unwrap_or_default();
        let mut left = starts.len();
        let (_, all) = Spread::until(view, first, |class| {
            left -= usize::from(starts.binary_search(&class).is_ok());
            left == 0
        });
        if all.is_some() {
            mark(&mut core, first.iter().copied());
        }
        Self { classes, core }
    }

    fn holds(&self, classes: &[usize]) -> bool {
        classes.iter().all(|class| is_marked(&self.classes, *class))
    }
}

fn mark(marks: &mut [bool], classes: impl IntoIterator<Item = usize>) {
    for class in classes {
        if let Some(mark) = marks.get_mut(class) {
            *mark = true;
        }
    }
}

fn is_marked(marks: &[bool], class: usize) -> bool {
    marks.get(class) == Some(&true)
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
        let holds: Vec<bool> = self.known.iter().map(|known| known.holds(starts)).collect();
        // Whoever is reached from some hosts and gets back to them reaches the same.
        let known = |class: usize| {
            let mut known = self.known.iter().zip(&holds);
            known.position(|(known, holds)| *holds && is_marked(&known.core, class))
        };
        let (spread, back) = Spread::until(self.view, starts, |class| known(class).is_some());
        let at = match back.and_then(|class| Some((class, known(class)?))) {
            Some((class, at)) => {
                if let Some(known) = self.known.get_mut(at) {
                    let way = spread.way_to(class);
                    let steps = way.steps.iter().map(|(_, class)| *class);
                    mark(&mut known.core, steps.chain([way.start]));
                }
                at
            }
            None => {
                self.known.truncate(KEPT - 1);
                self.known.insert(0, Closure::new(self.view, starts, &spread));
                0
            }
        };
        self.known.get(at).map_or(&[], |known| &known.classes)
    }
}
