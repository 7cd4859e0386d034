//! The algebra of packets: exact sets of addresses, services and flows, and single packets.
//!
//! A packet here is one that opens a flow: source and destination address, protocol, and two header
//! numbers whose meaning depends on the protocol (see [`Packet`]). IPv4 and IPv6 are two worlds under one type.
//!
//! Above the products ([`FlowSet`]) stand the engines that proofs rest on: [`compare()`] tells whether two
//! first-match lists permit the same packets, [`between()`] holds a list between what must pass and what may,
//! [`PacketSet`] is any set of packets as a value. Their
//! questions can be exponential, so each takes a [`Budget`] and may answer [`GaveUp`].

mod address;
mod address_text;
mod between;
mod budget;
mod by_destination;
mod clip;
mod compare;
mod diagram;
mod flow;
mod hints;
mod interval;
mod merge;
mod narrowing;
mod products;
#[cfg(test)]
pub(crate) mod random;
mod region;
mod rule;
mod service;
mod set;
pub mod space;
mod witness;

pub use address::{AddressSet, Family};
pub(crate) use address_text::push_v4;
pub use between::{Between, Beyond, Limits, Met, between};
pub use budget::{Budget, GaveUp};
pub use by_destination::ByDestination;
pub(crate) use clip::Clip;
pub use compare::{Change, CompareOptions, Comparison, Difference, compare, compare_with};
pub use diagram::FieldOrder;
pub use flow::{FlowSet, Packet};
pub use hints::Hints;
pub use interval::{IntervalSet, Ordinal};
pub(crate) use narrowing::Narrowing;
pub use products::Products;
pub use region::Region;
pub use rule::{PacketRule, first_match, permits};
pub use service::{ServiceSet, protocol};
pub use set::PacketSet;
pub use witness::{Coverage, RuleIndex, Unneeded};
