//! One packet through the network: which rule decides, and what each device on the way does with it and its reply.

mod hop;
mod reply;

use crate::model::{PointId, Policy, Rule, RuleId, ZoneId};
use crate::network::{Network, Placement};
use crate::packet::Packet;
use crate::plan::{DevicePlan, Origin};
use crate::syntax::tree::Action;
use crate::target::Platform;

/// A managed device as it is built.
#[derive(Clone, Copy)]
pub struct Enforcer<'a> {
    /// What it must let through.
    pub plan: &'a DevicePlan,
    /// What it is.
    pub platform: &'a dyn Platform,
    /// Its configuration; none where the platform cannot express the plan.
    pub text: Option<&'a str>,
}

/// What happens to one packet.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The packet.
    pub packet: Packet,
    /// The rule of the policy that decides, none where no rule matches.
    pub rule: Option<RuleId>,
    /// True where the policy permits it.
    pub permitted: bool,
    /// The zone of its source.
    pub from: ZoneId,
    /// The zone of its destination.
    pub to: ZoneId,
    /// True where there is a way at all.
    pub connected: bool,
    /// The devices on the way.
    pub hops: Vec<TracedHop>,
    /// Managed devices on other ways between the two zones.
    pub elsewhere: Vec<String>,
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
    /// True where the packet goes on.
    pub permitted: bool,
    /// The rule that decides, none where no rule matches.
    pub origin: Option<Origin>,
    /// The line of the configuration that decides.
    pub line: Option<usize>,
    /// What becomes of the reply.
    pub reply: Reply,
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
    /// True where the packet arrives and its reply comes back.
    pub fn arrives(&self) -> bool {
        let passes = |hop: &TracedHop| hop.permitted && hop.reply.permitted();
        self.connected && self.permitted && self.hops.iter().all(passes)
    }

    /// True where only the network's own wiring lets the packet through: the policy does not, and nothing stops it.
    pub fn unfiltered(&self) -> bool {
        !self.permitted && self.connected && self.hops.iter().all(|hop| hop.permitted)
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
        let decider = denied.or_else(|| matching(Action::Allow));
        let way = if from == to {
            Some(Vec::new())
        } else {
            self.network.shortest_way(self.policy, from, to)
        };
        let mut hops = Vec::new();
        if way.is_some() {
            hops.extend(self.leaving_host(packet));
            hops.extend(way.iter().flatten().filter_map(|hop| self.through(packet, hop)));
            hops.extend(self.entering_host(packet));
        }
        let on_way = |name: &String| hops.iter().any(|hop| hop.device == *name);
        let elsewhere = self.crossing(from, to).filter(|name| !on_way(name)).collect();
        Ok(Trace {
            packet: *packet,
            permitted: denied.is_none() && decider.is_some(),
            rule: decider.map(|(id, _)| *id),
            from,
            to,
            connected: way.is_some(),
            elsewhere,
            hops,
        })
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
