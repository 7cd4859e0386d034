//! Plans as JSON, so that a configuration can be held against its plan without the policy.
//!
//! Sets are written once, in tables, and named by their place there.

use std::sync::Arc;

use ipnet::IpNet;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize, Serializer};

use super::{
    DevicePlan, Forwarding, HostPlan, LocalPlan, Origin, PairPlan, PlanRule, PortInterface, Role,
    RunProtocol, Said, Side,
};
use crate::packet::{AddressSet, FlowSet, IntervalSet, Region, ServiceSet};
use crate::syntax::tree::{Action, Rate, RateUnit};

/// Some plans, self-contained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanArchive {
    /// Version of the shape of this archive.
    pub format: u32,
    addresses: Vec<Vec<ArchivedPrefix>>,
    services: Vec<ArchivedService>,
    origins: Vec<Arc<Origin>>,
    texts: Vec<Arc<str>>,
    said: Vec<ArchivedSaid>,
    devices: Vec<ArchivedDevice>,
}

/// The present shape.
const FORMAT: u32 = 2;

/// A place in a table.
type Place = u32;

/// As text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct ArchivedPrefix(IpNet);

impl Serialize for ArchivedPrefix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let IpNet::V4(net) = self.0 else {
            return self.0.serialize(serializer);
        };
        // Addresses are most of the archive, and the general way takes ten times as long.
        let mut text = String::with_capacity(18);
        let mut digits = itoa::Buffer::new();
        for (octet, before) in net.addr().octets().into_iter().zip(["", ".", ".", "."]) {
            text.push_str(before);
            text.push_str(digits.format(octet));
        }
        text.push('/');
        text.push_str(digits.format(net.prefix_len()));
        serializer.serialize_str(&text)
    }
}

