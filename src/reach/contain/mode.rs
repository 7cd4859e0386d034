//! The containment as a mode in the language.
//!
//! Between the device and a peer that keeps something, everything else is denied by name: all ports, and of protocols
//! without ports what rules permit today. With everybody else nothing is left.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::{Containment, Kept, Named, service};
use crate::packet::{AddressSet, FlowSet, ServiceSet};
use crate::source::SourceMap;
use crate::syntax::spelled;
use crate::syntax::tree::Action;

impl Containment<'_> {
    /// The mode; not yet in the canonical layout.
    pub fn mode(&self, name: &str, sources: &SourceMap) -> String {
        let device = &self.device.name;
        let mut text = format!("# Cuts {device} off");
        text.push_str(match self.kept.is_empty() {
            true => " from everything: nothing is required of it.\n",
            false => " from everything but:\n",
        });
        for kept in &self.kept {
            let _ = writeln!(text, "#   {} ({})", self.words(kept), sources.line_of(kept.span));
        }
        let _ = writeln!(text, "mode {} {} {{", spelled(name), title(device));
        for outbound in [true, false] {
            for own in self.parts(outbound) {
                self.denies(outbound, &own, &mut text);
            }
        }
        text.push_str("}\n");
        text
    }

    /// The addresses of the device, apart where not all of them keep the same.
    fn parts(&self, outbound: bool) -> Vec<Arc<AddressSet>> {
        let mut parts = vec![AddressSet::clone(&self.device.set)];
        for kept in self.kept.iter().filter(|kept| kept.outbound == outbound) {
            let split = |part: &AddressSet| [part.intersection(&kept.own), part.difference(&kept.own)];
            parts = parts.iter().flat_map(split).collect();
            parts.retain(|part| !part.is_empty());
        }
        parts.into_iter().map(Arc::new).collect()
    }

    fn denies(&self, outbound: bool, own: &Arc<AddressSet>, text: &mut String) {
        let kept = self.kept.iter().filter(|kept| kept.outbound == outbound);
        let kept: Vec<&Kept> = kept.filter(|kept| own.is_subset(&kept.own)).collect();
        let mut peers: Vec<&Named<AddressSet>> = Vec::new();
        for kept in &kept {
            if peers.iter().all(|peer| peer.set != kept.peer.set) {
                peers.push(&kept.peer);
            }
        }
        let own_text = self.own_text(own);
        let mut deny = |peer: String, services: Option<String>| {
            let (from, to) = match outbound {
                true => (&own_text, &peer),
                false => (&peer, &own_text),
            };
            let services = services.map_or(String::new(), |services| format!(" : {services}"));
            let _ = writeln!(text, "deny {from} -> {to}{services}");
        };
        deny(less("any", &peers), None);
        for (index, peer) in peers.iter().enumerate() {
            // What an earlier peer holds as well has been dealt with there.
            let earlier = peers.iter().take(index).filter(|one| one.set.overlaps(&peer.set));
            let own_part = without(peer, &earlier.copied().collect::<Vec<_>>());
            for (spared, services) in denied_of(&own_part, &peers, &kept) {
                let rest = without(&own_part, &spared);
                let permitted = self.permitted(outbound, own, &rest.set);
                if rest.set.is_empty() {
                    continue;
                }
                for services in service::statements(&services, &permitted) {
                    deny(rest.text.clone(), Some(services));
                }
            }
        }
    }

    /// The services that some rule permits between the device and a peer in normal times.
    pub(super) fn permitted(
        &self,
        outbound: bool,
        own: &Arc<AddressSet>,
        peer: &Arc<AddressSet>,
    ) -> ServiceSet {
        let (source, destination) = if outbound { (own, peer) } else { (peer, own) };
        let flow = FlowSet {
            source: Arc::clone(source),
            destination: Arc::clone(destination),
            service: Arc::new(ServiceSet::full()),
        };
        self.policy
            .active_rules(self.today, None)
            .filter(|rule| rule.action == Action::Allow && rule.flow().overlaps(&flow))
            .fold(ServiceSet::empty(), |all, rule| all.union(&rule.service.set))
    }
}

/// What is denied of one peer: services, and the peers that keep them for some of its addresses.
fn denied_of<'k>(
    peer: &Named<AddressSet>,
    peers: &[&'k Named<AddressSet>],
    kept: &[&Kept],
) -> Vec<(Vec<&'k Named<AddressSet>>, ServiceSet)> {
    // Services apart where not the same kept flows hold them.
    let mut classes = vec![(ServiceSet::full(), Vec::<usize>::new())];
    for (index, kept) in kept.iter().enumerate() {
        if !kept.peer.set.overlaps(&peer.set) {
            continue;
        }
        let mut split = Vec::new();
        for (services, holders) in classes {
            let inside = services.intersection(&kept.service.set);
            let outside = services.difference(&kept.service.set);
            if !inside.is_empty() {
                let with = holders.iter().copied().chain([index]).collect();
                split.push((inside, with));
            }
            if !outside.is_empty() {
                split.push((outside, holders));
            }
        }
        classes = split;
    }
    let mut denied: BTreeMap<Vec<usize>, ServiceSet> = BTreeMap::new();
    for (services, holders) in classes {
        let keeps = |set: &AddressSet| {
            let mut holders = holders.iter().filter_map(|holder| kept.get(*holder));
            holders.any(|kept| *kept.peer.set == *set)
        };
        let spared = (0..peers.len()).filter(|index| peers.get(*index).is_some_and(|peer| keeps(&peer.set)));
        let spared: Vec<usize> = spared.collect();
        let covers = |index: &usize| {
            peers
                .get(*index)
                .is_some_and(|other| peer.set.is_subset(&other.set))
        };
        if !spared.iter().any(covers) {
            let all = denied.entry(spared).or_insert_with(ServiceSet::empty);
            *all = all.union(&services);
        }
    }
    denied
        .into_iter()
        .map(|(spared, services)| {
            let spared = spared.iter().filter_map(|index| peers.get(*index).copied());
            (spared.collect(), services)
        })
        .collect()
}

/// A set without others.
fn without(set: &Named<AddressSet>, others: &[&Named<AddressSet>]) -> Named<AddressSet> {
    let difference = |rest: AddressSet, other: &&Named<AddressSet>| rest.difference(&other.set);
    Named {
        text: less(&set.text, others),
        set: Arc::new(others.iter().fold(AddressSet::clone(&set.set), difference)),
    }
}

/// A set without others, as text.
fn less(set: &str, others: &[&Named<AddressSet>]) -> String {
    let set = match others.is_empty() {
        true => set.to_owned(),
        false => operand(set),
    };
    others
        .iter()
        .fold(set, |text, other| format!("{text} - {}", operand(&other.text)))
}

/// A set as one operand.
fn operand(text: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
    match text.chars().all(is_name) {
        true => text.to_owned(),
        false => format!("({text})"),
    }
}

/// The title of the mode as a quoted text.
fn title(device: &str) -> String {
    let device = device.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"Cut off {device}\"")
}
