//! A policy with every name resolved: zones, devices, services, rules, assertions, modes, enforcement points.

mod describe;
mod example;
mod icmp;
mod ids;
mod point;
mod resolve;
mod zone_map;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::packet::{AddressSet, FlowSet, ServiceSet};
use crate::source::Span;
use crate::syntax::tree::{Action, Arrow, Rate};

pub use crate::inventory::{Facts, Field};
pub use describe::Describer;
pub use example::{DOCUMENTATION, Examples};
pub use ids::{DeviceId, ModeId, PointId, RuleId, ServiceId, ZoneId};
pub use point::{HostFirewall, Interface, Manage, Placement, Point, Run, RunProtocol};
pub use resolve::{Input, Resolved, resolve};
pub use zone_map::ZoneMap;

/// Everything a policy repository says, resolved.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Zones, by [`ZoneId`].
    pub zones: Vec<Zone>,
    /// Devices of the language and of the inventory, by [`DeviceId`].
    pub devices: Vec<Device>,
    /// Named sets.
    pub groups: Vec<Group>,
    /// Named services, by [`ServiceId`]; the standard library first.
    pub services: Vec<Service>,
    /// Rules, by [`RuleId`]; those of modes come last.
    pub rules: Vec<Rule>,
    /// Assertions.
    pub assertions: Vec<Assertion>,
    /// Modes, by [`ModeId`].
    pub modes: Vec<Mode>,
    /// Enforcement points, by [`PointId`].
    pub points: Vec<Point>,
    /// Waivers.
    pub waivers: Vec<Waiver>,
    /// Which zone owns which address.
    pub zone_map: ZoneMap,
}

/// A zone: the unit of enforcement.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Dotted name.
    pub name: String,
    /// Title, if any.
    pub title: Option<String>,
    /// Where its name is written.
    pub span: Span,
    /// Its prefixes as written.
    pub subnets: Vec<(IpNet, Span)>,
    /// Labels of its own and of the zones above it.
    pub labels: BTreeSet<String>,
    /// Trust, 0 to 100.
    pub trust: Option<u32>,
    /// Owner, if any.
    pub owner: Option<String>,
    /// Members may not talk to each other.
    pub isolate: Option<Span>,
    /// Owns what nobody else claims.
    pub external: bool,
    /// Carries no traffic between other zones.
    pub stub: bool,
    /// The zone whose prefixes hold this one's.
    pub within: Option<ZoneId>,
    /// Exactly the addresses it owns: its prefixes less those of the zones within it.
    pub addresses: Arc<AddressSet>,
}

impl Zone {
    /// True where traffic between other zones may cross it, as far as it is attached to several devices.
    pub fn carries_transit(&self) -> bool {
        !self.external && !self.stub
    }
}

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Title, if any.
    pub title: Option<String>,
    /// Where it is declared.
    pub span: Span,
    /// Its zone.
    pub zone: ZoneId,
    /// Its addresses as written.
    pub addresses: Vec<(IpAddr, Span)>,
    /// Its addresses as a set.
    pub set: Arc<AddressSet>,
    /// Labels of its own and of its zone. Devices with the same ones share them.
    pub labels: Arc<BTreeSet<String>>,
    /// Vendor, model, operating system and other facts.
    pub facts: Facts<Arc<str>>,
    /// Known vulnerabilities, `CVE-2020-12345`.
    pub cves: Vec<String>,
}

/// A named set.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Where its name is written.
    pub span: Span,
    /// What it holds.
    pub addresses: Arc<AddressSet>,
}

/// A named service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Title, if any.
    pub title: Option<String>,
    /// Where its name is written.
    pub span: Span,
    /// What it holds.
    pub set: Arc<ServiceSet>,
    /// The named services that it is made of.
    pub parts: Vec<ServiceId>,
    /// Sends in the clear.
    pub clear_text: bool,
    /// What it carries: `phi`.
    pub carries: BTreeSet<String>,
    /// What to use instead.
    pub prefer: Option<ServiceId>,
    /// True for services of the standard library.
    pub standard: bool,
}

/// One side of a rule or assertion.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// As written, spaces folded.
    pub text: Arc<str>,
    /// Where.
    pub span: Span,
    /// Every address it holds.
    pub addresses: Arc<AddressSet>,
}

/// The services of a rule or assertion.
#[derive(Clone, Debug)]
pub struct ServiceUse {
    /// As written, spaces folded; `any` where nothing was written.
    pub text: Arc<str>,
    /// Where; the rule itself where nothing was written.
    pub span: Span,
    /// The union.
    pub set: Arc<ServiceSet>,
    /// The named services among them.
    pub named: Vec<ServiceId>,
}

