//! Chains from one side to another: the shortest, the farthest, and from where most is reached.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chain, Spread, uninhabited};
use super::direct::direct;
use super::view::View;
use crate::model::{DeviceId, RuleId};
use crate::packet::ServiceSet;

/// From whom to whom chains are looked for.
#[derive(Clone, Debug)]
pub struct Goal<'a> {
    /// The atoms of the first side.
    pub from: &'a [usize],
    /// The atoms of the second side.
    pub to: &'a [usize],
    /// Hosts with an address here are no step on the way.
    pub via: &'a [usize],
    /// What the last step is about.
    pub service: &'a ServiceSet,
}

impl Goal<'_> {
    /// Classes that are no step on the way.
    fn avoided(&self, view: &View<'_>) -> Vec<bool> {
        let mut avoided = vec![false; view.hosts.classes.len()];
        for class in view.hosts.classes_at(self.via) {
            if let Some(slot) = avoided.get_mut(class) {
                *slot = true;
            }
        }
        avoided
    }

    /// The shortest chain, and the classes of the second side that chains reach. None where there is no chain.
    pub fn shortest(&self, view: &View<'_>, without: &[RuleId]) -> Option<(Chain, BTreeSet<usize>)> {
        let avoid = self.avoided(view);
        let starts = view.hosts.classes_at(self.from);
        let ends = view.hosts.classes_at(self.to);
        let single = |class: &usize| !view.hosts.classes.get(*class).is_some_and(|class| class.many());
        // A lone host on both sides must not reach itself. Two different ones differ in some bit of their number.
        let lone: Vec<usize> = starts
            .iter()
            .copied()
            .filter(|class| single(class) && ends.binary_search(class).is_ok())
            .collect();
        let is_lone = |class: &usize| lone.binary_search(class).is_ok();
        let others =
            |side: &[usize]| -> Vec<usize> { side.iter().copied().filter(|c| !is_lone(c)).collect() };
        let mut rounds = vec![(starts.clone(), others(&ends))];
        if !lone.is_empty() {
            rounds.push((others(&starts), lone.clone()));
        }
        let bits = usize::BITS - lone.len().saturating_sub(1).leading_zeros();
        for bit in 0..bits {
            let half = |wanted: usize| -> Vec<usize> {
                let numbered = lone.iter().enumerate();
                numbered
                    .filter(|(at, _)| (at >> bit) & 1 == wanted)
                    .map(|(_, class)| *class)
                    .collect()
            };
            rounds.push((half(0), half(1)));
            rounds.push((half(1), half(0)));
        }
        let mut best: Option<Chain> = None;
        let mut reached = BTreeSet::new();
        for (starts, ends) in rounds {
            if starts.is_empty() || ends.is_empty() {
                continue;
            }
            let spread = Spread::new(view, &starts, &avoid, without);
            for (chain, class) in self.arrivals(view, &spread, &avoid, &ends, without) {
                reached.insert(class);
                if let Some(chain) = chain
                    && best
                        .as_ref()
                        .is_none_or(|best| chain.steps.len() < best.steps.len())
                {
                    best = Some(chain);
                }
            }
        }
        best.map(|chain| (chain, reached))
    }

    /// The classes of the second side that a spread arrives at, the nearest of them with its chain.
    fn arrivals(
        &self,
        view: &View<'_>,
        spread: &Spread,
        avoid: &[bool],
        ends: &[usize],
        without: &[RuleId],
    ) -> Vec<(Option<Chain>, usize)> {
        if *self.service == ServiceSet::full() {
            let nearest = ends
                .iter()
                .copied()
                .filter_map(|class| Some((spread.distance(class)?, uninhabited(view, class), class)))
                .min();
            return ends
                .iter()
                .filter(|class| spread.reaches(**class))
                .map(|class| {
                    let chain = nearest
                        .filter(|(_, _, first)| first == class)
                        .and_then(|_| spread.chain_to(*class));
                    (chain, *class)
                })
                .collect();
        }
        // Only the last step is about the service: one more step from everywhere, layer by layer.
        let mut arrivals = Vec::new();
        let mut arrived = BTreeSet::new();
        // A host is reached at any of its addresses.
        let atoms = ends.iter().filter_map(|class| view.hosts.classes.get(*class));
        let receivers: BTreeSet<usize> = atoms.flat_map(|class| class.atoms.iter().copied()).collect();
        let receivers: Vec<usize> = receivers.into_iter().collect();
        let standing: Vec<usize> = spread.standing(avoid).collect();
        let far = |class: &usize| spread.steps.get(*class).copied().unwrap_or(0);
        for layer in standing.chunk_by(|a, b| far(a) == far(b)) {
            let atoms_of = |skip: Option<usize>| -> BTreeMap<usize, usize> {
                let classes = layer.iter().copied().filter(|class| Some(*class) != skip);
                let pairs = classes.flat_map(|class| {
                    let atoms = view
                        .hosts
                        .classes
                        .get(class)
                        .map_or(&[][..], |class| &class.atoms);
                    atoms.iter().map(move |atom| (*atom, class))
                });
                let mut senders = BTreeMap::new();
                for (atom, class) in pairs {
                    senders.entry(atom).or_insert(class);
                }
                senders
            };
            let senders = atoms_of(None);
            let atoms: Vec<usize> = senders.keys().copied().collect();
            for edge in direct(view, &atoms, &receivers, self.service, without) {
                let classes = view
                    .hosts
                    .atoms
                    .get(edge.to)
                    .map_or(&[][..], |atom| &atom.classes);
                for class in classes.iter().filter(|class| ends.binary_search(class).is_ok()) {
                    if arrived.contains(class) {
                        continue;
                    }
                    let Some(before) = senders.get(&edge.from).copied() else {
                        continue;
                    };
                    let lone =
                        |class: usize| !view.hosts.classes.get(class).is_some_and(|class| class.many());
                    let step = if before == *class && lone(before) {
                        // A host that talks to itself is no step: somebody else has to.
                        let others = atoms_of(Some(before));
                        let atoms: Vec<usize> = others.keys().copied().collect();
                        let edges = direct(view, &atoms, &[edge.to], self.service, without);
                        edges
                            .first()
                            .and_then(|edge| Some((*edge, others.get(&edge.from).copied()?)))
                    } else {
                        Some((edge, before))
                    };
                    let Some((edge, before)) = step else { continue };
                    let mut chain = spread.way_to(before);
                    chain.steps.push((edge, *class));
                    arrived.insert(*class);
                    arrivals.push((Some(chain), *class));
                }
            }
        }
        arrivals
    }

    /// The shortest chain from one host of a class to the class of the second side that is farthest from it, and
    /// that class.
    pub fn farthest(&self, view: &View<'_>, start: usize) -> Option<(Chain, usize)> {
        let avoid = vec![false; view.hosts.classes.len()];
        let spread = Spread::new(view, &[start], &avoid, &[]);
        let ends = view.hosts.classes_at(self.to);
        let many = view.hosts.classes.get(start).is_some_and(|class| class.many());
        let inhabited = ends
            .into_iter()
            .filter(|class| !uninhabited(view, *class) && (*class != start || many));
        inhabited
            .filter_map(|class| {
                let only_it = self.arrivals(view, &spread, &avoid, &[class], &[]);
                let chain = only_it.into_iter().find_map(|(chain, _)| chain)?;
                Some((chain, class))
            })
            .max_by_key(|(chain, class)| (chain.steps.len(), std::cmp::Reverse(*class)))
    }

    /// From which single host of the first side chains reach the most devices of the second, with those devices.
    pub fn widest(&self, view: &View<'_>) -> Option<(usize, BTreeSet<DeviceId>)> {
        let avoid = vec![false; view.hosts.classes.len()];
        let ends = view.hosts.classes_at(self.to);
        let mut best: Option<(usize, BTreeSet<DeviceId>)> = None;
        let mut bound: BTreeMap<usize, usize> = BTreeMap::new();
        for start in view.hosts.classes_at(self.from) {
            let most = best.as_ref().map_or(0, |(_, devices)| devices.len());
            if best.is_some() && bound.get(&start).is_some_and(|bound| *bound <= most) {
                continue;
            }
            let spread = Spread::new(view, &[start], &avoid, &[]);
            let mut devices: BTreeSet<DeviceId> = BTreeSet::new();
            for (_, class) in self.arrivals(view, &spread, &avoid, &ends, &[]) {
                let mut found: Vec<DeviceId> = view.hosts.devices_of([class]).collect();
                let bare = view.hosts.classes.get(class).is_some_and(|class| class.bare > 0);
                if class == start && !bare {
                    // One of them is where it begins.
                    found.pop();
                }
                devices.extend(found);
            }
            // Whoever is reached reaches no more than this, but for the start itself.
            for class in spread.order.iter().filter(|class| **class != start) {
                let slot = bound.entry(*class).or_insert(usize::MAX);
                *slot = (*slot).min(devices.len() + 1);
            }
            if best.as_ref().is_none_or(|(_, most)| devices.len() > most.len()) {
                best = Some((start, devices));
            }
        }
        best
    }
}
