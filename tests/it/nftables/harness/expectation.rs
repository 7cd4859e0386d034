//! What should become of a packet, by the naive evaluator over the plan alone.

use septum::packet::Packet;
use septum::plan::{DevicePlan, Forwarding, PlanRule, Role, decide};
use septum::syntax::tree::Action;

use super::{Entry, Kind, Probe, Topology, Verdict};

/// What should become of each probe. Traffic to and from a router itself is judged by `manage` alone, so ask for it
/// only where a plan has some; `run` and the link's own needs are not modelled.
pub fn expect(plan: &DevicePlan, topology: &Topology, probes: &[Probe]) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(probes.len());
    for probe in probes {
        let permitted = match probe.kind {
            Kind::Opens => opens(plan, topology, probe),
            Kind::Answers(opener) => verdicts[opener] != Verdict::Dropped,
        };
        let destination = probe.packet.destination;
        verdicts.push(match topology.way_to(destination) {
            _ if !permitted => Verdict::Dropped,
            _ if topology.is_own(destination) => Verdict::Delivered,
            Some(port) => Verdict::Left(port.name.clone()),
            None => Verdict::Dropped,
        });
    }
    verdicts
}

fn opens(plan: &DevicePlan, topology: &Topology, probe: &Probe) -> bool {
    let packet = &probe.packet;
    let to_device = topology.is_own(packet.destination);
    match (&plan.role, &probe.entry) {
        (Role::Router(_), Entry::Device) => true,
        (Role::Router(forwarding), Entry::Interface(name)) if to_device => {
            lives_behind(forwarding, name, packet) && allows(&plan.local.manage, packet)
        }
        (Role::Router(forwarding), Entry::Interface(name)) => {
            let out = topology.way_to(packet.destination);
            out.is_some_and(|out| allows(rules(forwarding, name, &out.name), packet))
        }
        (Role::Host(host), Entry::Interface(_)) => {
            to_device && (allows(&plan.local.manage, packet) || allows(&host.inbound, packet))
        }
        (Role::Host(host), Entry::Device) => allows(&host.outbound, packet),
    }
}

fn allows(rules: &[PlanRule], packet: &Packet) -> bool {
    decide(rules, packet) == Action::Allow
}

fn side_of(forwarding: &Forwarding, interface: &str) -> Option<usize> {
    forwarding
        .sides
        .iter()
        .position(|side| side.interfaces.iter().any(|port| port.name == interface))
}

fn lives_behind(forwarding: &Forwarding, interface: &str, packet: &Packet) -> bool {
    side_of(forwarding, interface).is_some_and(|side| forwarding.sides[side].behind.contains(packet.source))
}

fn rules<'a>(forwarding: &'a Forwarding, incoming: &str, outgoing: &str) -> &'a [PlanRule] {
    let (from, to) = (side_of(forwarding, incoming), side_of(forwarding, outgoing));
    forwarding
        .pairs
        .iter()
        .find(|pair| Some(pair.from) == from && Some(pair.to) == to)
        .map_or(&[], |pair| &pair.rules)
}

/// Where expectation and reality differ, as lines for a person; empty where they agree.
pub fn disagreements(probes: &[Probe], expected: &[Verdict], real: &[Verdict]) -> Vec<String> {
    probes
        .iter()
        .zip(expected.iter().zip(real))
        .filter(|(_, (expected, real))| expected != real)
        .map(|(probe, (expected, real))| format!("{probe}: expected {expected:?}, was {real:?}"))
        .collect()
}
