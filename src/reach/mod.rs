//! Who can reach whom: in one step, and through any chain of hosts.
//!
//! A *host* is a device with all its addresses, or a single address that no device has. A step from one host to
//! another is possible when some packet is
//!
//! - **permitted**: some active `allow` matches it and no active `deny` does; or
//! - **open**: both ends live in one zone that does not `isolate`, or in two zones that a path joins without any
//!   managed device. Nothing that Septum writes sees such a packet. A host firewall (`protects`) does see it: its
//!   device takes from neighbours only what is permitted or what `manage` and `run` of the host firewall let in, and
//!   sends only what is permitted.
//!
//! `isolate` is taken at its word: members of such a zone exchange only what rules permit. Whether anything enforces
//! that is the question of a check of its own. Packets that a host sends to itself do not count, nor do addresses
//! that no zone owns: nobody lives there. Addresses of firewalls and routers are hosts like any other, each by itself:
//! rules that permit flows to and from one may be used to log in there and go on. What they take beyond rules is stated
//! by `manage` and `run`, and is no step.
//!
//! Addresses that every rule and assertion treats alike form one atom, hosts with the same atoms one class.
//! All searches are over classes and never over pairs of devices, and yet exact.

mod chain;
mod closure;
mod conduit;
mod contain;
mod cut;
mod direct;
mod enforced;
mod example;
mod goal;
mod hosts;
mod less;
mod mode_cuts;
mod refine;
mod rules;
mod transitive;
mod view;
mod wanted;

pub use chain::{Chain, Spread};
pub use closure::Closures;
pub use conduit::{Conduit, Conduits, Less, Stream};
pub use contain::{Containment, Kept, Leak};
pub use cut::{RuleCut, chain_cut};
pub use direct::{Missing, direct, direct_rules, missing, missing_in};
pub use enforced::{Enforcement, concerned, unreachable_zones};
pub use example::{Host, Step};
pub use goal::Goal;
pub use hosts::{Atom, HostClass, Hosts};
pub use mode_cuts::{ModeCut, mode_cuts};
pub use transitive::{Reached, Transitive};
pub use view::{Edge, Passage, View, open_zones};
