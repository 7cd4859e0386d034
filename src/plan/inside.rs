//! What a router lets through from one of its interfaces to another of the same side, or back out by the same.
//!
//! Traffic inside a zone is permitted, and mostly meets no router. It does where a router has several interfaces in the
//! zone, or where the zone has several networks behind one of them. A zone that carries transit may be joined by the
//! router alone there: then also what the policy permits between the zones behind it comes that way.

use std::sync::Arc;

use super::forwarding::{Denies, in_order, replies, without_idle_denies};
use super::prepared::Prepared;
use super::reply::reply;
use super::subtract::subtract_all;
use super::{Cited, Origin, PairPlan, PlanRule, Said};
use crate::model::{Policy, Zone, ZoneId};
use crate::network::{Network, NetworkSide, Placement};
use crate::packet::{AddressSet, FlowSet, ServiceSet};
use crate::source::SourceMap;
use crate::syntax::tree::Action;

/// The sides of a router at which traffic comes back.
pub(super) struct Inside<'a> {
    pub(super) policy: &'a Policy,
    pub(super) network: &'a Network,
    pub(super) placement: &'a Placement<'a>,
    pub(super) sources: &'a SourceMap,
    /// The router keeps no state.
    pub(super) stateless: bool,
    pub(super) cited: Cited,
}

impl Inside<'_> {
    /// What each such side lets through to itself. `rules` are all of the policy.
    pub(super) fn pairs(&self, rules: &[Prepared<'_>]) -> Vec<PairPlan> {
        let sides = self.placement.sides.iter().enumerate();
        let sides = sides.filter_map(|(index, side)| Some((index, self.zones(index, side)?)));
        sides
            .map(|(index, zones)| self.pair(index, &zones, rules))
            .filter(|pair| !pair.rules.is_empty())
            .collect()
    }

    /// The zones whose traffic may come back at a side, ascending; none where no traffic does.
    fn zones(&self, index: usize, side: &NetworkSide) -> Option<Vec<ZoneId>> {
        if !self.network.returns(self.policy, side) {
            return None;
        }
        let carries_transit = self.policy.zone(side.zone).is_some_and(Zone::carries_transit);
        Some(match side.interfaces.len() > 1 && carries_transit {
            true => self.placement.behind(index),
            false => self.network.zones_at(side.vertex).to_vec(),
        })
    }

    fn pair(&self, side: usize, zones: &[ZoneId], rules: &[Prepared<'_>]) -> PairPlan {
        let among = |of: &[ZoneId]| -> Vec<ZoneId> {
            let both = zones.iter().filter(|zone| of.binary_search(zone).is_ok());
            both.copied().collect()
        };
        let concerned: Vec<(&Prepared<'_>, [Vec<ZoneId>; 2])> = rules
            .iter()
            .map(|prepared| {
                let ends = [&prepared.source, &prepared.destination];
                (prepared, ends.map(|split| among(&split.zones)))
            })
            .filter(|(_, ends)| ends.iter().all(|zones| !zones.is_empty()))
            .collect();
        let prepared: Vec<&Prepared<'_>> = concerned.iter().map(|(prepared, _)| *prepared).collect();
        let denies = Denies::new(&prepared);
        let mut pair = PairPlan {
            from: side,
            to: side,
            rules: Vec::new(),
            replies: Vec::new(),
        };
        for (prepared, [from, to]) in &concerned {
            pair.rules.extend(prepared.between(from, to));
            if self.stateless && prepared.rule.action == Action::Allow {
                pair.replies.extend(replies(prepared, from, to, &denies));
            }
        }
        let here = self
            .placement
            .sides
            .get(side)
            .map(|side| self.network.zones_at(side.vertex));
        for zone in here.into_iter().flatten() {
            let Some(permitted) = self.policy.zone(*zone).and_then(|zone| self.permitted(zone)) else {
                continue;
            };
            let denied = denies.between(&[*zone], &[*zone]);
            // Else it lets through its replies itself.
            if self.stateless && !denied.is_empty() {
                let opened = subtract_all(&permitted.flow, denied);
                let said = &permitted.said;
                pair.replies.extend(opened.iter().map(|flow| PlanRule {
                    flow: reply(flow),
                    said: Arc::clone(said),
                }));
            }
            pair.rules.push(permitted);
        }
        in_order(&mut pair.rules);
        in_order(&mut pair.replies);
        pair.rules = without_idle_denies(pair.rules);
        pair
    }

    /// Traffic inside a zone, unless its members may not talk to each other.
    fn permitted(&self, zone: &Zone) -> Option<PlanRule> {
        if zone.isolate.is_some() || zone.external || zone.addresses.is_empty() {
            return None;
        }
        let name: Arc<str> = zone.name.as_str().into();
        let ends: &Arc<AddressSet> = &zone.addresses;
        let location = self.sources.line_of(zone.span);
        Some(PlanRule {
            flow: FlowSet {
                source: Arc::clone(ends),
                destination: Arc::clone(ends),
                service: Arc::new(ServiceSet::full()),
            },
            said: Arc::new(Said {
                action: Action::Allow,
                source: Arc::clone(&name),
                destination: name,
                service: "any".into(),
                log: false,
                rate: None,
                origin: Arc::new(Origin {
                    id: format!("inside-{}", zone.name),
                    cited: self.cited.in_place_of(&location),
                    location,
                    ticket: None,
                    owner: zone.owner.clone(),
                    title: Some(format!("traffic inside {}", zone.name)),
                }),
            }),
        })
    }
}
