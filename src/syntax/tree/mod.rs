//! The tree of a `.sept` file: what was written, where, in the order in which it was written.
//!
//! Every node has a span. A body keeps its statements in order, repetitions included: what a
//! repetition means (or that it is a mistake) is for the model to say. Comments are kept beside the tree.

mod service;
mod set;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::source::Span;

pub use service::{IcmpType, PortProtocol, Service, ServiceStatement, ServiceTerm};
pub use set::{Label, Set};

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Statements in order.
    pub items: Vec<Item>,
    /// Comments in order, each from its `#` to the end of its line.
    pub comments: Vec<Span>,
}

/// A name as written: `clinical.pumps`, `Te1/0/1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The name, without the quotes it may have been written in. One that a file has many times is kept once.
    pub text: Arc<str>,
    /// Where.
    pub span: Span,
}

/// A quoted text, unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text between the quotes, escapes resolved.
    pub value: String,
    /// With its quotes.
    pub span: Span,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

/// A calendar day as written; the parser has checked that it exists.
pub type Date = Spanned<jiff::civil::Date>;

/// One statement of a file. There are many: what is large lies apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `zone NAME "title" { … }`
    Zone(Zone),
    /// `device NAME in ZONE { … }`
    Device(Device),
    /// `group NAME = SET`
    Group(Group),
    /// `service NAME = …`
    Service(Service),
    /// `policy NAME "title" { … }`
    Policy(PolicyBlock),
    /// `allow …` or `deny …` outside a block.
    Rule(Box<Rule>),
    /// `require`, `forbid`, `only`, `limit`.
    Assertion(Box<Assertion>),
    /// `mode NAME "title" { deny … }`
    Mode(Mode),
    /// `firewall NAME { … }` or `router NAME { … }`
    Point(Point),
    /// `waive CHECK on NAME until DATE because "…"`
    Waiver(Box<Waiver>),
    /// Text that was no statement; a diagnostic says why.
    Error(Span),
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Box<Text>>,
    /// Its body.
    pub body: Vec<ZoneStatement>,
    /// From keyword to closing brace.
    pub span: Span,
}

/// A statement in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneStatement {
    /// `subnet PREFIX, …`
    Subnet(Vec<Spanned<IpNet>>, Span),
    /// `label NAME, …`
    Label(Vec<Name>, Span),
    /// `trust N`
    Trust(Spanned<u32>, Span),
    /// `isolate`
    Isolate(Span),
    /// `external`
    External(Span),
    /// `stub`
    Stub(Span),
    /// `within ZONE`
    Within(Name, Span),
    /// `owner NAME`
    Owner(Name, Span),
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: Name,
    /// The zone it is in.
    pub zone: Name,
    /// Its title.
    pub title: Option<Box<Text>>,
    /// Its body.
    pub body: Vec<DeviceStatement>,
    /// From keyword to the end.
    pub span: Span,
}

/// A statement in a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceStatement {
    /// `address ADDRESS, …`
    Address(Vec<Spanned<IpAddr>>, Span),
    /// `label NAME, …`
    Label(Vec<Name>, Span),
    /// `vendor "…"`, `model "…"`, `os "…"`, `cves CVE-…, …`: the key, and the values.
    Fact(Name, Vec<Text>, Span),
}

/// A named set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Name,
    /// What it holds.
    pub set: Set,
    /// The whole statement.
    pub span: Span,
}

/// A block of rules with shared metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyBlock {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Box<Text>>,
    /// Its body.
    pub body: Vec<PolicyStatement>,
    /// From keyword to closing brace.
    pub span: Span,
}

/// A statement in a policy block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyStatement {
    /// Metadata for all rules of the block.
    Meta(Meta),
    /// A rule.
    Rule(Rule),
    /// An assertion about these rules.
    Assertion(Box<Assertion>),
}