/// What a rule says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Who answers for it.
    pub owner: Option<String>,
    /// The change that brought it.
    pub ticket: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day it holds.
    pub expires: Option<(jiff::civil::Date, Span)>,
    /// Matches are logged.
    pub log: bool,
    /// At most so many new flows.
    pub rate: Option<Rate>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique and stable under unrelated edits: block name and a digest of what the rule says.
    pub id: String,
    /// The block it stands in.
    pub block: Option<String>,
    /// The title of the rule, else of its block.
    pub title: Option<String>,
    /// What it does.
    pub action: Action,
    /// Who opens the flow.
    pub source: Endpoint,
    /// To whom.
    pub destination: Endpoint,
    /// With what.
    pub service: ServiceUse,
    /// Owner, ticket, expiry, …; inherited from the block.
    pub meta: Metadata,
    /// The mode it belongs to; none for rules of the policy itself.
    pub mode: Option<ModeId>,
    /// The whole statement.
    pub span: Span,
}

impl Rule {
    /// The packets it is about.
    pub fn flow(&self) -> FlowSet {
        FlowSet {
            source: Arc::clone(&self.source.addresses),
            destination: Arc::clone(&self.destination.addresses),
            service: Arc::clone(&self.service.set),
        }
    }

    /// True on days after `expires`.
    pub fn expired(&self, today: jiff::civil::Date) -> bool {
        self.meta.expires.is_some_and(|(date, _)| date < today)
    }

    /// True where it holds on a day: not past `expires`, and of no mode or of `mode`. No mode means normal times.
    pub fn is_active(&self, today: jiff::civil::Date, mode: Option<ModeId>) -> bool {
        !self.expired(today) && (self.mode.is_none() || self.mode == mode)
    }
}

/// A statement to prove or refute.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// What it says.
    pub kind: AssertionKind,
    /// The first side.
    pub source: Endpoint,
    /// The second side.
    pub destination: Endpoint,
    /// Services.
    pub service: ServiceUse,
    /// Why.
    pub title: Option<String>,
    /// The whole statement.
    pub span: Span,
}

/// The kinds of assertion.
#[derive(Clone, Debug)]
pub enum AssertionKind {
    /// Every pair is permitted, in every mode.
    Require,
    /// Nothing of it is permitted, directly or through any chain that avoids the endpoint.
    Forbid(Arrow, Option<Endpoint>),
    /// Nothing but the source may open flows to the destination.
    Only,
    /// At most so many devices of the destination can be reached from any one member of the source.
    Limit(u32),
}

/// An emergency overlay.
#[derive(Clone, Debug)]
pub struct Mode {
    /// Its name.
    pub name: String,
    /// Title, if any.
    pub title: Option<String>,
    /// Where its name is written.
    pub span: Span,
    /// Its denies.
    pub rules: Vec<RuleId>,
}

/// A finding that is silenced.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The check.
    pub check: String,
    /// Where the check is named.
    pub check_span: Span,
    /// What the finding is about: a name, or a rule id.
    pub subject: String,
    /// The last day it holds.
    pub until: jiff::civil::Date,
    /// Why.
    pub because: String,
    /// The whole statement.
    pub span: Span,
}

impl Policy {
    /// The zone of an id; ids come from the same policy.
    pub fn zone(&self, id: ZoneId) -> Option<&Zone> {
        self.zones.get(id.index())
    }

    /// The name of a zone, empty for an id of another policy.
    pub fn zone_name(&self, id: ZoneId) -> &str {
        self.zone(id).map_or("", |zone| &zone.name)
    }

    /// Rules that are [active](Rule::is_active) on a day and in a mode, in order.
    pub fn active_rules(
        &self,
        today: jiff::civil::Date,
        mode: Option<ModeId>,
    ) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.is_active(today, mode))
    }

    /// The same, each with its id.
    pub fn active_rules_with_ids(
        &self,
        today: jiff::civil::Date,
        mode: Option<ModeId>,
    ) -> impl Iterator<Item = (RuleId, &Rule)> {
        let rules = self.rules.iter().enumerate();
        rules
            .filter(move |(_, rule)| rule.is_active(today, mode))
            .map(|(index, rule)| (RuleId::from_index(index), rule))
    }

    /// The enforcement points with an interface in a zone, in order.
    pub fn points_in(&self, zone: ZoneId) -> impl Iterator<Item = (PointId, &Point)> {
        let points = self.points.iter().enumerate();
        points
            .filter(move |(_, point)| point.interfaces().iter().any(|interface| interface.zone == zone))
            .map(|(index, point)| (PointId::from_index(index), point))
    }

    /// Addresses that some zone claims, over all zones that are not external.
    pub fn claimed(&self) -> AddressSet {
        AddressSet::union_of(
            self.zones
                .iter()
                .filter(|zone| !zone.external)
                .map(|zone| &*zone.addresses),
        )
    }
}
