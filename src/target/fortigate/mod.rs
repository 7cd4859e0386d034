//! FortiGate (FortiOS 7.x): zones, address and service objects, and firewall policies.
//!
//! # Never more open than before or after, never more closed than both
//!
//! FortiOS has no transaction: each `next`, `move` and `delete` takes effect at once. What a unit permits while a
//! configuration is being loaded must lie between two bounds: all that the old *and* the new policy permit, and all
//! that the old *or* the new one does. These choices make every command of a file keep to them, on an empty unit, on
//! one that an earlier build configured, and on one that already has this very file:
//!
//! - **Objects are named by what they hold.** Addresses, groups and services never change under a policy that uses
//!   them; writing one again is no change. So are zones, by their interfaces: an interface that joins a zone makes a
//!   new zone with policies of its own.
//! - **Policies are numbered by what they match.** A changed rule is a new policy, an unchanged one keeps its number,
//!   and a number is never given to another policy while an earlier build may have left one under it. Writing an
//!   unchanged policy again sets what is set, at once, with its `next`: it is never disabled, not even shortly.
//! - **Two policies are fixed.** The *anchor* is disabled and matches nothing; it marks where Septum's policies
//!   begin. The *last* denies and logs everything. A new policy appears at the end of the list, which is behind the
//!   last: it has no effect, though it is enabled. `move` behind the policy that it follows (behind the anchor, for the
//!   first) makes it effective in one step. A policy that already stands there is not touched by its `move`.
//! - **Moves go from the anchor down**, in each pair of zones denies first. With old denies `d`, old allows `a`, new
//!   ones `D` and `A`, a pair goes through: `d a` · `D d a` · `D A d a` · `D A d` · `D A`. Packets permitted, in turn:
//!   `a-d`, `a-d-D` (less than the old), `(A-D)+(a-d-D)`, `A-D`, `A-D`. Hence old allows are deleted before old
//!   denies: the other way round, `a` would be open for a moment where only `d` closed it. Were the anchor lost, all
//!   new policies would land behind the last: closed, not open.
//! - **Interfaces change zones after the new policies stand** and before the old ones go. An interface is in one zone
//!   at a time, so it is out of both for one command: nothing of it passes then. Only zones whose interfaces change see
//!   that.
//! - **References go before what they refer to:** policies, groups of groups, groups, addresses, services, zones.
//!
//! Traffic to the unit itself is let in by default, so its table is turned round: accepts are moved into place, then
//! the deny of all other management is written last, and old accepts are deleted after that.

mod address;
mod budget;
mod capability;
mod local_in;
mod lowering;
mod owned;
mod policy;
mod read;
mod service;
mod table;
mod text;
mod zone;

use std::collections::BTreeMap;

use serde::Serialize;

use self::address::{Address, Group};
use self::capability::Capability;
use self::lowering::Lowering;
use self::owned::{LOCAL_IN, LOCAL_IN6, POLICY, stale_objects, union};
use self::service::Service;
use self::table::Table;
use self::zone::Zone;
use super::readback::ReadBack;
use super::{Assets, EmitError, Emitted, EmittedLine, Inexpressible, Owned, Platform, template};
use crate::packet::Family;
use crate::plan::{DevicePlan, Role};

const NAME: &str = "fortigate";

/// What a FortiGate does beside its policies, which no configuration of ours can close.
const RESIDUAL: [&str; 7] = [
    "session helpers and ALGs (FTP, SIP, H.323, …) open further sessions that no policy names: `config system session-helper`",
    "traffic of the unit itself follows `allowaccess` and local-in policies, not firewall policies; `allowaccess` is not written here",
    "local-in policies take managers' addresses, and what the unit runs, at any interface; the unit's reverse path check stops forged addresses",
    "addresses are not translated: every policy says `set nat disable`",
    "multicast follows `config firewall multicast-policy`, which is not written here",
    "policies that others place before Septum's first one are matched before it",
    "what leaves by the interface by which it came meets no policy where `allow-traffic-redirect`, for IPv6 `ipv6-allow-traffic-redirect`, is enabled: the default before FortiOS 7.4.10 and 7.6.5",
];

