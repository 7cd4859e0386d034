//! Chains from one side to another: the shortest, the farthest, and from where most is reached.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chain, Spread, uninhabited};
use super::direct::direct;
use super::view::{Edge, View};
use crate::model::{DeviceId, RuleId};
use crate::packet::ServiceSet;

/// From whom to whom chains are looked for.
#[derive(Clone, Debug)]
pub struct Goal<'a> {
    /// The atoms of the first side.
    pub from: &'a [usize],
    /// The atoms of the second side.
    pub to: &'a [usize],
    /// The atoms that no chain leads through: it may begin or end at a host with an address here.
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
        let mut best: Option<Chain> = None;
        let mut reached = BTreeSet::new();
        for (starts, ends) in rounds(view, starts, ends) {
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

    /// The classes of the second side that a spread arrives at. The nearest of them have their chains.
    fn arrivals(
        &self,
        view: &View<'_>,
        spread: &Spread,
        avoid: &[bool],
        ends: &[usize],
        without: &[RuleId],
    ) -> Vec<(Option<Chain>, usize)> {
        if self.service.is_full() {
            return by_any_service(view, spread, ends);
        }
        let last = LastStep {
            view,
            spread,
            ends,
            service: self.service,
            without,
        };
        last.arrivals(avoid)
    }

    /// The shortest chain from one host of a class to the class of the second side that is farthest from it, and
    /// that class.
    pub fn farthest(&self, view: &View<'_>, start: usize) -> Option<(Chain, usize)> {
        let spread = Spread::new(view, &[start], &[], &[]);
        let ends = view.hosts.classes_at(self.to);
        let lone = view.hosts.is_lone(start);
        let inhabited = ends
            .into_iter()
            .filter(|class| !uninhabited(view, *class) && (*class != start || !lone));
        inhabited
            .filter_map(|class| {
                let only_it = self.arrivals(view, &spread, &[], &[class], &[]);
                let chain = only_it.into_iter().find_map(|(chain, _)| chain)?;
                Some((chain, class))
            })
            .max_by_key(|(chain, class)| (chain.steps.len(), std::cmp::Reverse(*class)))
    }

    /// From which single host of the first side chains reach the most devices of the second, with those devices.
    pub fn widest(&self, view: &View<'_>) -> Option<(usize, BTreeSet<DeviceId>)> {
        let ends = view.hosts.classes_at(self.to);
        let mut best: Option<(usize, BTreeSet<DeviceId>)> = None;
        let mut bound: BTreeMap<usize, usize> = BTreeMap::new();
        for start in view.hosts.classes_at(self.from) {
            let most = best.as_ref().map_or(0, |(_, devices)| devices.len());
            if best.is_some() && bound.get(&start).is_some_and(|bound| *bound <= most) {
                continue;
            }
            let spread = Spread::new(view, &[start], &[], &[]);
            let mut devices: BTreeSet<DeviceId> = BTreeSet::new();
            for (_, class) in self.arrivals(view, &spread, &[], &ends, &[]) {
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

/// Starts and ends of the searches that together find all chains, but none of a host to itself: a lone host on both
/// sides would reach itself where it is a start and an end of one search.
fn rounds(view: &View<'_>, starts: Vec<usize>, ends: Vec<usize>) -> Vec<(Vec<usize>, Vec<usize>)> {
    let lone: Vec<usize> = starts
        .iter()
        .copied()
        .filter(|class| view.hosts.is_lone(*class) && ends.binary_search(class).is_ok())
        .collect();
    let others = |side: &[usize]| -> Vec<usize> {
        let not_lone = side.iter().filter(|class| lone.binary_search(class).is_err());
        not_lone.copied().collect()
    };
    let mut rounds = vec![(starts.clone(), others(&ends)), (others(&starts), lone.clone())];
    // From lone hosts to lone hosts: two different ones differ in some bit of their number.
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
    rounds.retain(|(starts, ends)| !starts.is_empty() && !ends.is_empty());
    rounds
}

/// Where a spread arrives. The nearest class alone has its chain.
fn by_any_service(view: &View<'_>, spread: &Spread, ends: &[usize]) -> Vec<(Option<Chain>, usize)> {
    let distances = ends
        .iter()
        .filter_map(|class| Some((spread.distance(*class)?, uninhabited(view, *class), *class)));
    let nearest = distances.min().map(|(_, _, class)| class);
    let reached = ends.iter().filter(|class| spread.reaches(**class));
    reached
        .map(|class| {
            let chain = nearest
                .filter(|nearest| nearest == class)
                .and_then(|nearest| spread.chain_to(nearest));
            (chain, *class)
        })
        .collect()
}

/// Chains of which only the last step is about a service: the steps of a spread, and one more.
struct LastStep<'s, 'a> {
    view: &'s View<'a>,
    spread: &'s Spread,
    /// The classes where it may lead, ascending.
    ends: &'s [usize],
    service: &'s ServiceSet,
    without: &'s [RuleId],
}

impl LastStep<'_, '_> {
    /// The ends that are reached, each with a shortest chain. Classes that `avoid` names lead no further.
    fn arrivals(&self, avoid: &[bool]) -> Vec<(Option<Chain>, usize)> {
        let hosts = self.view.hosts;
        // A host is reached at any of its addresses.
        let receivers = self.ends.iter().flat_map(|class| hosts.atoms_of_class(*class));
        let receivers: BTreeSet<usize> = receivers.copied().collect();
        let receivers: Vec<usize> = receivers.into_iter().collect();
        let mut arrivals = Vec::new();
        let mut arrived = BTreeSet::new();
        let standing: Vec<usize> = self.spread.standing(avoid).collect();
        let far = |class: &usize| self.spread.steps.get(*class).copied().unwrap_or(0);
        // Those that stand equally far, the nearest first.
        for layer in standing.chunk_by(|a, b| far(a) == far(b)) {
            let senders = self.senders(layer, None);
            for edge in self.steps(&senders, &receivers) {
                for class in hosts.classes_of_atom(edge.to) {
                    if self.ends.binary_search(class).is_err() || arrived.contains(class) {
                        continue;
                    }
                    let Some((edge, before)) = self.by_another(edge, *class, &senders, layer) else {
                        continue;
                    };
                    let mut chain = self.spread.way_to(before);
                    chain.steps.push((edge, *class));
                    arrived.insert(*class);
                    arrivals.push((Some(chain), *class));
                }
            }
        }
        arrivals
    }

    /// The atoms of some classes but one, each with the first class that has it.
    fn senders(&self, classes: &[usize], skip: Option<usize>) -> BTreeMap<usize, usize> {
        let mut senders = BTreeMap::new();
        for class in classes.iter().filter(|class| Some(**class) != skip) {
            for atom in self.view.hosts.atoms_of_class(*class) {
                senders.entry(*atom).or_insert(*class);
            }
        }
        senders
    }

    fn steps(&self, senders: &BTreeMap<usize, usize>, receivers: &[usize]) -> Vec<Edge> {
        let atoms: Vec<usize> = senders.keys().copied().collect();
        direct(self.view, &atoms, receivers, self.service, self.without)
    }

    /// A step to a class as `edge` or, where that would be a host that talks to itself, from another host of the
    /// layer. With the class that it comes from.
    fn by_another(
        &self,
        edge: Edge,
        class: usize,
        senders: &BTreeMap<usize, usize>,
        layer: &[usize],
    ) -> Option<(Edge, usize)> {
        let before = *senders.get(&edge.from)?;
        if before != class || !self.view.hosts.is_lone(class) {
            return Some((edge, before));
        }
        let others = self.senders(layer, Some(class));
        let edge = *self.steps(&others, &[edge.to]).first()?;
        Some((edge, *others.get(&edge.from)?))
    }
}
