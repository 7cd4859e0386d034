//! Who reaches whom in one step: for each pair of zones, exactly what passes and why.
//!
//! Rules are sorted to the pairs of zones that they are about; each pair then looks at its own few rules only.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::less::{Left, Subtraction};
use super::view::{Passage, open_zones};
use crate::model::{Device, DeviceId, Examples, HostFirewall, ModeId, Point, Policy, Rule, RuleId, ZoneId};
use crate::network::Network;
use crate::packet::{AddressSet, Budget, FlowSet, GaveUp, Packet, PacketRule, ServiceSet};
use crate::plan::opened_service;
use crate::syntax::tree::Action;

/// Into so many products denies may cut an allow before it is left whole, with what is taken away.
const PRODUCTS: usize = 256;

/// The same between two zones that have [`MANY`] products already.
const FEW_PRODUCTS: usize = 16;

/// From so many products on nobody reads those between two zones one by one.
const MANY: usize = 4_096;

/// More addresses than one host has: a flow between so many is not looked at for whether it leaves its host.
const OF_ONE_HOST: u128 = 64;

/// How many denies of a stream are named.
const NAMED: usize = 64;

/// What members of one zone may open to members of another, in one step.
#[derive(Clone, Debug)]
pub struct Conduit {
    /// The zone that opens the flows.
    pub from: ZoneId,
    /// The zone that receives them.
    pub to: ZoneId,
    /// What passes: a packet passes when one of these holds it.
    pub streams: Vec<Stream>,
}

/// A product of what passes between two zones, with what lets it through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The packets. Never empty.
    pub flow: FlowSet,
    /// What lets them through: rules of the policy, or one thing that no rule decides.
    pub by: Vec<Passage>,
    /// What denies take away of these packets; none where nothing is taken away.
    pub less: Option<Less>,
}

/// Denies that take packets of a stream away here and there. Without these packets it would be too many products to
/// list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Less {
    /// The first of them, by id.
    pub denies: Vec<RuleId>,
    /// How many they are.
    pub count: usize,
    /// A packet that none of them takes away.
    pub example: Packet,
}

impl Less {
    /// None where there are no denies.
    fn of(mut denies: Vec<RuleId>, example: Packet) -> Option<Self> {
        let count = denies.len();
        denies.truncate(NAMED);
        (count > 0).then_some(Self {
            denies,
            count,
            example,
        })
    }
}

/// The policy on one day and in one mode, sorted by zones.
#[derive(Debug)]
pub struct Conduits<'a> {
    policy: &'a Policy,
    rules: Vec<(RuleId, &'a Rule)>,
    open: Vec<Vec<ZoneId>>,
    /// The host firewalls of each device that has some.
    guarded: BTreeMap<DeviceId, Vec<HostFirewall<'a>>>,
    guarded_addresses: AddressSet,
    examples: Examples,
}

/// The zone that opens flows, and the one that receives them.
type Pair = (ZoneId, ZoneId);

/// The part of a set in each zone, by zone.
type Parts = Arc<Vec<(ZoneId, Arc<AddressSet>)>>;

impl<'a> Conduits<'a> {
    /// What a policy lets through on a day and in a mode; no mode means normal times.
    pub fn new(
        policy: &'a Policy,
        network: &Network,
        today: jiff::civil::Date,
        mode: Option<ModeId>,
    ) -> Self {
        let mut guarded: BTreeMap<DeviceId, Vec<HostFirewall<'_>>> = BTreeMap::new();
        for firewall in policy.host_firewalls() {
            guarded.entry(firewall.device_id).or_default().push(firewall);
        }
        let guarded_sets = policy.host_firewalls().map(|firewall| &*firewall.device.set);
        Self {
            guarded_addresses: AddressSet::union_of(guarded_sets),
            rules: policy.active_rules_with_ids(today, mode).collect(),
            open: open_zones(policy, network),
            examples: Examples::new(policy),
            policy,
            guarded,
        }
    }