/// Writes for FortiGate.
#[derive(Clone, Copy, Debug, Default)]
pub struct FortiGate;

/// What the template sees: everything named, ordered and escaped.
#[derive(Debug, Serialize)]
struct Context {
    device: String,
    /// Empty on a unit without VDOMs.
    vdom: String,
    run: Vec<&'static str>,
    addresses: Vec<Address>,
    addresses6: Vec<Address>,
    groups: Vec<Group>,
    groups6: Vec<Group>,
    services: Vec<Service>,
    zones: Vec<Zone>,
    policy: Table,
    local_in: Table,
    local_in6: Table,
    stale: Stale,
}

impl Context {
    /// About how many bytes it will take as text.
    fn bytes(&self) -> usize {
        let addresses = self.addresses.len() + self.addresses6.len();
        let groups = self.groups.iter().chain(&self.groups6);
        let groups = groups.map(|group| 64 + group.members.iter().map(|name| name.len() + 3).sum::<usize>());
        let policies = [&self.policy, &self.local_in, &self.local_in6];
        let policies: usize = policies
            .map(|table| table.before.len() + table.after.len())
            .iter()
            .sum();
        8192 + 100 * addresses + groups.sum::<usize>() + 160 * self.services.len() + 700 * policies
    }
}

/// Objects that earlier builds needed and this one does not.
#[derive(Debug, Serialize)]
struct Stale {
    addresses: Vec<String>,
    addresses6: Vec<String>,
    groups: Vec<String>,
    groups6: Vec<String>,
    services: Vec<String>,
    zones: Vec<String>,
}

impl Platform for FortiGate {
    fn guards_itself(&self) -> bool {
        false
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn extension(&self) -> &'static str {
        "fortios"
    }

    fn assets(&self) -> Assets {
        Assets {
            template: include_str!("../../../targets/fortigate/template.j2").to_owned(),
            capability: include_str!("../../../targets/fortigate/capability.yaml").to_owned(),
        }
    }

    fn read(&self, text: &str) -> ReadBack {
        read::read(text)
    }

    fn emit(&self, plan: &DevicePlan, assets: &Assets, previous: &Owned) -> Result<Emitted, EmitError> {
        let capability = Capability::read(&assets.capability)?;
        let limits = capability.limits.clone();
        let mut lowering = Lowering::new(&limits);
        let Role::Router(forwarding) = &plan.role else {
            let what = "a host firewall: FortiOS runs on gateways".to_owned();
            return Err(EmitError::Inexpressible(vec![Inexpressible { rule: None, what }]));
        };
        let zones = zone::zones(&forwarding.sides, &capability.limits, &mut lowering.faults);
        let policy = policy::table(&forwarding.pairs, &zones, &mut lowering, &capability, previous);
        let mut local =
            |kind, family| local_in::table(kind, family, &plan.local, &mut lowering, &capability, previous);
        let (local_in, local_in6) = (local(LOCAL_IN, Family::V4), local(LOCAL_IN6, Family::V6));
        let (Some(policy), Some(local_in), Some(local_in6), true) =
            (policy, local_in, local_in6, lowering.faults.is_empty())
        else {
            return Err(EmitError::Inexpressible(lowering.faults));
        };
        let context = context(
            plan,
            capability,
            lowering,
            zones,
            [policy, local_in, local_in6],
            previous,
        );
        let overflows = budget::overflows(&context, &limits);
        if !overflows.is_empty() {
            return Err(EmitError::Inexpressible(overflows));
        }
        let room = context.bytes();
        let text = template::render("fortigate/template.j2", &assets.template, &context, room)?;
        Ok(Emitted {
            lines: rule_lines(&text, &context),
            owned: union(previous, &owned_by(&context)),
            counts: counts(&context),
            usage: budget::usage(&context, &limits),
            residual: RESIDUAL.map(str::to_owned).to_vec(),
            text,
        })
    }
}