type Rectangles = Vec<(Vec<(u16, u16)>, Vec<(u16, u16)>)>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ArchivedService {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tcp: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    udp: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sctp: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    icmp: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    icmpv6: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other: Vec<(u8, u8)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchivedDevice {
    device: String,
    platform: String,
    claimed: Place,
    own: Place,
    manage: Vec<ArchivedRule>,
    run: Vec<String>,
    role: ArchivedRole,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum ArchivedRole {
    Router {
        sides: Vec<ArchivedSide>,
        pairs: Vec<ArchivedPair>,
    },
    Host {
        addresses: Place,
        inbound: Vec<ArchivedRule>,
        outbound: Vec<ArchivedRule>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchivedSide {
    zone: String,
    behind: Place,
    interfaces: Vec<(String, Vec<std::net::IpAddr>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchivedPair {
    from: usize,
    to: usize,
    rules: Vec<ArchivedRule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replies: Vec<ArchivedRule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchivedSaid {
    allow: bool,
    /// What the author called source, destination and service.
    called: (Place, Place, Place),
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    log: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<(u32, char)>,
    origin: Place,
}

/// Source, destination, service, and what the author said.
type ArchivedRule = (Place, Place, Place, Place);

/// Why an archive cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Written by a version with another shape.
    #[error("the plans have format {0}, this version reads format {FORMAT}")]
    Format(u32),
    /// A place in a table, or a word, that is not there.
    #[error("the plans are damaged: {0}")]
    Damaged(&'static str),
}

impl PlanArchive {
    /// The archive of some plans.
    pub fn new<'a>(plans: impl IntoIterator<Item = &'a DevicePlan>) -> Self {
        let mut writer = Writer::default();
        let devices = plans.into_iter().map(|plan| writer.device(plan)).collect();
        Self {
            format: FORMAT,
            addresses: writer
                .addresses
                .list
                .iter()
                .map(|set| archived_addresses(set))
                .collect(),
            services: writer
                .services
                .list
                .iter()
                .map(|set| archived_service(set))
                .collect(),
            said: writer.archived_said(),
            origins: writer.origins.list.into_iter().cloned().collect(),
            texts: writer.texts.list.into_iter().cloned().collect(),
            devices,
        }
    }

    /// The plans of the archive.
    ///
    /// # Errors
    /// When the archive is of another version, or damaged.
    pub fn plans(&self) -> Result<Vec<DevicePlan>, ArchiveError> {
        if self.format != FORMAT {
            return Err(ArchiveError::Format(self.format));
        }
        let mut reader = Reader {
            said: Vec::new(),
            addresses: self
                .addresses
                .iter()
                .map(|prefixes| Arc::new(restored_addresses(prefixes)))
                .collect(),
            services: self
                .services
                .iter()
                .map(|service| Arc::new(restored_service(service)))
                .collect(),
            origins: &self.origins,
            texts: &self.texts,
        };
        let said = self.said.iter().map(|said| reader.said(said).map(Arc::new));
        reader.said = said.collect::<Result<_, _>>()?;
        self.devices.iter().map(|device| reader.device(device)).collect()
    }
}

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

impl<'p, T: Eq + std::hash::Hash + ?Sized> Table<'p, T> {
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

#[derive(Default)]
struct Writer<'p> {
    addresses: Table<'p, AddressSet>,
    services: Table<'p, ServiceSet>,
    origins: Table<'p, Origin>,
    texts: Table<'p, str>,
    said: Table<'p, Said>,
}

impl<'p> Writer<'p> {
    fn device(&mut self, plan: &'p DevicePlan) -> ArchivedDevice {
        let word = |protocol: &RunProtocol| {
            RunProtocol::ALL
                .iter()
                .find(|(_, known)| known == protocol)
                .map_or("", |(word, _)| *word)
                .to_owned()
        };
        ArchivedDevice {
            device: plan.device.clone(),
            platform: plan.platform.clone(),
            claimed: self.addresses.place(&plan.claimed),
            own: self.addresses.place(&plan.local.own),
            manage: self.rules(&plan.local.manage),
            run: plan.local.run.iter().map(word).collect(),
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

fn letter(unit: RateUnit) -> char {
    match unit {
        RateUnit::Second => 's',
        RateUnit::Minute => 'm',
        RateUnit::Hour => 'h',
        RateUnit::Day => 'd',
    }
}

struct Reader<'a> {
    addresses: Vec<Arc<AddressSet>>,
    services: Vec<Arc<ServiceSet>>,
    origins: &'a [Arc<Origin>],
    texts: &'a [Arc<str>],
    said: Vec<Arc<Said>>,
}

impl Reader<'_> {
    fn addresses(&self, place: Place) -> Result<Arc<AddressSet>, ArchiveError> {
        at(&self.addresses, place, "an address set is missing")
    }

    fn text(&self, place: Place) -> Result<Arc<str>, ArchiveError> {
        at(self.texts, place, "a text is missing")
    }

    fn device(&self, device: &ArchivedDevice) -> Result<DevicePlan, ArchiveError> {
        let protocol = |word: &String| {
            let known = RunProtocol::ALL
                .iter()
                .find(|(known, _)| known == word)
                .map(|(_, protocol)| *protocol);
            known.ok_or(ArchiveError::Damaged("an unknown protocol"))
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
                run: device.run.iter().map(protocol).collect::<Result<_, _>>()?,
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
    let found = usize::try_from(place).ok().and_then(|place| table.get(place));
    found.cloned().ok_or(ArchiveError::Damaged(missing))
}

fn archived_addresses(set: &AddressSet) -> Vec<ArchivedPrefix> {
    set.prefixes().into_iter().map(ArchivedPrefix).collect()
}

fn restored_addresses(prefixes: &[ArchivedPrefix]) -> AddressSet {
    let prefixes: Vec<IpNet> = prefixes.iter().map(|prefix| prefix.0).collect();
    AddressSet::from_prefixes(&prefixes)
}

fn archived_service(set: &ServiceSet) -> ArchivedService {
    let rectangles = |region: &Region| -> Rectangles {
        region
            .rows()
            .iter()
            .map(|(a, b)| (a.ranges().to_vec(), b.ranges().to_vec()))
            .collect()
    };
    ArchivedService {
        tcp: rectangles(&set.tcp),
        udp: rectangles(&set.udp),
        sctp: rectangles(&set.sctp),
        icmp: rectangles(&set.icmp),
        icmpv6: rectangles(&set.icmpv6),
        other: set.other.ranges().to_vec(),
    }
}

fn restored_service(archived: &ArchivedService) -> ServiceSet {
    let region = |rectangles: &Rectangles, limit: u16| {
        let within = IntervalSet::range(0, limit);
        rectangles.iter().fold(Region::empty(), |union, (first, second)| {
            let numbers = |ranges: &[(u16, u16)]| {
                IntervalSet::from_ranges(ranges.iter().copied()).intersection(&within)
            };
            union.union(&Region::product(numbers(first), numbers(second)))
        })
    };
    ServiceSet {
        tcp: region(&archived.tcp, u16::MAX),
        udp: region(&archived.udp, u16::MAX),
        sctp: region(&archived.sctp, u16::MAX),
        icmp: region(&archived.icmp, 255),
        icmpv6: region(&archived.icmpv6, 255),
        other: IntervalSet::from_ranges(archived.other.iter().copied())
            .intersection(&ServiceSet::other_protocols()),
    }
}
