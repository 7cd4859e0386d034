//! One packet through the network: which rule decides, and what each device on the way does with it and its reply.

mod decide;
mod hop;
mod inside;
mod itself;
mod reply;

use std::cell::OnceCell;

use crate::model::{PointId, Policy, Rule, RuleId, RunProtocol, ZoneId};
use crate::network::{End, Network, Placement, Way};
use crate::packet::Packet;
use crate::plan::{DevicePlan, Origin};
use crate::syntax::tree::Action;
use crate::target::Platform;
use crate::target::readback::ReadBack;

pub use inside::{Inside, Unknown};

/// A managed device as it is built.
pub struct Enforcer<'a> {
    /// What it must let through.
    plan: &'a DevicePlan,
    /// What it is.
    platform: &'a dyn Platform,
    /// Its configuration.
    text: Option<&'a str>,
    /// What that says, once it is asked for: by a packet and by its reply.
    read: OnceCell<ReadBack>,
}

impl<'a> Enforcer<'a> {
    /// A device, and its configuration; none where the platform cannot express the plan.
    pub fn new(plan: &'a DevicePlan, platform: &'a dyn Platform, text: Option<&'a str>) -> Self {
        Self {
            plan,
            platform,
            text,
            read: OnceCell::new(),
        }
    }
}

/// What happens to one packet.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The packet.
    pub packet: Packet,
    /// What of the policy decides, none where nothing is said of the packet.
    pub decider: Option<Decider>,
    /// True where the policy permits it.
    pub permitted: bool,
    /// The zone of its source.
    pub from: ZoneId,
    /// The zone of its destination.
    pub to: ZoneId,
    /// The firewall or router that sends it, where its source is one of that device's own addresses.
    pub sender: Option<PointId>,
    /// The firewall or router that it is for, where its destination is one of that device's own addresses.
    pub receiver: Option<PointId>,
    /// True where there is a way at all.
    pub connected: bool,
    /// True where both ends are neighbours in a zone that says `isolate`.
    pub isolated: bool,
    /// The devices on the way.
    pub hops: Vec<TracedHop>,
    /// What a router does with a packet inside a segment if it crosses the router, which is not known.
    pub perhaps: Option<Inside>,
    /// Managed devices on other ways between the two zones.
    pub elsewhere: Vec<String>,
}

/// What of a policy decides about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A rule.
    Rule(RuleId),
    /// A `manage` statement of the device that the packet is for, by its place in [`crate::model::Point::manage`].
    Manage(PointId, usize),
    /// A protocol that the device runs that the packet is for.
    Run(PointId, RunProtocol),
}

/// What one device does with the packet and its reply.
#[derive(Clone, Debug)]
pub struct TracedHop {
    /// The device.
    pub device: String,
    /// What filters there; none where it is unmanaged and forwards everything.
    pub platform: Option<&'static str>,
    /// Where the packet passes it.
    pub passage: Passage,
    /// What it does with the packet.
    pub verdict: Verdict,
    /// What of the policy says so, none where nothing does.
    pub origin: Option<Origin>,
    /// The line of the configuration that decides.
    pub line: Option<usize>,
    /// What becomes of the reply.
    pub reply: Reply,
}

/// What a device does with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its configuration lets the packet on.
    Permits,
    /// Its configuration drops the packet.
    Denies,
    /// It is unmanaged, and lets everything on.
    Unmanaged,
    /// The packet is for the device itself, and its configuration does not filter what it receives itself.
    Unfiltered,
    /// The packet is for the device itself, and settings that are no part of what is written for it decide.
    OtherSettings,
}

impl Verdict {
    fn of(action: Action) -> Self {
        match action {
            Action::Allow => Self::Permits,
            Action::Deny => Self::Denies,
        }
    }

    /// True where nothing that is known stops the packet here.
    pub fn passes(self) -> bool {
        self != Self::Denies
    }
}