/// Rule metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meta {
    /// `owner NAME` (or a quoted text)
    Owner(Name, Span),
    /// `ticket NAME` (or a quoted text)
    Ticket(Name, Span),
    /// `reason "…"`
    Reason(Text, Span),
    /// `expires DATE`
    Expires(Date, Span),
    /// `log`
    Log(Span),
    /// `rate N/second`, `minute`, `hour` or `day`
    Rate(Rate, Span),
}

/// How many new flows a rule lets through in a unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In which time.
    pub per: RateUnit,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RateUnit {
    /// `second`
    Second,
    /// `minute`
    Minute,
    /// `hour`
    Hour,
    /// `day`
    Day,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per)
    }
}

impl fmt::Display for RateUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        })
    }
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Lets packets open a flow.
    Allow,
    /// Keeps them from it, whatever allows it.
    Deny,
}

/// `allow A -> B : S "title" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// Who opens the flow.
    pub source: Set,
    /// To whom.
    pub destination: Set,
    /// With what; all services where nothing is written.
    pub services: Vec<ServiceTerm>,
    /// Its title.
    pub title: Option<Box<Text>>,
    /// Its own metadata.
    pub meta: Vec<Meta>,
    /// The whole statement.
    pub span: Span,
}

/// How an assertion relates its two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arrow {
    /// `->`: directly.
    Direct,
    /// `~>`: through any chain of hosts.
    Chain,
}

/// A statement that is proven or refuted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// What it says.
    pub kind: AssertionKind,
    /// The first side.
    pub source: Set,
    /// The second side.
    pub destination: Set,
    /// Services; all where nothing is written.
    pub services: Vec<ServiceTerm>,
    /// Why.
    pub title: Option<Box<Text>>,
    /// The whole statement.
    pub span: Span,
}

/// The kinds of assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssertionKind {
    /// `require A -> B : S`
    Require,
    /// `forbid A -> B : S`, `forbid A ~> B unless via X`
    Forbid(Arrow, Option<Set>),
    /// `only A -> B : S`
    Only,
    /// `limit A ~> B <= N`
    Limit(Spanned<u32>),
}

/// An emergency overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Box<Text>>,
    /// Its denies (an `allow` here parses, and the model refuses it).
    pub rules: Vec<Rule>,
    /// From keyword to closing brace.
    pub span: Span,
}

/// Which word introduced an enforcement point. Both mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointKind {
    /// `firewall`
    Firewall,
    /// `router`
    Router,
}

/// An enforcement point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// `firewall` or `router`.
    pub kind: PointKind,
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Box<Text>>,
    /// Its body.
    pub body: Vec<PointStatement>,
    /// From keyword to closing brace.
    pub span: Span,
}

/// A statement in an enforcement point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointStatement {
    /// `target PLATFORM`
    Target(Name, Span),
    /// `unmanaged`
    Unmanaged(Span),
    /// `protects DEVICE`
    Protects(Name, Span),
    /// `interface NAME = ZONE { address … }`
    Interface(Interface),
    /// `manage from SET : SERVICES`
    Manage {
        /// Who manages the device.
        from: Set,
        /// With what.
        services: Vec<ServiceTerm>,
        /// The whole statement.
        span: Span,
    },
    /// `run NAME, … on ZONE, …`: protocols of the device itself.
    Run {
        /// The protocols.
        protocols: Vec<Name>,
        /// The zones to whose interfaces they are limited; none where they are spoken on all.
        on: Vec<Name>,
    },
}

/// An interface of an enforcement point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The platform's own name for it.
    pub name: Name,
    /// The zone it leads into.
    pub zone: Name,
    /// The device's own addresses there.
    pub addresses: Vec<Spanned<IpAddr>>,
    /// The whole statement.
    pub span: Span,
}

/// `waive CHECK on NAME until DATE because "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The check to silence.
    pub check: Name,
    /// What the finding is about.
    pub subject: Name,
    /// The last day it holds.
    pub until: Date,
    /// Why.
    pub because: Text,
    /// The whole statement.
    pub span: Span,
}
