//! One step: which atoms reach which, and what a required flow lacks.

use std::collections::{BTreeMap, BTreeSet};

use super::view::{Edge, Passage, View};
use super::wanted::Wanted;
use crate::model::RuleId;
use crate::packet::ServiceSet;

/// Atoms by kind, those with devices first.
fn by_kind(view: &View<'_>, atoms: &[usize], kind: impl Fn(usize) -> usize) -> BTreeMap<usize, Vec<usize>> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for inhabited in [true, false] {
        for atom in atoms
            .iter()
            .filter(|atom| view.hosts.inhabited(**atom) == inhabited)
        {
            groups.entry(kind(*atom)).or_default().push(*atom);
        }
    }
    groups
}

fn by_source_kind(view: &View<'_>, atoms: &[usize]) -> BTreeMap<usize, Vec<usize>> {
    by_kind(view, atoms, |atom| {
        view.hosts.atoms.get(atom).map_or(0, |atom| atom.source_kind)
    })
}

fn by_destination_kind(view: &View<'_>, atoms: &[usize]) -> BTreeMap<usize, Vec<usize>> {
    by_kind(view, atoms, |atom| {
        view.hosts.atoms.get(atom).map_or(0, |atom| atom.destination_kind)
    })
}

/// A sender among the atoms that is not one and the same host as the receiver.
fn sender(view: &View<'_>, senders: &[usize], receiver: usize) -> Option<usize> {
    senders
        .iter()
        .copied()
        .find(|sender| !view.hosts.same_only_host(*sender, receiver))
}

/// The steps of some of the services from atoms to atoms: at most one for each receiving atom, ascending. Rules that
/// `without` names are taken as absent.
pub fn direct(
    view: &View<'_>,
    from: &[usize],
    to: &[usize],
    service: &ServiceSet,
    without: &[RuleId],
) -> Vec<Edge> {
    let mut found: BTreeMap<usize, Edge> = BTreeMap::new();
    let mut receivers = by_destination_kind(view, to);
    let mut wanted = Wanted::new(view, receivers.keys().copied());
    for (kind, senders) in by_source_kind(view, from) {
        if wanted.is_empty() {
            break;
        }
        for (rule, destination) in wanted.reached(kind, service, without) {
            let Some(left) = receivers.get_mut(&destination) else {
                continue;
            };
            left.retain(|receiver| {
                let edge = sender(view, &senders, *receiver).map(|sender| Edge {
                    from: sender,
                    to: *receiver,
                    by: Passage::Rule(rule),
                });
                found.extend(edge.map(|edge| (edge.to, edge)));
                edge.is_none()
            });
            if left.is_empty() {
                wanted.found(destination);
            }
        }
    }
    in_the_open(view, from, to, service, &mut found);
    found.into_values().collect()
}

fn in_the_open(
    view: &View<'_>,
    from: &[usize],
    to: &[usize],
    service: &ServiceSet,
    found: &mut BTreeMap<usize, Edge>,
) {
    let mut senders: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for inhabited in [true, false] {
        for index in from
            .iter()
            .filter(|atom| view.hosts.inhabited(**atom) == inhabited)
        {
            if let Some(atom) = view.hosts.atoms.get(*index).filter(|atom| atom.guard.is_none()) {
                senders.entry((atom.zone, atom.family)).or_default().push(*index);
            }
        }
    }
    for receiver in to {
        let Some(atom) = view.hosts.atoms.get(*receiver) else {
            continue;
        };
        let has_service = !service.is_empty_in(atom.family);
        let mut near = senders
            .iter()
            .filter(|((zone, family), _)| *family == atom.family && view.is_open(*zone, atom.zone));
        let edge = if atom.guard.is_none() {
            near.find_map(|((zone, _), senders)| {
                let from = sender(view, senders, *receiver).filter(|_| has_service)?;
                Some((from, view.passage(*zone, atom.zone)))
            })
        } else {
            near.flat_map(|(_, senders)| senders).find_map(|sender| {
                let (point, taken) = view.accepted(*sender, *receiver)?;
                let other = !view.hosts.same_only_host(*sender, *receiver);
                (other && overlaps(&taken, service)).then_some((*sender, Passage::HostFirewall(point)))
            })
        };
        if let Some((from, by)) = edge {
            found.entry(*receiver).or_insert(Edge {
                from,
                to: *receiver,
                by,
            });
        }
    }
}

fn overlaps(a: &ServiceSet, b: &ServiceSet) -> bool {
    !a.intersection(b).is_empty()
}

