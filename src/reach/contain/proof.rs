//! What a containing mode really does, decided on packets.

use std::sync::Arc;

use super::{Containment, service};
use crate::model::{ModeId, Policy, Rule};
use crate::packet::{AddressSet, Budget, FlowSet, GaveUp, Hints, Packet, PacketRule, PacketSet, ServiceSet};
use crate::syntax::tree::Action;

/// How a mode is not the containment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leak {
    /// A packet of the device that still passes.
    Passes(Packet),
    /// A packet that is kept, and that the mode cuts.
    Cut(Packet),
    /// A deny of the mode, by the id of the rule, that is about others than the device.
    Others(String),
    /// Between the device and kept peers a protocol passes besides that not every platform can tell from others: 0, 255,
    /// ICMP in IPv6 or ICMPv6 in IPv4.
    Untold(Packet),
}

impl Containment<'_> {
    /// Holds a mode of a policy, which otherwise is the same, against the containment: of the device exactly those
    /// packets pass that pass in normal times and are kept, and nobody else loses anything.
    ///
    /// # Errors
    /// When the work was more than the budget allows: nothing is proven then.
    pub fn leak(
        &self,
        policy: &Policy,
        mode: ModeId,
        hints: &Hints,
        budget: Budget,
    ) -> Result<Option<Leak>, GaveUp> {
        let device = &self.device.set;
        let added = policy.rules.iter().filter(|rule| rule.mode == Some(mode));
        for rule in added {
            let about =
                rule.source.addresses.is_subset(device) || rule.destination.addresses.is_subset(device);
            if !about {
                return Ok(Some(Leak::Others(rule.id.clone())));
            }
        }
        let normal = self.passing(policy.active_rules(self.today, None), budget)?;
        let contained = self.passing(policy.active_rules(self.today, Some(mode)), budget)?;
        let kept: Vec<FlowSet> = self.kept.iter().map(super::Kept::flow).collect();
        let untold = Arc::new(ServiceSet::protocols(&service::untold()));
        let with_untold: Vec<FlowSet> = kept
            .iter()
            .map(|flow| FlowSet {
                service: Arc::new(ServiceSet {
                    other: untold.other.union(&flow.service.other),
                    ..ServiceSet::clone(&flow.service)
                }),
                ..flow.clone()
            })
            .collect();
        let of = |flows: &[FlowSet]| PacketSet::from_flows(flows, budget);
        let (kept, most) = (of(&kept)?, of(&with_untold)?);
        let found = |set: PacketSet| set.witness(hints);
        let due = normal.intersection(&kept, budget)?;
        Ok(found(contained.difference(&most, budget)?)
            .map(Leak::Passes)
            .or(found(due.difference(&contained, budget)?).map(Leak::Cut))
            .or(found(contained.difference(&kept, budget)?).map(Leak::Untold)))
    }

    /// What rules permit of the device.
    fn passing<'r>(
        &self,
        rules: impl Iterator<Item = &'r Rule>,
        budget: Budget,
    ) -> Result<PacketSet, GaveUp> {
        let any = Arc::new(AddressSet::full());
        let (mut denies, mut allows) = (Vec::new(), Vec::new());
        for rule in rules {
            for (source, destination) in [(&self.device.set, &any), (&any, &self.device.set)] {
                let flow = FlowSet {
                    source: Arc::new(rule.source.addresses.intersection(source)),
                    destination: Arc::new(rule.destination.addresses.intersection(destination)),
                    service: Arc::clone(&rule.service.set),
                };
                match rule.action {
                    _ if flow.is_empty() => {}
                    Action::Deny => denies.push(PacketRule::deny(flow)),
                    Action::Allow => allows.push(PacketRule::permit(flow)),
                }
            }
        }
        denies.extend(allows);
        PacketSet::from_rules(&denies, budget)
    }
}