    /// What members of one set may open to members of another, by pair of zones. Packets of a host to itself do not
    /// count, nor do addresses that no zone owns.
    ///
    /// # Errors
    /// When the rules between two zones are too entangled for the budget: nothing is known then.
    pub fn between(
        &self,
        from: &AddressSet,
        to: &AddressSet,
        budget: Budget,
    ) -> Result<Vec<Conduit>, GaveUp> {
        let [mut sources, mut destinations] = [from, to].map(|side| Cutter::new(self.policy, side));
        let RulesByZone { allows, denies } = self.rules_by_zone(&mut sources, &mut destinations);
        let mut streams = self.open_streams(&mut sources, &mut destinations);
        for ((from, to), allows) in allows {
            let near = denies.get(&from).into_iter().flatten();
            let denies = near.filter_map(|deny| deny.to(to)).collect();
            let open = streams.entry((from, to)).or_default();
            let by_rules = self.by_rules((from, to), allows, denies, open, budget)?;
            open.extend(by_rules);
        }
        let conduits = streams.into_iter().map(|((from, to), mut streams)| {
            streams.retain(|stream| from != to || stream.less.is_some() || !self.to_itself(&stream.flow));
            Conduit { from, to, streams }
        });
        Ok(conduits.filter(|conduit| !conduit.streams.is_empty()).collect())
    }

    /// Sorts the parts of the rules to the zones that they are about.
    fn rules_by_zone(&self, sources: &mut Cutter<'_>, destinations: &mut Cutter<'_>) -> RulesByZone<'a> {
        let mut sorted = RulesByZone::default();
        for (id, rule) in &self.rules {
            let senders = sources.parts(&rule.source.addresses);
            let receivers = destinations.parts(&rule.destination.addresses);
            for (from, source) in senders.iter() {
                match rule.action {
                    Action::Deny => sorted.denies.entry(*from).or_default().push(Deny {
                        source: Arc::clone(source),
                        receivers: Arc::clone(&receivers),
                        id: *id,
                        rule,
                    }),
                    Action::Allow => sorted.add_allow(*id, rule, (*from, source), &receivers),
                }
            }
        }
        sorted
    }

    /// What passes whatever rules say, by pair of zones.
    fn open_streams(
        &self,
        sources: &mut Cutter<'_>,
        destinations: &mut Cutter<'_>,
    ) -> BTreeMap<Pair, Vec<Stream>> {
        let all = Arc::new(AddressSet::full());
        let (senders, receivers) = (sources.parts(&all), destinations.parts(&all));
        let mut streams = BTreeMap::new();
        for (from, source) in senders.iter() {
            for to in self.open.get(from.index()).into_iter().flatten() {
                if let Some(destination) = part_in(&receivers, *to) {
                    let open = self.open_between(*from, source, *to, destination);
                    streams.insert((*from, *to), open);
                }
            }
        }
        streams
    }

    /// What allows let through between two zones beside what is open there anyway.
    fn by_rules(
        &self,
        (from, to): Pair,
        allows: Vec<(RuleId, PacketRule)>,
        denies: Vec<(RuleId, PacketRule)>,
        open: &[Stream],
        budget: Budget,
    ) -> Result<Vec<Stream>, GaveUp> {
        let (denies, mut rules): (Vec<RuleId>, Vec<PacketRule>) = denies.into_iter().unzip();
        // What passes anyway needs no rule.
        rules.extend(open.iter().map(|stream| PacketRule::permit(stream.flow.clone())));
        let taken = rules.len();
        let (ids, allows): (Vec<RuleId>, Vec<PacketRule>) = allows.into_iter().unzip();
        rules.extend(allows);
        let mut subtraction = Subtraction::new(&rules, taken, &self.examples, budget);
        let counts = |packet: &Packet| from != to || !self.loops(packet);
        let mut by_rules = ByRules::default();
        for (place, (id, rule)) in (taken..).zip(ids.into_iter().zip(rules.iter().skip(taken))) {
            let touching = subtraction.touching(&rule.flow);
            match subtraction.left_of(place, &touching, by_rules.most(), counts)? {
                Left::Products(products) => {
                    for product in products {
                        by_rules.add(id, product);
                    }
                }
                Left::Scattered(example) => {
                    let denies = touching.iter().filter_map(|place| denies.get(*place));
                    let less = Less::of(denies.copied().collect(), example);
                    by_rules.add_whole(id, rule.flow.clone(), less);
                }
            }
        }
        Ok(by_rules.streams)
    }

    /// What passes between two zones that nothing of ours stands between, whatever rules say. Host firewalls send only
    /// what is permitted, and take from neighbours what their `manage` and `run` say.
    fn open_between(
        &self,
        zone: ZoneId,
        source: &AddressSet,
        to: ZoneId,
        destination: &AddressSet,
    ) -> Vec<Stream> {
        let source = Arc::new(source.difference(&self.guarded_addresses));
        let by = if zone == to {
            Passage::Neighbours
        } else {
            Passage::Unenforced
        };
        let mut streams = vec![Stream {
            flow: FlowSet {
                source: Arc::clone(&source),
                destination: Arc::new(destination.difference(&self.guarded_addresses)),
                service: Arc::new(ServiceSet::full()),
            },
            by: vec![by],
            less: None,
        }];
        for firewalls in self.guarded.values() {
            let Some(first) = firewalls.first().filter(|first| first.device.zone == to) else {
                continue;
            };
            let at = Arc::new(first.device.set.intersection(destination));
            let accepted = firewalls.iter().map(|firewall| accepted(firewall.point));
            let taken = accepted.reduce(|all, one| {
                let meet = |a: &Accepted| one.iter().map(|b| a.and(b)).collect::<Vec<_>>();
                all.iter().flat_map(meet).collect()
            });
            streams.extend(taken.into_iter().flatten().map(|accepted| Stream {
                flow: FlowSet {
                    source: Arc::new(accepted.from.intersection(&source)),
                    destination: Arc::clone(&at),
                    service: Arc::new(accepted.service),
                },
                by: vec![Passage::HostFirewall(first.id)],
                less: None,
            }));
        }
        streams.retain(|stream| !stream.flow.is_empty());
        streams
    }

    /// True where a packet goes from a host to itself.
    fn loops(&self, packet: &Packet) -> bool {
        let has_both = |device: &Device| {
            let ends = [packet.source, packet.destination];
            ends.iter().all(|end| device.set.contains(*end))
        };
        packet.source == packet.destination || self.policy.devices.iter().any(has_both)
    }

    /// True where every packet goes from a host to itself.
    fn to_itself(&self, flow: &FlowSet) -> bool {
        let both = flow.source.union(&flow.destination);
        let count = both.v4.count().saturating_add(both.v6.count());
        let Some(first) = both.first().filter(|_| count <= OF_ONE_HOST) else {
            return false;
        };
        let device = self
            .policy
            .devices
            .iter()
            .find(|device| device.set.contains(first));
        count == 1 || device.is_some_and(|device| both.is_subset(&device.set))
    }
}

