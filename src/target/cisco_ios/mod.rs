//! Cisco IOS and IOS-XE: one inbound access list for each interface and family.
//!
//! A list here is stateless and sees a packet once, where it comes in. So the pairs that start at a side are folded
//! into one list ([`fold`]), replies have entries of their own, and what the device itself receives is let in by
//! name ([`local`]). A list is never changed in place: its name holds the digest of its entries, and an interface is
//! switched over in one line.

mod capability;
mod entry;
mod excess;
mod external;
mod fold;
mod join;
mod layout;
mod list;
mod local;
mod naming;
mod number;
mod object_group;
mod previous;
mod product;
mod read;
mod residual;
mod side;
mod term;
mod usage;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use self::capability::Capability;
use self::layout::Layout;
use self::number::Slots;
use self::object_group::{Group, Groups};
use self::previous::kind;
use self::side::{Lowering, SideLists};
use super::readback::ReadBack;
use super::{Assets, EmitError, Emitted, Inexpressible, Owned, Platform};
use crate::packet::Family;
use crate::plan::{DevicePlan, Forwarding, PlanRule, Role};

/// The platform's name.
const NAME: &str = "cisco-ios";

/// Cisco IOS and IOS-XE.
#[derive(Clone, Copy, Debug, Default)]
pub struct CiscoIos;

impl Platform for CiscoIos {
    fn stateless(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn extension(&self) -> &'static str {
        "ios"
    }

    fn assets(&self) -> Assets {
        Assets {
            template: include_str!("../../../targets/cisco-ios/template.j2").to_owned(),
            capability: include_str!("../../../targets/cisco-ios/capability.yaml").to_owned(),
        }
    }

    fn emit(&self, plan: &DevicePlan, assets: &Assets, previous: &Owned) -> Result<Emitted, EmitError> {
        let capability = Capability::parse(&assets.capability)?;
        let Role::Router(forwarding) = &plan.role else {
            return Err(EmitError::Inexpressible(vec![Inexpressible {
                rule: None,
                what: "an IOS device forwards between sides: it cannot be the firewall of a host".to_owned(),
            }]));
        };
        let mut lowering = Lowering {
            plan,
            forwarding,
            capability: &capability,
            groups: Groups::new(&capability),
            slots: Slots::default(),
            failures: BTreeSet::new(),
        };
        refuse(&mut lowering);
        let sides = lowering.sides();
        let groups = lowering.finish().map_err(EmitError::Inexpressible)?;
        let succession = previous::succeed(&owned(&sides, &groups), previous);
        let residual = residual::sentences(plan, forwarding, &sides, &succession, &capability);
        let layout = Layout {
            device: &plan.device,
            sides: &sides,
            groups: &groups,
            succession: &succession,
            residual: &residual,
        };
        let (text, lines) = layout.render(&assets.template)?;
        Ok(Emitted {
            text,
            lines,
            counts: counts(forwarding, &sides, &groups),
            usage: usage::of(&sides, &capability),
            owned: succession.owned,
            residual,
        })
    }

    fn read(&self, text: &str) -> ReadBack {
        read::read(text)
    }

    fn interface_name(&self) -> fn(&str) -> String {
        read::canonical
    }
}

/// What no IOS list can express, wherever it stands in the plan.
fn refuse(lowering: &mut Lowering<'_>) {
    let (plan, forwarding) = (lowering.plan, lowering.forwarding);
    let interfaces = forwarding.sides.iter().flat_map(|side| &side.interfaces);
    for what in naming::unusable(interfaces) {
        lowering.fail(None, what);
    }
    for rule in all_rules(forwarding).chain(&plan.local.manage) {
        if rule.said.rate.is_some() {
            lowering.fail(
                Some(rule.said.origin.id.clone()),
                "a rate of new flows cannot be limited by an access list".to_owned(),
            );
        }
    }
    for rule in &plan.local.manage {
        if !rule.flow.destination.is_subset(&plan.local.own) {
            lowering.fail(
                Some(rule.said.origin.id.clone()),
                "management needs the device's own addresses: without them it would be open to others behind it"
                    .to_owned(),
            );
        }
    }
    for protocol in plan.local.run.iter().map(|run| run.protocol) {
        if plan.local.own.is_empty() && local::needs_own_addresses(protocol) {
            lowering.fail(
                None,
                format!(
                    "`{}` needs the device's own addresses: without them it would be open to others behind it",
                    protocol.word()
                ),
            );
        }
    }
}

fn all_rules(forwarding: &Forwarding) -> impl Iterator<Item = &PlanRule> {
    let pairs = forwarding.pairs.iter();
    pairs.flat_map(|pair| pair.rules.iter().chain(&pair.replies))
}

fn owned(sides: &[SideLists<'_>], groups: &BTreeMap<String, Group>) -> Owned {
    let mut owned = Owned::new();
    let mut add = |which: &str, name: String| owned.entry(which.to_owned()).or_default().push(name);
    for side in sides {
        add(kind::LIST4, side.v4.name.clone());
        add(kind::LIST6, side.v6.name.clone());
        for interface in &side.side.interfaces {
            add(kind::BINDING, format!("{} {}", interface.name, side.stem));
        }
    }
    for (name, group) in groups {
        let kind = match group.family {
            Family::V4 => kind::GROUP,
            Family::V6 => kind::GROUP6,
        };
        add(kind, name.clone());
    }
    for names in owned.values_mut() {
        names.sort();
        names.dedup();
    }
    owned
}

fn counts(
    forwarding: &Forwarding,
    sides: &[SideLists<'_>],
    groups: &BTreeMap<String, Group>,
) -> BTreeMap<&'static str, usize> {
    let rules: BTreeSet<&str> = all_rules(forwarding)
        .map(|rule| rule.said.origin.id.as_str())
        .collect();
    let entries = |lists: Vec<&list::List>| lists.into_iter().map(|list| list.entries).collect::<Vec<_>>();
    let v4 = entries(side::lists(sides, Family::V4));
    let v6 = entries(side::lists(sides, Family::V6));
    BTreeMap::from([
        ("rules", rules.len()),
        (
            "interfaces",
            sides.iter().map(|side| side.side.interfaces.len()).sum(),
        ),
        ("acls", v4.len() + v6.len()),
        ("acl-entries", v4.iter().chain(&v6).sum()),
        ("acl-entries-v4", v4.iter().sum()),
        ("acl-entries-v6", v6.iter().sum()),
        (
            "acl-entries-largest",
            v4.iter().chain(&v6).copied().max().unwrap_or(0),
        ),
        ("object-groups", groups.len()),
    ])
}
