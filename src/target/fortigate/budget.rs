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
fn tables(context: &Context, limits: &Limits) -> Vec<Filled> {
    let stale = &context.stale;
    let policies = |place, table: &Table| {
        let written = table.before.len().saturating_add(table.after.len());
        (
            place,
            "policies",
            [written, table.stale.len()],
            Some(limits.policies),
        )
    };
    let objects = |place, written, stale: &[String], most| (place, "objects", [written, stale.len()], most);
    let all = [
        policies("policy table", &context.policy),
        policies("local-in-policy table", &context.local_in),
        policies("local-in-policy6 table", &context.local_in6),
        objects(
            "address table",
            context.addresses.len(),
            &stale.addresses,
            limits.addresses,
        ),
        objects(
            "address6 table",
            context.addresses6.len(),
            &stale.addresses6,
            limits.addresses,
        ),
        objects(
            "addrgrp table",
            context.groups.len(),
            &stale.groups,
            limits.address_groups,
        ),
        objects(
            "addrgrp6 table",
            context.groups6.len(),
            &stale.groups6,
            limits.address_groups,
        ),
        objects(
            "service table",
            context.services.len(),
            &stale.services,
            limits.custom_services,
        ),
        objects("zone table", context.zones.len(), &stale.zones, limits.zones),
    ];
    let known = all
        .into_iter()
        .filter_map(|(place, what, [written, stale], most)| {
            Some(Filled {
                place,
                what,
                written,
                stale,
                most: most?,
            })
        });
    known.collect()
}

/// Tables that would run full while the configuration loads: FortiOS stops in the middle then.
pub(super) fn overflows(context: &Context, limits: &Limits) -> Vec<Inexpressible> {
    let tables = tables(context, limits).into_iter();
    let full = tables.filter(|table| table.used() > table.most);
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
    let tables = tables(context, limits)
        .into_iter()
        .map(|table| row(table.place, table.what, table.used(), table.most));
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
