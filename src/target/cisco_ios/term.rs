//! One step of a list before it is multiplied out into entries.

use std::sync::Arc;

use crate::packet::FlowSet;
use crate::plan::Origin;

/// A product of one family with a verdict.
#[derive(Clone, Debug)]
pub struct Term {
    /// Why it is there: opens the remark above its entries.
    pub purpose: Purpose,
    /// The rule behind it, where there is one.
    pub origin: Option<Arc<Origin>>,
    /// The packets.
    pub flow: FlowSet,
    /// Of TCP only packets with ACK or RST.
    pub established: bool,
    /// True where matches are to be logged.
    pub log: bool,
}

/// Why a term is in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Lets management in.
    Manage,
    /// A protocol that the device itself speaks, by its word in the policy.
    Run(&'static str),
    /// ICMP errors about packets that left by this side.
    IcmpErrors,
    /// Lets replies in.
    Reply,
    /// What an allow of one way out permits, ahead of a deny of another way out that would cut it.
    Exception,
    /// Keeps what a reply must not open from the `permit ip` below it.
    NotReply,
    /// A rule that denies.
    Deny,
    /// A rule that allows.
    Allow,
    /// What is left of the claimed addresses, so that `any` below it means the external ones alone.
    Guard,
}

impl Purpose {
    /// True where its packets pass.
    pub fn permits(&self) -> bool {
        !matches!(self, Self::NotReply | Self::Deny | Self::Guard)
    }

    /// The first words of the remark.
    pub fn words(&self) -> String {
        match self {
            Self::Manage => "manage".to_owned(),
            Self::Run(word) => format!("run {word}"),
            Self::IcmpErrors => "icmp errors about flows that left here".to_owned(),
            Self::Reply => "replies".to_owned(),
            Self::Exception => "allow, ahead of a deny towards another side".to_owned(),
            Self::NotReply => "no replies".to_owned(),
            Self::Deny => "deny".to_owned(),
            Self::Allow => "allow".to_owned(),
            Self::Guard => "all else of claimed addresses: any below is external".to_owned(),
        }
    }
}
