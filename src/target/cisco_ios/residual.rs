//! What a stateless list cannot do exactly, in sentences.

use super::capability::Capability;
use super::previous::Succession;
use super::side::SideLists;
use crate::packet::Family;
use crate::plan::{DevicePlan, Forwarding, PlanRule, RunProtocol};
use crate::syntax::tree::Action;

/// The sentences that hold for a device.
pub fn sentences(
    plan: &DevicePlan,
    forwarding: &Forwarding,
    sides: &[SideLists<'_>],
    succession: &Succession,
    capability: &Capability,
) -> Vec<String> {
    let replies = || forwarding.pairs.iter().flat_map(|pair| &pair.replies);
    let mut all = Vec::new();
    if replies().any(|rule| !rule.flow.service.tcp.is_empty()) {
        all.push("TCP replies are known by ACK or RST alone, not by a flow that asked for them".to_owned());
    }
    if replies().any(beyond_tcp) {
        all.push(
            "replies of other protocols than TCP pass without a flow that asked for them: who forges the source \
             port of a permitted service can open flows the other way"
                .to_owned(),
        );
    }
    if !forwarding.pairs.is_empty() {
        all.push(format!(
            "ICMP errors pass from behind a side that packets leave by (from anywhere, where that is more than {} \
             prefixes), whatever packet they are about, and to whatever address",
            capability.icmp_error_prefixes
        ));
        all.push(
            "fragments other than the first pass a permit with ports if their addresses and protocol match"
                .to_owned(),
        );
    }
    all.push("neighbour discovery in IPv6 passes between any addresses".to_owned());
    if !plan.local.run.is_empty() {
        let everywhere: Vec<&str> = plan.local.run_on(None).map(RunProtocol::word).collect();
        let sides = match everywhere.as_slice() {
            [] => String::new(),
            some => format!(", and on all its sides: {}", some.join(", ")),
        };
        all.push(format!(
            "what the device runs is accepted from any source where none is known{sides}"
        ));
    }
    if plan.local.run.iter().any(|run| run.protocol == RunProtocol::Bfd) {
        // They come from, and go to, an address of who sends them, which is a neighbour's whose addresses are not known.
        all.push(
            "BFD echoes (udp 3785) are dropped, and sessions that use them go down: say `no bfd echo` on the \
             interfaces of both ends"
                .to_owned(),
        );
    }
    let mut allows = forwarding.pairs.iter().flat_map(|pair| &pair.rules);
    if allows.any(|rule| rule.said.action == Action::Allow && rule.flow.destination.overlaps(&plan.local.own))
    {
        all.push(
            "some rules hold addresses of the device itself among their destinations, and so reach its own \
             services too: limit those on the device (access-class, control-plane policing)"
                .to_owned(),
        );
    }
    for side in sides {
        for (family, list) in [(Family::V4, &side.v4), (Family::V6, &side.v6)] {
            let places = list.load.places;
            if places > capability.max_entries {
                all.push(format!(
                    "the {} list of side `{}` takes {places} entries in hardware, more than the {} that the \
                     capability file allows: it may not fit",
                    family.name(),
                    side.side.zone,
                    capability.max_entries
                ));
            }
        }
    }
    all.extend(succession.orphans.iter().map(|(interface, stem)| {
        format!(
            "interface {interface} was given lists `{stem}_...` by an earlier build and is no longer in the policy: \
             it keeps them, and none of them is removed"
        )
    }));
    all
}

fn beyond_tcp(rule: &PlanRule) -> bool {
    let service = &rule.flow.service;
    !(service.udp.is_empty()
        && service.sctp.is_empty()
        && service.icmp.is_empty()
        && service.icmpv6.is_empty()
        && service.other.is_empty())
}
