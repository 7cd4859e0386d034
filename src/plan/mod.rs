//! What each enforcement point must let through, per pair of sides, kept as products of sets.
//!
//! A plan knows no platform. Within a list of rules every deny stands before every allow, what no rule
//! matches is denied, and so the first match decides as the policy means it ("deny wins").

mod archive;
mod build;
mod digest;
mod forwarding;
mod inside;
mod local;
mod prepared;
mod reply;
mod subtract;

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::packet::{AddressSet, FlowSet, Packet};
use crate::syntax::tree::{Action, Rate};

pub use crate::model::RunProtocol;
pub use archive::{ArchiveError, PlanArchive};
pub use build::{Options, plans, plans_of};
pub use digest::{Hashes, digest};
pub use local::{companion_flows, opened_service, run_flows, run_service};
pub use reply::reply;
pub use subtract::{subtract, subtract_all};

/// Everything one device enforces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePlan {
    /// The device's name in the policy.
    pub device: String,
    /// Platform name: `nftables`, `cisco-ios`, `fortigate`.
    pub platform: String,
    /// Addresses that some zone claims, over all zones that are not external: `external` is the rest.
    pub claimed: Arc<AddressSet>,
    /// What it does with packets of others.
    pub role: Role,
    /// What the device itself must keep receiving and sending.
    pub local: LocalPlan,
}

impl DevicePlan {
    /// Every rule of every list.
    pub fn rules(&self) -> impl Iterator<Item = &PlanRule> {
        let (pairs, host) = match &self.role {
            Role::Router(forwarding) => (forwarding.pairs.as_slice(), None),
            Role::Host(host) => (&[][..], Some(host)),
        };
        let between = pairs
            .iter()
            .flat_map(|pair| pair.rules.iter().chain(&pair.replies));
        let of_host = host
            .into_iter()
            .flat_map(|host| host.inbound.iter().chain(&host.outbound));
        between.chain(of_host).chain(&self.local.manage)
    }

    /// The same without the rules that let packets through within a rate alone: what is left it lets through at any rate.
    pub fn without(&self, rate: Rate) -> Self {
        let mut plan = self.clone();
        let lists: Vec<&mut Vec<PlanRule>> = match &mut plan.role {
            Role::Router(forwarding) => forwarding.pairs.iter_mut().map(|pair| &mut pair.rules).collect(),
            Role::Host(host) => vec![&mut host.inbound, &mut host.outbound],
        };
        for list in lists {
            list.retain(|rule| rule.said.rate != Some(rate));
        }
        plan
    }
}

/// Where a device stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// It forwards between its sides.
    Router(Forwarding),
    /// It protects the one device it runs on.
    Host(HostPlan),
}

/// What a forwarding device lets through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// The sides, in the order in which their first interface is written.
    pub sides: Vec<Side>,
    /// Ordered pairs of sides that some permitted or logged flow uses, by (from, to). A pair that is
    /// absent lets nothing through.
    pub pairs: Vec<PairPlan>,
}

/// The interfaces of a device that lead into one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The zone the interfaces are attached to.
    pub zone: String,
    /// The interfaces, in the order in which they are written.
    pub interfaces: Vec<PortInterface>,
    /// Every address that may arrive as a source here: those of all zones behind the side.
    pub behind: Arc<AddressSet>,
}

/// An interface of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortInterface {
    /// The platform's own name for it.
    pub name: String,
    /// The device's own addresses there.
    pub addresses: Vec<IpAddr>,
}

/// What may open a flow that comes in by one side and leaves by another, and what may come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairPlan {
    /// Index into [`Forwarding::sides`]: where packets come in.
    pub from: usize,
    /// Index into [`Forwarding::sides`]: where they leave.
    pub to: usize,
    /// Packets that open a flow. Denies first; what nothing matches is denied.
    pub rules: Vec<PlanRule>,
    /// For devices without state: packets that come in by `from` and leave by `to` as replies to flows that were
    /// opened the other way. Allows only, denies already taken away. Sources and destinations are those of the
    /// *reply*; of TCP only packets with ACK or RST are meant. Services are those of the reply: ports swapped,
    /// echo-reply for echo-request.
    pub replies: Vec<PlanRule>,
}

