//! One device: the rule of its plan, and the line of its configuration, that decide about a packet.

use std::net::IpAddr;

use super::reply::reply_to;
use super::{Enforcer, Passage, Reply, TracedHop, Tracer};
use crate::model::{Placement, ZoneId};
use crate::network::Hop;
use crate::packet::{Packet, protocol};
use crate::plan::{Forwarding, PlanRule, Role, decide};
use crate::syntax::tree::Action;
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
                permitted: true,
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
        // The reader writes each interface in one way only.
        let read_as = enforcer.platform.interface_name();
        let rules = pair(forwarding, from, to).map_or(&[][..], |pair| &pair.rules);
        let hook = if enforcer.platform.stateless() {
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
        let mut traced = enforcer.decided(rules, packet, &hook, passage);
        if enforcer.platform.stateless() {
            let replies = pair(forwarding, to, from).map_or(&[][..], |pair| &pair.replies);
            traced.reply = enforcer.replied(replies, packet, read_as(&left));
        }
        Some(traced)
    }

    /// The host firewall of the sender.
    pub(super) fn leaving_host(&self, packet: &Packet) -> Option<TracedHop> {
        let enforcer = self.host_firewall(packet.source)?;
        let Role::Host(host) = &enforcer.plan.role else {
            return None;
        };
        let hook = Hook::Output { interface: None };
        Some(enforcer.decided(&host.outbound, packet, &hook, Passage::OutOf))
    }

    /// The host firewall of the receiver.
    pub(super) fn entering_host(&self, packet: &Packet) -> Option<TracedHop> {
        let enforcer = self.host_firewall(packet.destination)?;
        let Role::Host(host) = &enforcer.plan.role else {
            return None;
        };
        let hook = Hook::Input { interface: None };
        Some(enforcer.decided(&host.inbound, packet, &hook, Passage::Into))
    }

    fn host_firewall(&self, address: IpAddr) -> Option<&Enforcer<'_>> {
        let mut points = self.policy.points.iter();
        let point = points.find(|point| match point.placement {
            Placement::On(device) => {
                let device = self.policy.devices.get(device.index());
                device.is_some_and(|device| device.set.contains(address))
            }
            Placement::Between(_) => false,
        })?;
        self.enforcer(&point.name)
    }

    fn enforcer(&self, device: &str) -> Option<&Enforcer<'_>> {
        self.enforcers
            .iter()
            .find(|enforcer| enforcer.plan.device == device)
    }
}

fn pair(forwarding: &Forwarding, from: usize, to: usize) -> Option<&crate::plan::PairPlan> {
    let mut pairs = forwarding.pairs.iter();
    pairs.find(|pair| (pair.from, pair.to) == (from, to))
}

impl Enforcer<'_> {
    fn decided(&self, rules: &[PlanRule], packet: &Packet, hook: &Hook, passage: Passage) -> TracedHop {
        let rule = rules.iter().find(|rule| rule.flow.contains(packet));
        TracedHop {
            device: self.plan.device.clone(),
            platform: Some(self.platform.name()),
            passage,
            permitted: rule.is_some_and(|rule| rule.said.action == Action::Allow),
            origin: rule.map(|rule| (*rule.said.origin).clone()),
            line: self.line_of(hook, packet),
            reply: Reply::ByState,
        }
    }

    /// What a device without state does with the answer, which comes in where the packet went out.
    fn replied(&self, replies: &[PlanRule], packet: &Packet, left: String) -> Reply {
        let Some(back) = reply_to(packet) else {
            return Reply::ByHeader {
                permitted: true,
                line: None,
            };
        };
        let hook = Hook::Inbound {
            interface: Some(left),
            established: packet.protocol == protocol::TCP,
        };
        Reply::ByHeader {
            permitted: decide(replies, &back) == Action::Allow,
            line: self.line_of(&hook, &back),
        }
    }

    /// The line of the configuration that decides about a packet.
    fn line_of(&self, hook: &Hook, packet: &Packet) -> Option<usize> {
        let read = self.platform.read_line_by_line(self.text?);
        let filter = read.filters.iter().find(|filter| filter.hook == *hook)?;
        let rule = filter.rules.iter().find(|rule| rule.rule.flow.contains(packet));
        rule.map(|rule| rule.line)
    }
}