fn context(
    plan: &DevicePlan,
    capability: Capability,
    lowering: Lowering,
    zones: Vec<Zone>,
    [policy, local_in, local_in6]: [Table; 3],
    previous: &Owned,
) -> Context {
    let Lowering {
        addresses, services, ..
    } = lowering;
    let (groups, groups6) = (addresses.v4.groups(), addresses.v6.groups());
    let mut context = Context {
        device: text::clean(&plan.device, 200),
        vdom: capability.vdom.unwrap_or_default(),
        run: plan.local.run.iter().map(|run| run.protocol.word()).collect(),
        addresses: addresses.v4.addresses.into_values().collect(),
        addresses6: addresses.v6.addresses.into_values().collect(),
        groups,
        groups6,
        services: services.services.into_values().collect(),
        zones,
        policy,
        local_in,
        local_in6,
        stale: Stale {
            addresses: Vec::new(),
            addresses6: Vec::new(),
            groups: Vec::new(),
            groups6: Vec::new(),
            services: Vec::new(),
            zones: Vec::new(),
        },
    };
    let owned = owned_by(&context);
    let stale = |kind: &str| stale_objects(previous, &owned, kind);
    context.stale = Stale {
        addresses: stale("address"),
        addresses6: stale("address6"),
        groups: stale("addrgrp"),
        groups6: stale("addrgrp6"),
        services: stale("service"),
        zones: stale("zone"),
    };
    context
}

/// What this build alone owns, by kind.
fn owned_by(context: &Context) -> Owned {
    let addresses = |list: &[Address]| list.iter().map(|a| a.name.clone()).collect::<Vec<_>>();
    let groups = |list: &[Group]| list.iter().map(|g| g.name.clone()).collect::<Vec<_>>();
    let kinds = [
        ("address", addresses(&context.addresses)),
        ("address6", addresses(&context.addresses6)),
        ("addrgrp", groups(&context.groups)),
        ("addrgrp6", groups(&context.groups6)),
        (
            "service",
            context.services.iter().map(|s| s.name.clone()).collect(),
        ),
        ("zone", context.zones.iter().map(|z| z.name.clone()).collect()),
        (POLICY, context.policy.owned.clone()),
        (LOCAL_IN, context.local_in.owned.clone()),
        (LOCAL_IN6, context.local_in6.owned.clone()),
    ];
    kinds
        .into_iter()
        .map(|(kind, names)| (kind.to_owned(), names))
        .collect()
}

/// Where the text first edits each policy that has a rule behind it.
fn rule_lines(text: &str, context: &Context) -> Vec<EmittedLine> {
    let mut open = [
        ("config firewall policy", context.policy.origins.clone()),
        (
            "config firewall local-in-policy",
            context.local_in.origins.clone(),
        ),
        (
            "config firewall local-in-policy6",
            context.local_in6.origins.clone(),
        ),
    ];
    let mut lines = Vec::new();
    let mut current = None;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.starts_with("config ") {
            current = open.iter().position(|(table, _)| *table == line);
        }
        let Some(id) = line.strip_prefix("edit ").and_then(|id| id.parse().ok()) else {
            continue;
        };
        let origin = current.and_then(|table| open.get_mut(table)?.1.remove::<u32>(&id));
        lines.extend(origin.map(|origin| EmittedLine { line: number, origin }));
    }
    lines
}

fn counts(context: &Context) -> BTreeMap<&'static str, usize> {
    let local = [&context.local_in, &context.local_in6];
    BTreeMap::from([
        ("policies", context.policy.before.len()),
        (
            "local-in-policies",
            local
                .iter()
                .map(|table| table.before.len() + table.after.len())
                .sum(),
        ),
        ("addresses", context.addresses.len() + context.addresses6.len()),
        ("groups", context.groups.len() + context.groups6.len()),
        ("services", context.services.len()),
        ("zones", context.zones.len()),
    ])
}
