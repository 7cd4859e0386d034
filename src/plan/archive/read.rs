//! From an archive to plans.

use std::sync::Arc;

use super::{
    ArchiveError, ArchivedAddresses, ArchivedDevice, ArchivedPair, ArchivedRole, ArchivedRule, ArchivedRun,
    ArchivedSaid, ArchivedSide, Place, PlanArchive, letter,
};
use crate::packet::{AddressSet, FlowSet, ServiceSet};
use crate::plan::{
    DevicePlan, Forwarding, HostPlan, LocalPlan, Origin, PairPlan, PlanRule, PortInterface, Role, Run,
    RunProtocol, Said, Side,
};
use crate::syntax::tree::{Action, Rate, RateUnit};

/// Finds what an archive's places stand for.
pub(super) struct Reader<'a> {
    addresses: &'a [ArchivedAddresses],
    services: Vec<Arc<ServiceSet>>,
    origins: &'a [Arc<Origin>],
    texts: &'a [Arc<str>],
    said: Vec<Arc<Said>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(archive: &'a PlanArchive) -> Result<Self, ArchiveError> {
        let services = archive.services.iter();
        let services = services.map(|service| Arc::new(service.restored()));
        let mut reader = Self {
            addresses: &archive.addresses,
            services: services.collect(),
            origins: &archive.origins,
            texts: &archive.texts,
            said: Vec::new(),
        };
        let said = archive.said.iter().map(|said| reader.said(said).map(Arc::new));
        reader.said = said.collect::<Result<_, _>>()?;
        Ok(reader)
    }

    fn addresses(&self, place: Place) -> Result<Arc<AddressSet>, ArchiveError> {
        let set = index(place).and_then(|place| self.addresses.get(place));
        let set = set.map(|ArchivedAddresses(set)| Arc::clone(set));
        set.ok_or(ArchiveError::Damaged("an address set is missing"))
    }

    fn text(&self, place: Place) -> Result<Arc<str>, ArchiveError> {
        at(self.texts, place, "a text is missing")
    }

    pub(super) fn device(&self, device: &ArchivedDevice) -> Result<DevicePlan, ArchiveError> {
        let run = |run: &ArchivedRun| {
            let (word, on) = match run {
                ArchivedRun::Everywhere(word) => (word, None),
                ArchivedRun::On(word, zones) => (word, Some(zones.clone())),
            };
            let protocol = RunProtocol::of_word(word).ok_or(ArchiveError::Damaged("an unknown protocol"))?;
            Ok(Run { protocol, on })
        };
        let role = match &device.role {
            ArchivedRole::Router { sides, pairs } => {
                let sides = sides
                    .iter()
                    .map(|side| self.side(side))
                    .collect::<Result<Vec<_>, _>>()?;
                let pairs = pairs
                    .iter()
                    .map(|pair| self.pair(pair, sides.len()))
                    .collect::<Result<Vec<_>, _>>()?;
                Role::Router(Forwarding { sides, pairs })
            }
            ArchivedRole::Host {
                addresses,
                inbound,
                outbound,
            } => Role::Host(HostPlan {
                addresses: self.addresses(*addresses)?,
                inbound: self.rules(inbound)?,
                outbound: self.rules(outbound)?,
            }),
        };
        Ok(DevicePlan {
            device: device.device.clone(),
            platform: device.platform.clone(),
            claimed: self.addresses(device.claimed)?,
            role,
            local: LocalPlan {
                own: self.addresses(device.own)?,
                manage: self.rules(&device.manage)?,
                run: device.run.iter().map(run).collect::<Result<_, _>>()?,
            },
        })
    }

    fn side(&self, side: &ArchivedSide) -> Result<Side, ArchiveError> {
        let interfaces = side
            .interfaces
            .iter()
            .map(|(name, addresses)| PortInterface {
                name: name.clone(),
                addresses: addresses.clone(),
            })
            .collect();
        Ok(Side {
            zone: side.zone.clone(),
            interfaces,
            behind: self.addresses(side.behind)?,
        })
    }

    fn pair(&self, pair: &ArchivedPair, sides: usize) -> Result<PairPlan, ArchiveError> {
        if pair.from >= sides || pair.to >= sides {
            return Err(ArchiveError::Damaged("a side is missing"));
        }
        Ok(PairPlan {
            from: pair.from,
            to: pair.to,
            rules: self.rules(&pair.rules)?,
            replies: self.rules(&pair.replies)?,
        })
    }

    fn rules(&self, rules: &[ArchivedRule]) -> Result<Vec<PlanRule>, ArchiveError> {
        rules.iter().map(|rule| self.rule(rule)).collect()
    }

    fn rule(&self, rule: &ArchivedRule) -> Result<PlanRule, ArchiveError> {
        let (source, destination, service, said) = *rule;
        Ok(PlanRule {
            flow: FlowSet {
                source: self.addresses(source)?,
                destination: self.addresses(destination)?,
                service: at(&self.services, service, "a service is missing")?,
            },
            said: at(&self.said, said, "a rule is missing")?,
        })
    }

    fn said(&self, said: &ArchivedSaid) -> Result<Said, ArchiveError> {
        let (source, destination, service) = said.called;
        let rate = said.rate.map(|(count, unit)| {
            let units = [RateUnit::Second, RateUnit::Minute, RateUnit::Hour, RateUnit::Day];
            let per = units.into_iter().find(|known| letter(*known) == unit);
            per.map(|per| Rate { count, per })
                .ok_or(ArchiveError::Damaged("an unknown unit of time"))
        });
        Ok(Said {
            action: if said.allow { Action::Allow } else { Action::Deny },
            source: self.text(source)?,
            destination: self.text(destination)?,
            service: self.text(service)?,
            log: said.log,
            rate: rate.transpose()?,
            origin: at(self.origins, said.origin, "an origin is missing")?,
        })
    }
}

/// What stands at a place in a table.
fn at<T: ?Sized>(table: &[Arc<T>], place: Place, missing: &'static str) -> Result<Arc<T>, ArchiveError> {
    let found = index(place).and_then(|place| table.get(place));
    found.cloned().ok_or(ArchiveError::Damaged(missing))
}

fn index(place: Place) -> Option<usize> {
    usize::try_from(place).ok()
}
