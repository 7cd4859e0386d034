//! From plans to an archive.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    ArchivedAddresses, ArchivedDevice, ArchivedPair, ArchivedRole, ArchivedRule, ArchivedRun, ArchivedSaid,
    ArchivedService, ArchivedSide, FORMAT, Place, PlanArchive, letter,
};
use crate::packet::{AddressSet, ServiceSet};
use crate::plan::{DevicePlan, Origin, PairPlan, PlanRule, Role, Run, Said, Side};
use crate::syntax::tree::Action;

/// Values written once.
struct Table<'p, T: ?Sized> {
    list: Vec<&'p Arc<T>>,
    places: FxHashMap<&'p T, Place>,
    /// Plans share their sets: each is hashed once. What is met outlives the table, so that its place in memory stays
    /// its own.
    met: FxHashMap<*const (), Place>,
}

impl<T: ?Sized> Default for Table<'_, T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            places: FxHashMap::default(),
            met: FxHashMap::default(),
        }
    }
}

impl<'p, T: Eq + Hash + ?Sized> Table<'p, T> {
    fn place(&mut self, value: &'p Arc<T>) -> Place {
        *self.met.entry(Arc::as_ptr(value).cast()).or_insert_with(|| {
            *self.places.entry(&**value).or_insert_with(|| {
                self.list.push(value);
                // What has no place of its own any more cannot be read back.
                Place::try_from(self.list.len() - 1).unwrap_or(Place::MAX)
            })
        })
    }
}

/// Puts what plans hold into tables.
#[derive(Default)]
pub(super) struct Writer<'p> {
    addresses: Table<'p, AddressSet>,
    services: Table<'p, ServiceSet>,
    origins: Table<'p, Origin>,
    texts: Table<'p, str>,
    said: Table<'p, Said>,
}

impl<'p> Writer<'p> {
    pub(super) fn device(&mut self, plan: &'p DevicePlan) -> ArchivedDevice {
        let run = |run: &Run| {
            let word = run.protocol.word().to_owned();
            match &run.on {
                None => ArchivedRun::Everywhere(word),
                Some(zones) => ArchivedRun::On(word, zones.clone()),
            }
        };
        ArchivedDevice {
            device: plan.device.clone(),
            platform: plan.platform.clone(),
            claimed: self.addresses.place(&plan.claimed),
            own: self.addresses.place(&plan.local.own),
            manage: self.rules(&plan.local.manage),
            run: plan.local.run.iter().map(run).collect(),
            role: match &plan.role {
                Role::Router(forwarding) => ArchivedRole::Router {
                    sides: forwarding.sides.iter().map(|side| self.side(side)).collect(),
                    pairs: forwarding.pairs.iter().map(|pair| self.pair(pair)).collect(),
                },
                Role::Host(host) => ArchivedRole::Host {
                    addresses: self.addresses.place(&host.addresses),
                    inbound: self.rules(&host.inbound),
                    outbound: self.rules(&host.outbound),
                },
            },
        }
    }

    fn side(&mut self, side: &'p Side) -> ArchivedSide {
        ArchivedSide {
            zone: side.zone.clone(),
            behind: self.addresses.place(&side.behind),
            interfaces: side
                .interfaces
                .iter()
                .map(|i| (i.name.clone(), i.addresses.clone()))
                .collect(),
        }
    }

    fn pair(&mut self, pair: &'p PairPlan) -> ArchivedPair {
        ArchivedPair {
            from: pair.from,
            to: pair.to,
            rules: self.rules(&pair.rules),
            replies: self.rules(&pair.replies),
        }
    }

    fn rules(&mut self, rules: &'p [PlanRule]) -> Vec<ArchivedRule> {
        rules.iter().map(|rule| self.rule(rule)).collect()
    }

    fn rule(&mut self, rule: &'p PlanRule) -> ArchivedRule {
        let PlanRule { flow, said } = rule;
        (
            self.addresses.place(&flow.source),
            self.addresses.place(&flow.destination),
            self.services.place(&flow.service),
            self.said.place(said),
        )
    }

    /// The archive of devices that were put in.
    pub(super) fn archive(mut self, devices: Vec<ArchivedDevice>) -> PlanArchive {
        let said = self.archived_said();
        let addresses = self.addresses.list.into_iter().cloned().map(ArchivedAddresses);
        let services = self.services.list.into_iter().map(|set| ArchivedService::of(set));
        PlanArchive {
            format: FORMAT,
            addresses: addresses.collect(),
            services: services.collect(),
            origins: self.origins.list.into_iter().cloned().collect(),
            texts: self.texts.list.into_iter().cloned().collect(),
            said,
            devices,
        }
    }

    fn archived_said(&mut self) -> Vec<ArchivedSaid> {
        let (texts, origins) = (&mut self.texts, &mut self.origins);
        let said = self.said.list.iter().map(|said| ArchivedSaid {
            allow: said.action == Action::Allow,
            called: (
                texts.place(&said.source),
                texts.place(&said.destination),
                texts.place(&said.service),
            ),
            log: said.log,
            rate: said.rate.map(|rate| (rate.count, letter(rate.per))),
            origin: origins.place(&said.origin),
        });
        said.collect()
    }
}
