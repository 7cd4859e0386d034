//! Naive oracles: what a platform, the policy language and the graph mean, computed the slow and obvious way.
//!
//! Nothing here shares code with the lowering, the emitters or the readers of the crate: only `std` and the
//! value [`septum::packet::Packet`]. Text that is not understood is an error with its line, never ignored.
#![allow(dead_code)]

pub mod address;
pub mod fortigate;
pub mod ios;
pub mod network;
pub mod nft;
pub mod packets;
pub mod policy;

use std::fmt;

/// What a device does with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Permit,
    Deny,
}

impl Verdict {
    pub fn permits(self) -> bool {
        self == Self::Permit
    }
}

/// Text that a device would refuse, or that the oracle does not understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    pub line: usize,
    pub message: String,
}

impl ReadError {
    pub fn at(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
