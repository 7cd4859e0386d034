//! What a mode takes away.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::model::{ModeId, Placement, Policy, RuleId, ZoneId};
use crate::packet::{AddressSet, FlowSet};
use crate::plan::subtract_all;
use crate::syntax::tree::Action;

/// What a mode takes away between two zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeCut {
    /// The zone of the senders.
    pub from: ZoneId,
    /// The zone of the receivers.
    pub to: ZoneId,
    /// The packets, by the rule that permits them in normal times.
    pub flows: Vec<(RuleId, FlowSet)>,
    from_name: String,
    to_name: String,
    services: String,
}

impl fmt::Display for ModeCut {
    /// `guest -> internet : http, https`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} : {}", self.from_name, self.to_name, self.services)
    }
}

/// What normal times permit and a mode does not, per pair of zones.
pub fn mode_cuts(policy: &Policy, today: jiff::civil::Date, mode: ModeId) -> Vec<ModeCut> {
    let mut allows = Vec::new();
    let (mut denies, mut added) = (Vec::new(), Vec::new());
    for (index, rule) in policy.rules.iter().enumerate() {
        if rule.expired(today) {
            continue;
        }
        match (rule.action, rule.mode) {
            (Action::Allow, None) => allows.push((RuleId::from_index(index), rule)),
            (Action::Deny, None) => denies.push(rule.flow()),
            (Action::Deny, Some(of)) if of == mode => added.push(rule.flow()),
            _ => {}
        }
    }
    let mut cuts: BTreeMap<(ZoneId, ZoneId), Vec<(RuleId, FlowSet)>> = BTreeMap::new();
    for (id, rule) in &allows {
        let normal = rule.flow();
        let before: Vec<&FlowSet> = denies.iter().filter(|deny| deny.overlaps(&normal)).collect();
        for deny in added.iter().filter(|deny| deny.overlaps(&normal)) {
            let cut = intersection(&normal, deny);
            for flow in subtract_all(&cut, before.iter().copied()) {
                for (zones, part) in by_zones(policy, &flow) {
                    if zones.0 != zones.1 || filtered_inside(policy, zones.0) {
                        cuts.entry(zones).or_default().push((*id, part));
                    }
                }
            }
        }
    }
    cuts.into_iter()
        .map(|((from, to), flows)| ModeCut {
            from,
            to,
            from_name: policy.zone_name(from).to_owned(),
            to_name: policy.zone_name(to).to_owned(),
            services: services(policy, &flows),
            flows,
        })
        .collect()
}

/// The services of flows in the words of their rules, each once.
fn services(policy: &Policy, flows: &[(RuleId, FlowSet)]) -> String {
    let mut services: Vec<String> = Vec::new();
    for (id, flow) in flows {
        let Some(rule) = policy.rules.get(id.index()) else {
            continue;
        };
        let text = if flow.service == rule.service.set {
            rule.service.text.to_string()
        } else {
            format!("part of {}", rule.service.text)
        };
        if !services.contains(&text) {
            services.push(text);
        }
    }
    services.join(", ")
}

/// True where something may keep neighbours in a zone from each other.
fn filtered_inside(policy: &Policy, id: ZoneId) -> bool {
    let guards = |point: &crate::model::Point| match point.placement {
        Placement::On(device) => {
            let device = policy.devices.get(device.index());
            device.is_some_and(|device| device.zone == id)
        }
        Placement::Between(_) => false,
    };
    policy.zone(id).is_some_and(|zone| zone.isolate.is_some()) || policy.points.iter().any(guards)
}

fn intersection(a: &FlowSet, b: &FlowSet) -> FlowSet {
    let service = if b.service.is_full() {
        Arc::clone(&a.service)
    } else {
        Arc::new(a.service.intersection(&b.service))
    };
    FlowSet {
        source: Arc::new(a.source.intersection(&b.source)),
        destination: Arc::new(a.destination.intersection(&b.destination)),
        service,
    }
}

/// A flow cut along the zones of both sides.
fn by_zones(policy: &Policy, flow: &FlowSet) -> Vec<((ZoneId, ZoneId), FlowSet)> {
    let split = |set: &AddressSet| -> Vec<(ZoneId, Arc<AddressSet>)> {
        let parts = policy.zone_map.split(set).into_iter();
        parts.map(|(zone, part)| (zone, Arc::new(part))).collect()
    };
    let destinations = split(&flow.destination);
    let mut parts = Vec::new();
    for (from, source) in split(&flow.source) {
        for (to, destination) in &destinations {
            let part = FlowSet {
                source: Arc::clone(&source),
                destination: Arc::clone(destination),
                service: Arc::clone(&flow.service),
            };
            if !part.is_empty() {
                parts.push(((from, *to), part));
            }
        }
    }
    parts
}
