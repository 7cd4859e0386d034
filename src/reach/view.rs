//! The policy on one day and in one mode, as steps between atoms.

use std::collections::BTreeMap;

use super::hosts::Hosts;
use super::rules::Rules;
use crate::model::{DeviceId, HostFirewall, ModeId, PointId, Policy, Rule, RuleId, ZoneId};
use crate::network::Network;
use crate::packet::{Family, ServiceSet};
use crate::plan::opened_service;

/// Why a step is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Passage {
    /// A rule permits it.
    Rule(RuleId),
    /// Both ends are in one zone that does not isolate.
    Neighbours,
    /// A path between the two zones crosses no managed device, or they share a segment.
    Unenforced,
    /// A neighbour that the receiver's own host firewall lets in, as its `manage` or `run` says.
    HostFirewall(PointId),
}

/// A step from one atom to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The sender's atom.
    pub from: usize,
    /// The receiver's atom.
    pub to: usize,
    /// What lets it through.
    pub by: Passage,
}

/// What a host firewall lets in beside what rules permit.
#[derive(Debug)]
struct Guard {
    point: PointId,
    /// Services with the atoms that may use them; none for everybody.
    accepts: Vec<(Option<Vec<usize>>, ServiceSet)>,
}

/// The steps that a policy leaves possible on one day in one mode.
#[derive(Debug)]
pub struct View<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its hosts.
    pub hosts: &'a Hosts,
    pub(super) rules: Rules<'a>,
    /// For each zone, those that its members reach without any enforcement, ascending.
    open: Vec<Vec<ZoneId>>,
    /// The atoms of a zone and family, without and with a host firewall.
    plain_atoms: BTreeMap<(ZoneId, Family), Vec<usize>>,
    guarded_atoms: BTreeMap<(ZoneId, Family), Vec<usize>>,
    guards: BTreeMap<DeviceId, Vec<Guard>>,
}

impl<'a> View<'a> {
    /// The view of a day and a mode; no mode means normal times.
    pub fn new(
        policy: &'a Policy,
        network: &Network,
        hosts: &'a Hosts,
        today: jiff::civil::Date,
        mode: Option<ModeId>,
    ) -> Self {
        let mut plain_atoms: BTreeMap<(ZoneId, Family), Vec<usize>> = BTreeMap::new();
        let mut guarded_atoms = plain_atoms.clone();
        for (index, atom) in hosts.atoms.iter().enumerate() {
            let atoms = match atom.guard {
                None => &mut plain_atoms,
                Some(_) => &mut guarded_atoms,
            };
            atoms.entry((atom.zone, atom.family)).or_default().push(index);
        }
        Self {
            policy,
            hosts,
            rules: Rules::new(policy, hosts, |rule| rule.is_active(today, mode)),
            open: open_zones(policy, network),
            plain_atoms,
            guarded_atoms,
            guards: guards(policy, hosts),
        }
    }

    /// The rule of an id.
    pub fn rule(&self, id: RuleId) -> Option<&'a Rule> {
        self.policy.rules.get(id.index())
    }

    /// True where members of one zone reach members of another whatever the rules say.
    pub fn is_open(&self, from: ZoneId, to: ZoneId) -> bool {
        self.open_from(from).binary_search(&to).is_ok()
    }

    pub(super) fn open_from(&self, zone: ZoneId) -> &[ZoneId] {
        self.open.get(zone.index()).map_or(&[], Vec::as_slice)
    }

    pub(super) fn plain_atoms(&self, zone: ZoneId, family: Family) -> &[usize] {
        self.plain_atoms.get(&(zone, family)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn guarded_atoms(&self, zone: ZoneId, family: Family) -> &[usize] {
        self.guarded_atoms.get(&(zone, family)).map_or(&[], Vec::as_slice)
    }

    /// What the host firewall of an atom takes from a neighbour beside what is permitted, and whose it is.
    pub(super) fn accepted(&self, from: usize, to: usize) -> Option<(PointId, ServiceSet)> {
        let receiver = self.hosts.atoms.get(to)?;
        let guards = self.guards.get(&receiver.guard?)?;
        let first = guards.first()?.point;
        let taken = guards.iter().fold(ServiceSet::full(), |all, guard| {
            let own = guard
                .accepts
                .iter()
                .filter(|(who, _)| {
                    who.as_ref()
                        .is_none_or(|atoms| atoms.binary_search(&from).is_ok())
                })
                .fold(ServiceSet::empty(), |own, (_, service)| own.union(service));
            all.intersection(&own)
        });
        let taken = taken.in_family(receiver.family);
        (!taken.is_empty()).then_some((first, taken))
    }

    /// The passage of an open step between two zones.
    pub(super) fn passage(&self, from: ZoneId, to: ZoneId) -> Passage {
        if from == to {
            Passage::Neighbours
        } else {
            Passage::Unenforced
        }
    }

    /// The services of a step.
    pub fn services(&self, edge: Edge) -> ServiceSet {
        let (Some(from), Some(to)) = (self.hosts.atoms.get(edge.from), self.hosts.atoms.get(edge.to)) else {
            return ServiceSet::empty();
        };
        match edge.by {
            Passage::Rule(id) => self.rules.services(id, from.source_kind, to.destination_kind),
            Passage::Neighbours | Passage::Unenforced => ServiceSet::full().in_family(from.family),
            Passage::HostFirewall(_) => self
                .accepted(edge.from, edge.to)
                .map_or_else(ServiceSet::empty, |(_, service)| service),
        }
    }
}

/// For each zone, those that its members reach without any enforcement.
pub fn open_zones(policy: &Policy, network: &Network) -> Vec<Vec<ZoneId>> {
    let mut open: Vec<Vec<ZoneId>> = policy
        .zones
        .iter()
        .enumerate()
        .map(|(index, zone)| match zone.isolate {
            None => vec![ZoneId::from_index(index)],
            Some(_) => Vec::new(),
        })
        .collect();
    for group in network.unenforced(policy) {
        for zone in &group.zones {
            if let Some(list) = open.get_mut(zone.index()) {
                list.extend(group.zones.iter().copied().filter(|other| other != zone));
            }
        }
    }
    for list in &mut open {
        list.sort_unstable();
        list.dedup();
    }
    open
}

fn guards(policy: &Policy, hosts: &Hosts) -> BTreeMap<DeviceId, Vec<Guard>> {
    let mut guards: BTreeMap<DeviceId, Vec<Guard>> = BTreeMap::new();
    for HostFirewall {
        id, point, device_id, ..
    } in policy.host_firewalls()
    {
        let manage = point.manage.iter().filter_map(|manage| {
            let atoms = hosts.atoms_of(&manage.from.addresses)?.to_vec();
            Some((Some(atoms), (*manage.service.set).clone()))
        });
        let run = point.run.iter().map(|run| (None, opened_service(run.protocol)));
        guards.entry(device_id).or_default().push(Guard {
            point: id,
            accepts: manage.chain(run).collect(),
        });
    }
    guards
}
