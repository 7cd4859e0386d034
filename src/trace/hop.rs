//! One device: the rule of its plan, and the line of its configuration, that decide about a packet.

use super::{Enforcer, Passage, Reply, TracedHop, Tracer, Verdict};
use crate::model::{PointId, ZoneId};
use crate::network::Hop;
use crate::packet::Packet;
use crate::plan::{Forwarding, PairPlan, Role, decide};
use crate::target::readback::Hook;

impl Tracer<'_> {
    /// A device between zones.
    pub(super) fn through(&self, packet: &Packet, hop: &Hop) -> Option<TracedHop> {
        let point = self.policy.points.get(hop.point.index())?;
        let zone = |id: ZoneId| self.policy.zone_name(id);
        let Some(enforcer) = self.enforcer(&point.name) else {
            return Some(TracedHop {
                device: point.name.clone(),
                platform: None,
                passage: Passage::Through(zone(hop.from).to_owned(), zone(hop.to).to_owned()),
                verdict: Verdict::Unmanaged,
                origin: None,
                line: None,
                reply: Reply::NotFiltered,
            });
        };
        let Role::Router(forwarding) = &enforcer.plan.role else {
            return None;
        };
        let side = |id: ZoneId| forwarding.sides.iter().position(|side| side.zone == zone(id));
        let (from, to) = (side(hop.from)?, side(hop.to)?);
        let interface = |side: usize| {
            let first = forwarding.sides.get(side)?.interfaces.first();
            first.map(|interface| interface.name.clone())
        };
        let (entered, left) = (interface(from)?, interface(to)?);
        Some(enforcer.forwarded(forwarding, packet, (from, to), (entered, left)))
    }

    /// The host firewalls of the sender.
    pub(super) fn leaving_host(&self, packet: &Packet) -> Vec<TracedHop> {
        let leaving = |id: PointId| {
            let enforcer = self.enforcer_of(id)?;
            let Role::Host(host) = &enforcer.plan.role else {
                return None;
            };
            let hook = Hook::Output { interface: None };
            let planned = Verdict::of(decide(&host.outbound, packet));
            Some(enforcer.decided(&host.outbound, planned, packet, &hook, Passage::OutOf))
        };
        self.host_firewalls(packet.source).filter_map(leaving).collect()
    }

    /// The host firewalls of the receiver.
    pub(super) fn entering_host(&self, packet: &Packet) -> Vec<TracedHop> {
        let entering = |id: PointId| {
            let enforcer = self.enforcer_of(id)?;
            let Role::Host(host) = &enforcer.plan.role else {
                return None;
            };
            let hook = Hook::Input { interface: None };
            let planned = match self.taken_by(packet, id, None) {
                Some(_) => Verdict::Permits,
                None => Verdict::of(decide(&host.inbound, packet)),
            };
            let rules = enforcer.plan.local.manage.iter().chain(&host.inbound);
            Some(enforcer.decided(rules, planned, packet, &hook, Passage::Into))
        };
        self.host_firewalls(packet.destination)
            .filter_map(entering)
            .collect()
    }

    pub(super) fn enforcer(&self, device: &str) -> Option<&Enforcer<'_>> {
        self.enforcers
            .iter()
            .find(|enforcer| enforcer.plan.device == device)
    }

    fn enforcer_of(&self, id: PointId) -> Option<&Enforcer<'_>> {
        self.enforcer(&self.policy.points.get(id.index())?.name)
    }
}

impl Enforcer<'_> {
    /// What a router does with a packet that comes in by one interface and side and leaves by another.
    pub(super) fn forwarded(
        &self,
        forwarding: &Forwarding,
        packet: &Packet,
        (from, to): (usize, usize),
        (entered, left): (String, String),
    ) -> TracedHop {
        // The reader writes each interface in one way only.
        let read_as = self.platform.interface_name();
        let rules = pair(forwarding, from, to).map_or(&[][..], |pair| &pair.rules);
        let hook = if self.platform.stateless() {
            Hook::Inbound {
                interface: Some(read_as(&entered)),
                established: false,
            }
        } else {
            Hook::Forward {
                from: Some(read_as(&entered)),
                to: Some(read_as(&left)),
            }
        };
        let passage = Passage::Through(entered, left.clone());
        let planned = Verdict::of(decide(rules, packet));
        let mut traced = self.decided(rules, planned, packet, &hook, passage);
        if self.platform.stateless() {
            let replies = pair(forwarding, to, from).map_or(&[][..], |pair| &pair.replies);
            traced.reply = self.replied(replies, packet, read_as(&left));
        }
        traced
    }
}

fn pair(forwarding: &Forwarding, from: usize, to: usize) -> Option<&PairPlan> {
    let mut pairs = forwarding.pairs.iter();
    pairs.find(|pair| (pair.from, pair.to) == (from, to))
}