/// Why a packet gets where the policy does not permit it to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Both ends are in one zone, and nothing filters between them.
    Neighbours,
    /// Both ends are in one zone, and this device lets through there what no `deny` names.
    Inside(String),
    /// No managed device stands on the way.
    Unmanaged,
    /// A device sends it itself, and no other managed one stands on the way.
    Sent(String),
    /// A device does not filter what it receives itself.
    Received(String),
    /// Other settings of a device decide about what it receives itself.
    OtherSettings(String),
    /// A device lets through more than the policy, since its platform cannot do without.
    Platform(String),
}

/// Where a packet passes a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// From one interface, or zone of an unmanaged device, to another.
    Through(String, String),
    /// Into the device that a host firewall protects.
    Into,
    /// Out of it.
    OutOf,
    /// To a firewall or router itself, by an interface, or from a zone where it is unmanaged.
    Itself(String),
}

/// What becomes of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It passes as part of the flow.
    ByState,
    /// Nothing filters it.
    NotFiltered,
    /// It is let through, or not, by what its header says.
    ByHeader {
        /// True where it passes.
        permitted: bool,
        /// The line of the configuration that decides.
        line: Option<usize>,
    },
}

impl Reply {
    /// True where the reply passes.
    pub fn permitted(&self) -> bool {
        !matches!(self, Self::ByHeader { permitted: false, .. })
    }
}

impl Trace {
    /// True where the packet arrives, whether or not the policy permits it, and its reply comes back. None where that is
    /// not known.
    pub fn arrives(&self) -> Option<bool> {
        let arrives = self.delivered() && self.hops.iter().all(|hop| hop.reply.permitted());
        let stops = |inside: &Inside| !inside.hop.verdict.passes() || !inside.hop.reply.permitted();
        (!arrives || !self.perhaps.as_ref().is_some_and(stops)).then_some(arrives)
    }

    /// True where nothing stops the packet itself. A zone that says `isolate` is taken at its word.
    fn delivered(&self) -> bool {
        let kept_apart = self.isolated && !self.permitted;
        self.connected && !kept_apart && self.hops.iter().all(|hop| hop.verdict.passes())
    }

    /// Why the packet gets there although the policy does not permit it; none where it does, or something stops it.
    pub fn beyond(&self, policy: &Policy) -> Option<Beyond> {
        if self.permitted || !self.delivered() || self.arrives().is_none() {
            return None;
        }
        let found = |wanted: Verdict| {
            let mut hops = self.hops.iter();
            Some(hops.find(|hop| hop.verdict == wanted)?.device.clone())
        };
        let sender = self.sender.and_then(|id| policy.points.get(id.index()));
        let inside = || {
            let crossed = |hop: &&TracedHop| {
                matches!(hop.passage, Passage::Through(..)) && hop.verdict == Verdict::Permits
            };
            let perhaps = self.perhaps.as_ref().map(|inside| &inside.hop);
            let router = self.hops.iter().find(crossed).or(perhaps)?;
            (self.from == self.to).then(|| Beyond::Inside(router.device.clone()))
        };
        let beyond = inside()
            .or_else(|| found(Verdict::Permits).map(Beyond::Platform))
            .or_else(|| found(Verdict::Unfiltered).map(Beyond::Received))
            .or_else(|| found(Verdict::OtherSettings).map(Beyond::OtherSettings))
            .or_else(|| Some(Beyond::Sent(sender?.name.clone())));
        Some(beyond.unwrap_or(if self.hops.is_empty() && self.from == self.to {
            Beyond::Neighbours
        } else {
            Beyond::Unmanaged
        }))
    }
}

/// Follows packets.
pub struct Tracer<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its network.
    pub network: &'a Network,
    /// Its managed devices.
    pub enforcers: &'a [Enforcer<'a>],
    /// Its rules on a day and in a mode.
    pub rules: &'a [(RuleId, &'a Rule)],
}

/// Why a packet cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no zone owns `{0}`; give it to a zone, or declare an `external` one")]
pub struct Homeless(pub std::net::IpAddr);

