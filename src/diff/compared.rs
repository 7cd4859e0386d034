//! What decides about packets in two versions of a policy.

use rustc_hash::FxHashMap;

use super::gained::{Asked, gained};
use super::inside::carried;
use super::received::received;
use super::{Version, ZoneChange};
use crate::network::Network;
use crate::packet::{FlowSet, GaveUp, PacketRule};

/// Two first-match lists about the same packets.
pub(super) struct Compared {
    before: Vec<PacketRule>,
    after: Vec<PacketRule>,
    changed: Changed,
}

impl Compared {
    /// The rules of two versions with what routers carry inside zones, and what devices take for themselves: no rule decides
    /// about that, so each pair of lists is compared by itself.
    pub(super) fn both(
        (old, old_network): (Version<'_>, &Network),
        (new, new_network): (Version<'_>, &Network),
    ) -> [Self; 2] {
        let mut rules = Self::new(old.rules(), new.rules());
        let changed: Vec<&FlowSet> = rules
            .changed
            .opening
            .iter()
            .chain(&rules.changed.closing)
            .collect();
        for flow in carried((old.policy, old_network), (new.policy, new_network), &changed) {
            rules.before.push(PacketRule::permit(flow.clone()));
            rules.after.push(PacketRule::permit(flow));
        }
        [
            rules,
            Self::new(
                received(old.policy, old_network),
                received(new.policy, new_network),
            ),
        ]
    }

    fn new(before: Vec<PacketRule>, after: Vec<PacketRule>) -> Self {
        let changed = Changed::of(&before, &after);
        Self {
            before,
            after,
            changed,
        }
    }

    /// What the second permits beyond the first and what is stated: that is nothing new, as if it had been permitted all
    /// along.
    ///
    /// # Errors
    /// When the work was more than the budget allows.
    pub(super) fn opened(&self, stated: &[PacketRule], asked: &Asked<'_>) -> Result<Vec<ZoneChange>, GaveUp> {
        gained(
            &[stated, &self.before].concat(),
            &self.after,
            &self.changed.opening,
            asked,
        )
    }

    /// What the first permits beyond the second and what is stated.
    ///
    /// # Errors
    /// When the work was more than the budget allows.
    pub(super) fn closed(&self, stated: &[PacketRule], asked: &Asked<'_>) -> Result<Vec<ZoneChange>, GaveUp> {
        gained(
            &[stated, &self.after].concat(),
            &self.before,
            &self.changed.closing,
            asked,
        )
    }
}

/// The flows of rules that only one of two lists has. Every other packet fares the same.
struct Changed {
    /// New permits and former denies: whatever opens is of these.
    opening: Vec<FlowSet>,
    /// Former permits and new denies: whatever closes is of these.
    closing: Vec<FlowSet>,
}

impl Changed {
    fn of(before: &[PacketRule], after: &[PacketRule]) -> Self {
        let mut balance: FxHashMap<&PacketRule, i64> = FxHashMap::default();
        for rule in before {
            *balance.entry(rule).or_default() -= 1;
        }
        for rule in after {
            *balance.entry(rule).or_default() += 1;
        }
        let mut changed = Self {
            opening: Vec::new(),
            closing: Vec::new(),
        };
        for rule in before.iter().chain(after) {
            // Each once.
            let Some(count) = balance.remove(rule).filter(|count| *count != 0) else {
                continue;
            };
            let flows = match rule.permit == (count > 0) {
                true => &mut changed.opening,
                false => &mut changed.closing,
            };
            flows.push(rule.flow.clone());
        }
        changed
    }
}
