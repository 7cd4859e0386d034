//! What each enforcement point must let through, per pair of sides, kept as products of sets.
//!
//! A plan knows no platform. Within a list of rules every deny stands before every allow, what no rule
//! matches is denied, and so the first match decides as the policy means it ("deny wins").

mod archive;
mod build;
mod digest;
mod forwarding;
mod local;
mod reply;
mod subtract;

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::packet::{AddressSet, FlowSet, Packet};
use crate::syntax::tree::{Action, Rate};

pub use crate::model::RunProtocol;
pub use archive::{ArchiveError, PlanArchive};
pub use build::{Options, plans, plans_of};
pub use digest::digest;
pub use local::{companion_flows, run_flows};
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

/// One product with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRule {
    /// What happens to its packets.
    pub action: Action,
    /// The packets. Never empty. Sources and destinations are already narrowed to what lives behind the two sides.
    pub flow: FlowSet,
    /// What the author called the source, and whether narrowing left all of it.
    pub source: SideName,
    /// What the author called the destination.
    pub destination: SideName,
    /// What the author called the service, `http, tcp 8443`; `any` for all.
    pub service: Arc<str>,
    /// True where matches are to be logged.
    pub log: bool,
    /// How many new flows are let through in a unit of time.
    pub rate: Option<Rate>,
    /// The rule of the policy that it comes from.
    pub origin: Arc<Origin>,
}

/// What an author called one side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SideName {
    /// The set as written, spaces folded: `clinical.pumps & label:infusion-pump`.
    pub text: Arc<str>,
    /// True where the product holds all of it; false where only a part lies behind the side.
    pub whole: bool,
}

/// Where a rule comes from. All texts are the author's own: a target escapes them for its platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Unique in the policy and stable under unrelated edits: `pump-telemetry-5f0c1a`. Letters, digits, `-`, `.`.
    pub id: String,
    /// `hospital.sept:24`
    pub location: String,
    /// The ticket, if any.
    pub ticket: Option<String>,
    /// The owner, if any.
    pub owner: Option<String>,
    /// The rule's title, else the title of its block, else the reason.
    pub title: Option<String>,
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
    /// Protocols that the device speaks on its interfaces.
    pub run: Vec<RunProtocol>,
}

/// What a first-match list of rules does with a packet: the naive evaluator that tests rely on.
pub fn decide(rules: &[PlanRule], packet: &Packet) -> Action {
    rules
        .iter()
        .find(|rule| rule.flow.contains(packet))
        .map_or(Action::Deny, |rule| rule.action)
}
