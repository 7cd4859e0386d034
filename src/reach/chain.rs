//! Chains: what a host reaches when every host on the way may be used to go on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::direct::direct;
use super::view::{Edge, Passage, View};
use crate::model::{DeviceId, RuleId};
use crate::packet::{Family, ServiceSet};

/// Everything that some hosts reach, by the fewest steps.
#[derive(Clone, Debug)]
pub struct Spread {
    /// Where it begins.
    starts: BTreeSet<usize>,
    /// The class before each class that was reached, and the step.
    parents: Vec<Option<(usize, Edge)>>,
    /// Other hosts of a class where it began.
    again: BTreeMap<usize, (usize, Edge)>,
    /// Classes by number of steps: the starts, then what was reached.
    order: Vec<usize>,
    /// How many steps away each class is.
    steps: Vec<usize>,
}

/// A chain of steps, each from a class to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The class where it begins.
    pub start: usize,
    /// The steps, each with the class it leads to.
    pub steps: Vec<(Edge, usize)>,
}

impl Chain {
    /// The rules that let its steps through, each once.
    pub fn rules(&self) -> Vec<RuleId> {
        let mut rules = Vec::new();
        for (edge, _) in &self.steps {
            if let Passage::Rule(id) = edge.by
                && !rules.contains(&id)
            {
                rules.push(id);
            }
        }
        rules
    }
}

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

struct Search<'v, 'a> {
    view: &'v View<'a>,
    avoid: &'v [bool],
    without: &'v [RuleId],
    spread: Spread,
    queue: VecDeque<usize>,
    kinds_done: Vec<bool>,
    /// Of each destination whether all of its kinds are done, by family: the rules that share it are many.
    destinations_done: BTreeMap<Family, Vec<bool>>,
    sources_done: Vec<bool>,
    zones_done: BTreeSet<(usize, Family)>,
}

impl Spread {
    /// What one host of each of the classes reaches. Hosts of classes that `avoid` names are reached but lead no
    /// further; rules that `without` names are taken as absent.
    pub fn new(view: &View<'_>, starts: &[usize], avoid: &[bool], without: &[RuleId]) -> Self {
        let mut search = Search::new(view, starts, avoid, without);
        while let Some(class) = search.queue.pop_front() {
            search.expand(class);
        }
        search.spread
    }

    /// What hosts of some classes reach, until a class is met that is enough: that one, or none where all is known.
    pub fn until(
        view: &View<'_>,
        starts: &[usize],
        mut enough: impl FnMut(usize) -> bool,
    ) -> (Self, Option<usize>) {
        let mut search = Search::new(view, starts, &[], &[]);
        let mut seen = 0;
        loop {
            let new = search.spread.order.get(seen..).unwrap_or_default();
            if let Some(met) = new.iter().copied().find(|class| enough(*class)) {
                return (search.spread, Some(met));
            }
            seen = search.spread.order.len();
            let Some(class) = search.queue.pop_front() else {
                return (search.spread, None);
            };
            search.expand(class);
        }
    }

    /// True where a host of the class, other than one where it began, is reached.
    pub fn reaches(&self, class: usize) -> bool {
        self.again.contains_key(&class) || self.parents.get(class).is_some_and(Option::is_some)
    }

    /// The steps to a class; none where it is not reached.
    fn distance(&self, class: usize) -> Option<usize> {
        let length = |class: usize| self.steps.get(class).copied().unwrap_or(0);
        match self.again.get(&class) {
            Some((before, _)) => Some(length(*before) + 1),
            None => self.reaches(class).then(|| length(class)),
        }
    }

    /// The shortest chain to a class.
    pub fn chain_to(&self, class: usize) -> Option<Chain> {
        let (before, edge) = match self.again.get(&class) {
            Some(last) => *last,
            None => self.parents.get(class).copied().flatten()?,
        };
        let mut chain = self.way_to(before);
        chain.steps.push((edge, class));
        Some(chain)
    }

    /// The shortest chain to any of some classes, to one with devices where there is a choice.
    pub fn chain_to_nearest(&self, view: &View<'_>, classes: &[usize]) -> Option<Chain> {
        let reached = classes
            .iter()
            .filter_map(|class| Some((self.distance(*class)?, uninhabited(view, *class), *class)));
        let (_, _, nearest) = reached.min()?;
        self.chain_to(nearest)
    }

    /// The steps to a class from where it was begun: none for a class where it began.
    pub fn way_to(&self, mut class: usize) -> Chain {
        let mut steps = Vec::new();
        while let Some(Some((before, edge))) = self.parents.get(class).copied() {
            steps.push((edge, class));
            class = before;
        }
        steps.reverse();
        Chain { start: class, steps }
    }