/// One product, and the rule that it is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRule {
    /// The packets. Never empty. Sources and destinations are already narrowed to what lives behind the two sides.
    pub flow: FlowSet,
    /// What is the same of all products of the rule.
    pub said: Arc<Said>,
}

/// What a rule's author said of its packets, and what they called them. A product may hold a part of them alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    /// What happens to the packets.
    pub action: Action,
    /// The sources as written, spaces folded: `clinical.pumps & label:infusion-pump`.
    pub source: Arc<str>,
    /// The destinations as written.
    pub destination: Arc<str>,
    /// The service: `http, tcp 8443`; `any` for all.
    pub service: Arc<str>,
    /// True where matches are to be logged.
    pub log: bool,
    /// How many new flows are let through in a unit of time.
    pub rate: Option<Rate>,
    /// The rule of the policy.
    pub origin: Arc<Origin>,
}

/// Where a rule comes from. All texts are the author's own: a target escapes them for its platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// Unique in the policy and stable under unrelated edits: `pump-telemetry-5f0c1a`. Letters, digits, `-`, `.`.
    pub id: String,
    /// `hospital.sept:24`
    pub location: String,
    /// What comments on the device say in place of it, where that is something else.
    #[serde(skip)]
    pub cited: Option<String>,
    /// The ticket, if any.
    pub ticket: Option<String>,
    /// The owner, if any.
    pub owner: Option<String>,
    /// The rule's title, else the title of its block, else the reason.
    pub title: Option<String>,
}

/// What comments on devices say of where a rule is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cited {
    /// File and line: `hospital.sept:24`.
    #[default]
    Line,
    /// The file alone, so that a line more above a rule changes nothing on any device.
    File,
}

impl Cited {
    /// What is said in place of a location, where it is something else.
    fn in_place_of(self, location: &str) -> Option<String> {
        match self {
            Self::Line => None,
            Self::File => location.rsplit_once(':').map(|(file, _)| file.to_owned()),
        }
    }
}

impl Origin {
    /// What comments on the device say of where it is written.
    pub fn cited(&self) -> &str {
        self.cited.as_deref().unwrap_or(&self.location)
    }
}

impl Hash for Origin {
    /// The id tells almost every two apart.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// What a host firewall lets in and out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPlan {
    /// The protected device's addresses.
    pub addresses: Arc<AddressSet>,
    /// Flows that others open to it. Destinations are its addresses.
    pub inbound: Vec<PlanRule>,
    /// Flows that it opens. Sources are its addresses.
    pub outbound: Vec<PlanRule>,
}

/// Traffic of the device itself: what it receives and sends as an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalPlan {
    /// The device's own addresses, over all interfaces.
    pub own: Arc<AddressSet>,
    /// Management, as flows to the device's own addresses (all addresses where none is known).
    pub manage: Vec<PlanRule>,
    /// Protocols that the device speaks on its interfaces: each once.
    pub run: Vec<Run>,
}

impl LocalPlan {
    /// What the device speaks on the interfaces of a side, or on those that the plan does not know.
    pub fn run_on(&self, side: Option<&Side>) -> impl Iterator<Item = RunProtocol> {
        let spoken = self.run.iter().filter(move |run| match (&run.on, side) {
            (None, _) => true,
            (Some(zones), Some(side)) => zones.contains(&side.zone),
            (Some(_), None) => false,
        });
        spoken.map(|run| run.protocol)
    }
}

/// A protocol that a device speaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// The protocol.
    pub protocol: RunProtocol,
    /// The zones of the sides that it is limited to; none where it is spoken on all interfaces.
    pub on: Option<BTreeSet<String>>,
}

impl From<RunProtocol> for Run {
    /// On all interfaces.
    fn from(protocol: RunProtocol) -> Self {
        Self { protocol, on: None }
    }
}

/// What a first-match list of rules does with a packet. It is naive on purpose: tests hold every engine against it, and a
/// trace must not share their mistakes.
pub fn decide(rules: &[PlanRule], packet: &Packet) -> Action {
    rules
        .iter()
        .find(|rule| rule.flow.contains(packet))
        .map_or(Action::Deny, |rule| rule.said.action)
}