/// Every rule that lets some of the services through from atoms to atoms, and whether some of it needs no rule.
pub fn direct_rules(
    view: &View<'_>,
    from: &[usize],
    to: &[usize],
    service: &ServiceSet,
) -> (Vec<RuleId>, bool) {
    let receivers = by_destination_kind(view, to);
    let mut wanted = Wanted::new(view, receivers.keys().copied());
    let mut rules: BTreeSet<RuleId> = BTreeSet::new();
    for (kind, senders) in by_source_kind(view, from) {
        let has_sender = |destination| {
            let receivers = receivers.get(&destination).into_iter().flatten();
            let mut receivers = receivers.copied();
            receivers.any(|receiver| sender(view, &senders, receiver).is_some())
        };
        wanted.add_rules(kind, service, has_sender, &mut rules);
    }
    let mut open = BTreeMap::new();
    in_the_open(view, from, to, service, &mut open);
    (rules.into_iter().collect(), !open.is_empty())
}

/// A required step that does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The sender's atom.
    pub from: usize,
    /// The receiver's atom.
    pub to: usize,
    /// What is not permitted.
    pub services: ServiceSet,
    /// A deny that takes some of it away.
    pub deny: Option<RuleId>,
}

/// Some pair of atoms between which some of the services do not get through; one with devices where there is one.
pub fn missing(view: &View<'_>, from: &[usize], to: &[usize], service: &ServiceSet) -> Option<Missing> {
    let receivers = by_destination_kind(view, to);
    let mut uninhabited = None;
    for (source_kind, senders) in by_source_kind(view, from) {
        for (destination_kind, receivers) in &receivers {
            let Some(found) = missing_between(
                view,
                (source_kind, &senders),
                (*destination_kind, receivers),
                service,
            ) else {
                continue;
            };
            if view.hosts.inhabited(found.from) && view.hosts.inhabited(found.to) {
                return Some(found);
            }
            uninhabited.get_or_insert(found);
        }
    }
    uninhabited
}

fn missing_between(
    view: &View<'_>,
    (source_kind, senders): (usize, &[usize]),
    (destination_kind, receivers): (usize, &[usize]),
    service: &ServiceSet,
) -> Option<Missing> {
    let family = view.hosts.source_kinds.get(source_kind)?.family;
    if view.hosts.destination_kinds.get(destination_kind)?.family != family {
        return None;
    }
    let needed = service.in_family(family);
    let lacking = needed.difference(&view.rules.permitted(source_kind, destination_kind));
    if lacking.is_empty() {
        return None;
    }
    for from in senders {
        for to in receivers {
            let services = lacking.difference(&free_within_zone(view, *from, *to));
            if services.is_empty() || view.hosts.same_only_host(*from, *to) {
                continue;
            }
            return Some(Missing {
                from: *from,
                to: *to,
                deny: view
                    .rules
                    .first_deny(&services, source_kind, destination_kind, |_| true),
                services,
            });
        }
    }
    None
}

/// Some pair of atoms between which `before` permits some of the services and `after` does not.
pub fn missing_in(
    before: &View<'_>,
    after: &View<'_>,
    from: &[usize],
    to: &[usize],
    service: &ServiceSet,
) -> Option<Missing> {
    let receivers = by_destination_kind(after, to);
    for (source_kind, senders) in by_source_kind(after, from) {
        let family = after.hosts.source_kinds.get(source_kind)?.family;
        for (destination_kind, receivers) in &receivers {
            if after.hosts.destination_kinds.get(*destination_kind)?.family != family {
                continue;
            }
            let permitted = |view: &View<'_>| {
                let permitted = view.rules.permitted(source_kind, *destination_kind);
                permitted.intersection(service)
            };
            let services = permitted(before).difference(&permitted(after));
            let to = receivers.first().copied();
            let (Some(from), Some(to), false) = (senders.first().copied(), to, services.is_empty()) else {
                continue;
            };
            let held: Vec<RuleId> = before.rules.denies(source_kind, *destination_kind).collect();
            let deny = after
                .rules
                .first_deny(&services, source_kind, *destination_kind, |deny| {
                    !held.contains(&deny)
                });
            return Some(Missing {
                from,
                to,
                services,
                deny,
            });
        }
    }
    None
}

/// What passes between two atoms of one zone without any rule.
fn free_within_zone(view: &View<'_>, from: usize, to: usize) -> ServiceSet {
    let (Some(sender), Some(receiver)) = (view.hosts.atoms.get(from), view.hosts.atoms.get(to)) else {
        return ServiceSet::empty();
    };
    if sender.zone != receiver.zone || sender.guard.is_some() || !view.is_open(sender.zone, receiver.zone) {
        return ServiceSet::empty();
    }
    match receiver.guard {
        None => ServiceSet::full(),
        Some(_) => view
            .accepted(from, to)
            .map_or_else(ServiceSet::empty, |(_, service)| service),
    }
}
