//! Linux nftables, as one `inet` table that replaces itself without a gap.
//!
//! Facts about nft come from its manual (<https://www.netfilter.org/projects/nftables/manpage.html>) and from
//! measurements with nft 1.0.6. Traffic is dispatched by (incoming, outgoing) interface to one chain a pair of
//! sides. Within it, a few rules stay rules; many are gathered into tables of exact keys, which cost a packet the same
//! however many they hold.

mod atom;
mod by_sides;
mod capability;
mod device;
mod elements;
mod exact;
mod keyed;
mod keys;
mod kind;
mod local;
mod name;
mod obsolete;
mod paired;
mod prefix;
mod quote;
mod read;
mod ruleset;
mod section;
mod services;
mod shared;
mod trace;
mod uses;

use std::collections::BTreeMap;

use super::template::render;
use super::{Assets, EmitError, Emitted, Owned, Platform, readback};
use crate::plan::DevicePlan;
use crate::syntax::tree::Rate;

use capability::Capability;
use read::Detail;

/// The platform's name in a policy.
const NAME: &str = "nftables";

/// The table that holds everything Septum loads.
const TABLE: &str = "septum";

/// Linux nftables.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nftables;

impl Platform for Nftables {
    fn name(&self) -> &'static str {
        NAME
    }

    fn replaces_itself(&self) -> bool {
        true
    }

    /// Connection tracking accepts what is established before any rule is looked at.
    fn keeps_open_flows(&self) -> bool {
        true
    }

    fn extension(&self) -> &'static str {
        "nft"
    }

    fn assets(&self) -> Assets {
        Assets {
            template: include_str!("../../../targets/nftables/template.j2").to_owned(),
            capability: include_str!("../../../targets/nftables/capability.yaml").to_owned(),
        }
    }

    fn emit(&self, plan: &DevicePlan, assets: &Assets, previous: &Owned) -> Result<Emitted, EmitError> {
        let capability = Capability::parse(&assets.capability)?;
        let (ruleset, trace) = device::lower(plan, &capability, previous)?;
        let room = ruleset.bytes();
        let marked = render("targets/nftables/template.j2", &assets.template, &ruleset, room)?;
        let (text, lines) = trace.resolve(&marked);
        let counts = BTreeMap::from([
            ("chains", ruleset.chains.len()),
            ("elements", ruleset.elements()),
            ("rules", ruleset.rules()),
            ("sets", ruleset.sets.len()),
        ]);
        Ok(Emitted {
            text,
            lines,
            owned: obsolete::union(previous, &obsolete::owned(&ruleset)),
            counts,
            usage: Vec::new(),
            residual: device::residual(plan),
        })
    }
    fn read(&self, text: &str) -> readback::ReadBack {
        read::read(text, Detail::Rules, None)
    }

    fn read_line_by_line(&self, text: &str) -> readback::ReadBack {
        read::read(text, Detail::Lines, None)
    }

    fn read_without(&self, text: &str, rate: Rate) -> readback::ReadBack {
        read::read(text, Detail::Lines, Some(rate))
    }
}
