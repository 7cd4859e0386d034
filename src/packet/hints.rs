//! What makes an example packet believable.

use std::net::IpAddr;

/// Values that an example packet should have where the set allows it. All of it is preference: an example is
/// always of the set, whatever the hints say. Without hints the smallest values are taken, but for addresses of networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Addresses of real devices, the best known first.
    pub addresses: Vec<IpAddr>,
    /// Usual destination ports, the most usual first.
    pub ports: Vec<u16>,
}

/// The source port of examples: the first ephemeral port (RFC 6335, section 6).
pub(crate) const SOURCE_PORT: u16 = 49152;

/// An example packet and how believable it is: more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Believed {
    pub(crate) packet: super::Packet,
    pub(crate) score: i32,
}
