//! Chains: what a host reaches when every host on the way may be used to go on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::view::{Edge, Passage, View};
use super::wanted::Wanted;
use crate::model::RuleId;
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
    pub(super) order: Vec<usize>,
    /// How many steps away each class is.
    pub(super) steps: Vec<usize>,
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

struct Search<'v, 'a> {
    view: &'v View<'a>,
    avoid: &'v [bool],
    without: &'v [RuleId],
    spread: Spread,
    queue: VecDeque<usize>,
    wanted: Wanted<'v, 'a>,
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
    pub(super) fn distance(&self, class: usize) -> Option<usize> {
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
    pub(super) fn standing(&self, avoid: &[bool]) -> impl Iterator<Item = usize> {
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
            wanted: Wanted::new(view, 0..view.hosts.destination_kinds.len()),
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
        for index in view.hosts.atoms_of_class(class) {
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
        let services = ServiceSet::full_in(family);
        for (rule, destination) in self.wanted.reached(kind, services, self.without) {
            self.wanted.found(destination);
            let atoms = view.hosts.destination_kinds.get(destination);
            for to in atoms.map_or(&[][..], |kind| &kind.atoms) {
                let by = Passage::Rule(rule);
                self.arrive(class, Edge { from, to: *to, by });
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
        for class in view.hosts.classes_of_atom(edge.to) {
            if self.spread.starts.contains(class) {
                if !view.hosts.is_lone(*class) {
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

/// Orders classes with devices before those without.
pub(super) fn uninhabited(view: &View<'_>, class: usize) -> bool {
    view.hosts
        .classes
        .get(class)
        .is_none_or(|class| class.devices.is_empty())
}
