//! What a configuration takes of the tables of the unit, by the capability file. What the unit truly holds says
//! `print tablesize` (FortiOS Administration Guide).

use super::Context;
use super::capability::Limits;
use super::table::Table;
use crate::target::{Inexpressible, Usage};

/// A table of the unit while the configuration loads: what is new is written first, and what earlier builds left goes
/// last.
struct Filled {
    place: &'static str,
    what: &'static str,
    written: usize,
    stale: usize,
    most: usize,
}

impl Filled {
    fn used(&self) -> usize {
        self.written.saturating_add(self.stale)
    }

    /// More than the unit holds.
    fn fault(&self) -> Inexpressible {
        let stale = match self.stale {
            0 => String::new(),
            stale => format!(", {stale} of them of an earlier build, which go last"),
        };
        Inexpressible {
            rule: None,
            what: format!(
                "{} {} in the {}{stale}: the unit holds {}",
                self.used(),
                self.what,
                self.place,
                self.most
            ),
        }
    }
}

/// The tables whose size is known.
fn tables(context: &Context, limits: &Limits) -> impl Iterator<Item = Filled> {
    let policies = |place, table: &Table| {
        Some(Filled {
            place,
            what: "policies",
            written: table.before.len().saturating_add(table.after.len()),
            stale: table.stale.len(),
            most: limits.policies,
        })
    };
    let objects = |place, written, stale: &[String], most: Option<usize>| {
        Some(Filled {
            place,
            what: "objects",
            written,
            stale: stale.len(),
            most: most?,
        })
    };
    let (now, stale) = (context, &context.stale);
    let (addresses, groups) = (limits.addresses, limits.address_groups);
    let all = [
        policies("policy table", &now.policy),
        policies("local-in-policy table", &now.local_in),
        policies("local-in-policy6 table", &now.local_in6),
        objects("address table", now.addresses.len(), &stale.addresses, addresses),
        objects(
            "address6 table",
            now.addresses6.len(),
            &stale.addresses6,
            addresses,
        ),
        objects("addrgrp table", now.groups.len(), &stale.groups, groups),
        objects("addrgrp6 table", now.groups6.len(), &stale.groups6, groups),
        objects(
            "service table",
            now.services.len(),
            &stale.services,
            limits.custom_services,
        ),
        objects("zone table", now.zones.len(), &stale.zones, limits.zones),
    ];
    all.into_iter().flatten()
}

/// Tables that would run full while the configuration loads: FortiOS stops in the middle then.
pub(super) fn overflows(context: &Context, limits: &Limits) -> Vec<Inexpressible> {
    let full = tables(context, limits).filter(|table| table.used() > table.most);
    full.map(|table| table.fault()).collect()
}

/// Tables and lists of the unit against their sizes.
pub(super) fn usage(context: &Context, limits: &Limits) -> Vec<Usage> {
    let row = |place: &str, what: &str, used: usize, most: usize| Usage {
        place: place.to_owned(),
        what: what.to_owned(),
        used,
        most,
    };
    let tables = tables(context, limits).map(|table| row(table.place, table.what, table.used(), table.most));
    let members = context.groups.iter().chain(&context.groups6);
    let members = members.map(|group| group.members.len()).max();
    let policies = [&context.policy, &context.local_in, &context.local_in6];
    let policies = policies
        .into_iter()
        .flat_map(|table| table.before.iter().chain(&table.after));
    let services = policies.map(|policy| policy.services.len()).max();
    let largest = [
        row(
            "largest address group",
            "members",
            members.unwrap_or(0),
            limits.group_members,
        ),
        row(
            "policy with most services",
            "services",
            services.unwrap_or(0),
            limits.services,
        ),
    ];
    tables.chain(largest).filter(|usage| usage.used > 0).collect()
}