/// The parts of rules, by the zones that they are about.
#[derive(Default)]
struct RulesByZone<'a> {
    allows: BTreeMap<Pair, Vec<(RuleId, PacketRule)>>,
    /// By the zone of their senders: most pairs of zones that denies are about have no allow.
    denies: BTreeMap<ZoneId, Vec<Deny<'a>>>,
}

impl RulesByZone<'_> {
    /// Adds what an allow is about from one zone to each.
    fn add_allow(
        &mut self,
        id: RuleId,
        rule: &Rule,
        (from, source): (ZoneId, &Arc<AddressSet>),
        receivers: &Parts,
    ) {
        for (to, destination) in receivers.iter() {
            let flow = FlowSet {
                source: Arc::clone(source),
                destination: Arc::clone(destination),
                service: Arc::clone(&rule.service.set),
            };
            if !flow.is_empty() {
                let allows = self.allows.entry((from, *to)).or_default();
                allows.push((id, PacketRule::permit(flow)));
            }
        }
    }
}

/// A deny as seen from one zone.
struct Deny<'a> {
    source: Arc<AddressSet>,
    receivers: Parts,
    id: RuleId,
    rule: &'a Rule,
}

impl Deny<'_> {
    /// What it takes away towards a zone.
    fn to(&self, zone: ZoneId) -> Option<(RuleId, PacketRule)> {
        let flow = FlowSet {
            source: Arc::clone(&self.source),
            destination: Arc::clone(part_in(&self.receivers, zone)?),
            service: Arc::clone(&self.rule.service.set),
        };
        Some((self.id, PacketRule::deny(flow)))
    }
}

