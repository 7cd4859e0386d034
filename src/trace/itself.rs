//! Packets for a firewall or router itself, and what the policy says of them: `manage` and `run`.

use std::net::IpAddr;

use super::{Decider, Passage, Reply, TracedHop, Tracer, Verdict};
use crate::model::{Manage, Point, PointId, Run, ZoneId};
use crate::packet::{Packet, ServiceSet};
use crate::plan::{PlanRule, Role, opened_service, run_service};
use crate::syntax::tree::Action;
use crate::target::readback::Hook;

impl Tracer<'_> {
    /// The firewall or router that has an address.
    pub(super) fn owner(&self, address: IpAddr) -> Option<PointId> {
        let own = |point: &Point| {
            let mut interfaces = point.interfaces().iter();
            interfaces.any(|interface| interface.addresses.iter().any(|(own, _)| *own == address))
        };
        let at = self.policy.points.iter().position(own)?;
        Some(PointId::from_index(at))
    }

    /// True where a packet to a device itself comes in by the interface that has the packet's destination.
    pub fn arrives_there(&self, packet: &Packet) -> bool {
        let lives = |address| self.policy.zone_map.zone_of(address);
        let arrival = || {
            let (from, to) = (lives(packet.source)?, lives(packet.destination)?);
            let receiver = self.owner(packet.destination)?;
            let way = self.way((from, self.owner(packet.source)), (to, Some(receiver)))?;
            let arrival = way.arrival?;
            let interfaces = self.policy.points.get(receiver.index())?.interfaces();
            let mut there = interfaces.iter().filter(|interface| interface.zone == arrival);
            Some(there.any(|interface| has(interface.addresses.iter().map(|(own, _)| *own), packet)))
        };
        arrival().unwrap_or(false)
    }

    /// What of `manage` and `run` takes a packet, at the device itself that it is for or at every host firewall there.
    pub(super) fn taken(
        &self,
        packet: &Packet,
        receiver: Option<PointId>,
        arrival: Option<ZoneId>,
    ) -> Option<Decider> {
        if let Some(id) = receiver {
            return self.taken_by(packet, id, arrival);
        }
        let firewalls = self.host_firewalls(packet.destination);
        let taken: Option<Vec<Decider>> = firewalls.map(|id| self.taken_by(packet, id, None)).collect();
        taken?.first().copied()
    }

    /// The same at one device, by an interface into a zone, or by any.
    pub(super) fn taken_by(&self, packet: &Packet, id: PointId, arrival: Option<ZoneId>) -> Option<Decider> {
        let point = self.policy.points.get(id.index())?;
        let manages = |manage: &Manage| {
            manage.from.addresses.contains(packet.source) && serves(&manage.service.set, packet)
        };
        let manage = point.manage.iter().position(manages);
        manage.map(|at| Decider::Manage(id, at)).or_else(|| {
            let stateless = self
                .enforcer(&point.name)
                .is_some_and(|one| one.platform.stateless());
            // What answers something is a reply to a device that keeps state.
            let service = if stateless { run_service } else { opened_service };
            let takes = |run: &&Run| {
                arrival.is_none_or(|zone| run.is_on(zone)) && serves(&service(run.protocol), packet)
            };
            let run = point.run.iter().find(takes)?;
            Some(Decider::Run(id, run.protocol))
        })
    }

    /// What a device does with a packet that is for itself and comes in from a zone.
    pub(super) fn received(
        &self,
        packet: &Packet,
        id: PointId,
        arrival: Option<ZoneId>,
    ) -> Option<TracedHop> {
        let point = self.policy.points.get(id.index())?;
        let zone = self.policy.zone_name(arrival?);
        let unfiltered = |platform, interface, verdict| TracedHop {
            device: point.name.clone(),
            platform,
            passage: Passage::Itself(interface),
            verdict,
            origin: None,
            line: None,
            reply: Reply::NotFiltered,
        };
        let Some(enforcer) = self.enforcer(&point.name) else {
            return Some(unfiltered(None, zone.to_owned(), Verdict::Unmanaged));
        };
        let Role::Router(forwarding) = &enforcer.plan.role else {
            return None;
        };
        let side = forwarding.sides.iter().position(|side| side.zone == zone)?;
        let interfaces = &forwarding.sides.get(side)?.interfaces;
        let with_address = interfaces
            .iter()
            .find(|interface| has(interface.addresses.iter().copied(), packet));
        let entered = &with_address.or(interfaces.first())?.name;
        let local = &enforcer.plan.local;
        let stateless = enforcer.platform.stateless();
        let guards = enforcer.platform.guards_itself();
        if !stateless && local.manage.is_empty() && (local.run.is_empty() || !guards) {
            let verdict = if guards {
                Verdict::Unfiltered
            } else {
                Verdict::OtherSettings
            };
            let platform = Some(enforcer.platform.name());
            return Some(unfiltered(platform, entered.clone(), verdict));
        }
        let hook = if stateless {
            Hook::Inbound {
                interface: Some((enforcer.platform.interface_name())(entered)),
                established: false,
            }
        } else {
            Hook::Input {
                interface: Some(entered.clone()),
            }
        };
        // A list without state does not tell what is for others from what is for the device itself.
        let pairs = forwarding
            .pairs
            .iter()
            .filter(|pair| stateless && pair.from == side);
        let rules: Vec<&PlanRule> = local
            .manage
            .iter()
            .chain(pairs.flat_map(|pair| &pair.rules))
            .collect();
        let allows = |rule: &PlanRule| rule.said.action == Action::Allow && rule.flow.contains(packet);
        let managed = |rule: &PlanRule| serves(&rule.flow.service, packet);
        // Where other settings decide, no interfaces are told apart.
        let taken = self.taken_by(packet, id, arrival.filter(|_| guards));
        let planned = if taken.is_some() || rules.iter().any(|rule| allows(rule)) {
            Verdict::Permits
        } else if !guards && !local.manage.iter().any(managed) {
            Verdict::OtherSettings
        } else {
            Verdict::Denies
        };
        let mut hop = enforcer.decided(rules, planned, packet, &hook, Passage::Itself(entered.clone()));
        if stateless {
            // What the device sends itself meets no list of its own.
            hop.reply = Reply::NotFiltered;
        }
        Some(hop)
    }

    /// The managed host firewalls of the device that has an address.
    pub(super) fn host_firewalls(&self, address: IpAddr) -> impl Iterator<Item = PointId> {
        let firewalls = self.policy.host_firewalls();
        firewalls
            .filter(move |firewall| firewall.device.set.contains(address))
            .map(|firewall| firewall.id)
    }
}

fn serves(service: &ServiceSet, packet: &Packet) -> bool {
    service.contains(packet.family(), packet.protocol, packet.first, packet.second)
}

fn has(mut addresses: impl Iterator<Item = IpAddr>, packet: &Packet) -> bool {
    addresses.any(|address| address == packet.destination)
}