impl Tracer<'_> {
    /// Follows a packet and its reply on a shortest way.
    ///
    /// # Errors
    /// Where an end of it lives nowhere.
    pub fn trace(&self, packet: &Packet) -> Result<Trace, Homeless> {
        let zone = |address| self.policy.zone_map.zone_of(address).ok_or(Homeless(address));
        let (from, to) = (zone(packet.source)?, zone(packet.destination)?);
        let matching = |action: Action| {
            let mut rules = self.rules.iter();
            rules.find(|(_, rule)| rule.action == action && rule.flow().contains(packet))
        };
        let denied = matching(Action::Deny);
        let by_rule = denied.or_else(|| matching(Action::Allow));
        let [sender, receiver] = [packet.source, packet.destination].map(|address| self.owner(address));
        let way = self.way((from, sender), (to, receiver));
        let between_hosts = sender.is_none() && receiver.is_none();
        let one_segment = way.as_ref().is_some_and(|way| way.hops.is_empty());
        let inside = (between_hosts && one_segment).then(|| self.inside(packet, from, to));
        let inside = inside.flatten();
        let (inside, others) = inside.unzip();
        let (perhaps, crossed) = match inside {
            Some(inside) if inside.unknown.is_none() => (None, Some(inside.hop)),
            inside => (inside, None),
        };
        let mut before = Vec::new();
        let mut last = Vec::new();
        if let Some(way) = &way {
            before.extend(self.leaving_host(packet));
            before.extend(crossed);
            before.extend(way.hops.iter().filter_map(|hop| self.through(packet, hop)));
            match receiver {
                Some(receiver) => last.extend(self.received(packet, receiver, way.arrival)),
                None => last.extend(self.entering_host(packet)),
            }
        }
        // Who may manage a device always reaches it; devices on the way there need rules.
        let guarded = before.iter().any(|hop| hop.platform.is_some());
        let arrival = way.as_ref().and_then(|way| way.arrival);
        let itself = self.taken(packet, receiver, arrival).filter(|_| !guarded);
        let decider = itself.or_else(|| Some(Decider::Rule(by_rule?.0)));
        let isolates = self.policy.zone(from).is_some_and(|zone| zone.isolate.is_some());
        let mut hops = before;
        hops.extend(last);
        let sends = sender.and_then(|id| self.policy.points.get(id.index()));
        let on_way = |name: &String| {
            hops.iter().any(|hop| hop.device == *name) || sends.is_some_and(|point| point.name == *name)
        };
        let elsewhere = self.crossing(from, to).chain(others.into_iter().flatten());
        let elsewhere = elsewhere.filter(|name| !on_way(name)).collect();
        Ok(Trace {
            packet: *packet,
            permitted: itself.is_some() || (denied.is_none() && by_rule.is_some()),
            decider,
            from,
            to,
            sender,
            receiver,
            connected: way.is_some(),
            isolated: isolates && between_hosts && from == to,
            elsewhere,
            hops,
            perhaps,
        })
    }

    /// A way between two ends: each a zone, or a device of which it has an address.
    fn way(
        &self,
        (from, sender): (ZoneId, Option<PointId>),
        (to, receiver): (ZoneId, Option<PointId>),
    ) -> Option<Way> {
        let end = |zone, device: Option<PointId>| device.map_or(End::Zone(zone), End::Point);
        let (start, end) = (end(from, sender), end(to, receiver));
        // Neighbours need no device between them, nor any that the policy knows.
        if start == end {
            return Some(Way::default());
        }
        self.network.shortest_way(self.policy, start, end)
    }

    /// Managed devices that some way between two zones crosses.
    fn crossing(&self, from: ZoneId, to: ZoneId) -> impl Iterator<Item = String> {
        let crosses = move |index: usize| {
            let placement = Placement::new(self.network, self.policy, PointId::from_index(index));
            placement.is_some_and(|placement| {
                let sides = 0..placement.sides.len();
                let mut pairs = sides.clone().flat_map(|i| sides.clone().map(move |j| (i, j)));
                pairs.any(|(i, j)| {
                    placement
                        .crossing(i, j)
                        .is_some_and(|mut crossing| !crossing.products(&[from], &[to]).is_empty())
                })
            })
        };
        let managed = self.policy.points.iter().enumerate();
        managed
            .filter(move |(index, point)| point.platform.is_some() && crosses(*index))
            .map(|(_, point)| point.name.clone())
    }
}