    /// The classes from which one more step can be made, nearest first.
    fn standing(&self, avoid: &[bool]) -> impl Iterator<Item = usize> {
        self.order
            .iter()
            .copied()
            .filter(|class| self.starts.contains(class) || !avoid.get(*class).copied().unwrap_or(false))
    }
}

impl<'v, 'a> Search<'v, 'a> {
    fn new(view: &'v View<'a>, starts: &[usize], avoid: &'v [bool], without: &'v [RuleId]) -> Self {
        let classes = view.hosts.classes.len();
        Self {
            view,
            avoid,
            without,
            spread: Spread {
                starts: starts.iter().copied().collect(),
                parents: vec![None; classes],
                again: BTreeMap::new(),
                order: starts.to_vec(),
                steps: vec![0; classes],
            },
            queue: starts.iter().copied().collect(),
            kinds_done: vec![false; view.hosts.destination_kinds.len()],
            destinations_done: Family::BOTH
                .map(|family| (family, vec![false; view.hosts.kinds_to.len()]))
                .into(),
            sources_done: vec![false; view.hosts.source_kinds.len()],
            zones_done: BTreeSet::new(),
        }
    }

    fn expand(&mut self, class: usize) {
        let start = self.spread.starts.contains(&class);
        if !start && self.avoid.get(class).copied().unwrap_or(false) {
            return;
        }
        let view = self.view;
        let atoms = view
            .hosts
            .classes
            .get(class)
            .map_or(&[][..], |class| &class.atoms);
        for index in atoms {
            let Some(atom) = view.hosts.atoms.get(*index) else {
                continue;
            };
            self.by_rules(class, *index, atom.source_kind, atom.family);
            if atom.guard.is_none() {
                self.in_the_open(class, *index);
            }
        }
    }

    fn by_rules(&mut self, class: usize, from: usize, kind: usize, family: Family) {
        match self.sources_done.get_mut(kind) {
            Some(done) if !*done => *done = true,
            _ => return,
        }
        let view = self.view;
        for rule in view.allows(kind) {
            let done = self.destinations_done.get(&family);
            if done.and_then(|done| done.get(rule.destination)) == Some(&true) {
                continue;
            }
            let id = RuleId::from_index(rule.rule);
            if self.without.contains(&id) {
                continue;
            }
            let mut all_done = true;
            for destination in view.kinds_of(*rule, family) {
                if self.kinds_done.get(destination).copied().unwrap_or(true) {
                    continue;
                }
                if view.remaining(kind, *rule, destination).is_empty() {
                    all_done = false;
                    continue;
                }
                if let Some(done) = self.kinds_done.get_mut(destination) {
                    *done = true;
                }
                let atoms = view.hosts.destination_kinds.get(destination);
                for to in atoms.map_or(&[][..], |kind| &kind.atoms) {
                    let by = Passage::Rule(id);
                    self.arrive(class, Edge { from, to: *to, by });
                }
            }
            let done = self.destinations_done.get_mut(&family);
            if let Some(done) = done.and_then(|done| done.get_mut(rule.destination)) {
                *done = all_done;
            }
        }
    }

    fn in_the_open(&mut self, class: usize, from: usize) {
        let view = self.view;
        let Some(atom) = view.hosts.atoms.get(from) else {
            return;
        };
        let first = self.zones_done.insert((atom.zone.index(), atom.family));
        for zone in view.open_from(atom.zone) {
            for to in view.guarded_atoms(*zone, atom.family) {
                if let Some((point, _)) = view.accepted(from, *to) {
                    let by = Passage::HostFirewall(point);
                    self.arrive(class, Edge { from, to: *to, by });
                }
            }
            if !first {
                continue;
            }
            let by = view.passage(atom.zone, *zone);
            for to in view.plain_atoms(*zone, atom.family) {
                self.arrive(class, Edge { from, to: *to, by });
            }
        }
    }

    fn arrive(&mut self, before: usize, edge: Edge) {
        let view = self.view;
        let Some(atom) = view.hosts.atoms.get(edge.to) else {
            return;
        };
        for class in &atom.classes {
            if self.spread.starts.contains(class) {
                let many = view.hosts.classes.get(*class).is_some_and(|class| class.many());
                if many {
                    self.spread.again.entry(*class).or_insert((before, edge));
                }
                continue;
            }
            let Some(parent @ None) = self.spread.parents.get_mut(*class) else {
                continue;
            };
            *parent = Some((before, edge));
            let steps = self.spread.steps.get(before).copied().unwrap_or(0) + 1;
            if let Some(slot) = self.spread.steps.get_mut(*class) {
                *slot = steps;
            }
            self.spread.order.push(*class);
            self.queue.push_back(*class);
        }
    }
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

/// Orders classes with devices before those without.
fn uninhabited(view: &View<'_>, class: usize) -> bool {
    view.hosts
        .classes
        .get(class)
        .is_none_or(|class| class.devices.is_empty())
}