/// Cuts sets into their parts in each zone and within one set.
struct Cutter<'a> {
    policy: &'a Policy,
    within: &'a AddressSet,
    /// Most rules share their sets: the place of one stands for it.
    known: FxHashMap<usize, (Arc<AddressSet>, Parts)>,
}

impl<'a> Cutter<'a> {
    fn new(policy: &'a Policy, within: &'a AddressSet) -> Self {
        Self {
            policy,
            within,
            known: FxHashMap::default(),
        }
    }

    fn parts(&mut self, set: &Arc<AddressSet>) -> Parts {
        let (policy, within) = (self.policy, self.within);
        let (_, parts) = self.known.entry(Arc::as_ptr(set).addr()).or_insert_with(|| {
            let parts = policy.zone_map.split(&set.intersection(within)).into_iter();
            let parts = parts.map(|(zone, part)| (zone, Arc::new(part))).collect();
            // The set is kept, so that its place stays its own.
            (Arc::clone(set), Arc::new(parts))
        });
        Arc::clone(parts)
    }
}

fn part_in(parts: &[(ZoneId, Arc<AddressSet>)], zone: ZoneId) -> Option<&Arc<AddressSet>> {
    let at = parts.binary_search_by_key(&zone, |(id, _)| *id).ok()?;
    parts.get(at).map(|(_, part)| part)
}

/// What a host firewall takes from neighbours.
struct Accepted {
    from: AddressSet,
    service: ServiceSet,
}

impl Accepted {
    fn and(&self, other: &Self) -> Self {
        Self {
            from: self.from.intersection(&other.from),
            service: self.service.intersection(&other.service),
        }
    }
}

fn accepted(point: &Point) -> Vec<Accepted> {
    let manage = point.manage.iter().map(|manage| Accepted {
        from: (*manage.from.addresses).clone(),
        service: (*manage.service.set).clone(),
    });
    let run = point.run.iter().map(|run| Accepted {
        from: AddressSet::full(),
        service: opened_service(run.protocol),
    });
    manage.chain(run).collect()
}

/// What rules let through between two zones.
#[derive(Default)]
struct ByRules {
    streams: Vec<Stream>,
    /// The streams by their sides.
    between: FxHashMap<(Arc<AddressSet>, Arc<AddressSet>), usize>,
    /// How many of them are allows that were left whole.
    whole: usize,
}

impl ByRules {
    /// Into how many products the next allow may be cut.
    fn most(&self) -> usize {
        let products = self
            .whole
            .saturating_mul(PRODUCTS)
            .saturating_add(self.streams.len());
        match products < MANY {
            true => PRODUCTS,
            false => FEW_PRODUCTS,
        }
    }

    /// Adds an allow that denies cut into more products than that.
    fn add_whole(&mut self, id: RuleId, flow: FlowSet, less: Option<Less>) {
        self.whole += 1;
        self.streams.push(Stream {
            flow,
            by: vec![Passage::Rule(id)],
            less,
        });
    }

    /// Adds what a rule lets through: where other rules let something through between the same sides, to that.
    fn add(&mut self, id: RuleId, flow: FlowSet) {
        let sides = (Arc::clone(&flow.source), Arc::clone(&flow.destination));
        let at = *self.between.entry(sides).or_insert(self.streams.len());
        match self.streams.get_mut(at) {
            Some(stream) => {
                stream.flow.service = Arc::new(stream.flow.service.union(&flow.service));
                if !stream.by.contains(&Passage::Rule(id)) {
                    stream.by.push(Passage::Rule(id));
                }
            }
            None => self.streams.push(Stream {
                flow,
                by: vec![Passage::Rule(id)],
                less: None,
            }),
        }
    }
}
