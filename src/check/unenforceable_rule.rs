//! No enforcement point sees the packets of a rule: both of its sides lie in one zone, or no managed device stands on
//! any path between them. The rule is written nowhere.
//!
//! # Why it matters
//! A deny that is written nowhere protects nobody, and the reviewer who reads it believes it does.
//!
//! # Example
//! ```text
//! deny ward-pc-1 -> pump-1        # both in zone `ward`
//! ```
//!
//! # Fix
//! Split the zone, protect the device with a host firewall (`protects`), or put a managed device on the path.
//!
//! # Supports
//! IEC 62443-3-3 SR 5.1; NIST SP 800-53 SC-7(21).

use std::collections::BTreeMap;

use super::restricted::RulesOfZones;
use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Point, PointId, Rule, ZoneId};
use crate::network::{Placement, Unenforced};
use crate::packet::AddressSet;
use crate::syntax::tree::Action;

/// The check.
pub const CHECK: Check = Check {
    name: "unenforceable-rule",
    severity: Severity::Warning,
    enabled: true,
    summary: "no enforcement point sees the packets of a rule",
    explain: include_str!("unenforceable_rule.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let mut seen = Seen::new(context);
    let rules = context.policy.rules.iter();
    rules
        .filter(|rule| !rule.expired(context.today))
        .filter_map(|rule| unseen(context, rule, &mut seen))
        .collect()
}

fn unseen(context: &Context<'_>, rule: &Rule, seen: &mut Seen<'_>) -> Option<Finding> {
    let (from, to) = (
        context.zones_of(&rule.source),
        context.zones_of(&rule.destination),
    );
    let (first, last) = (*from.first()?, *to.first()?);
    let sides = [&rule.source.addresses, &rule.destination.addresses];
    if sides.into_iter().any(|side| side.overlaps(&seen.guarded)) {
        return None;
    }
    let mut pairs = from.iter().flat_map(|a| to.iter().map(move |b| (*a, *b)));
    if !pairs.all(|(a, b)| seen.by_nobody(a, b)) {
        return None;
    }
    let inside = from == to && from.len() == 1;
    // Where all is permitted between two zones, the allow says what is: that is how such zones are to be written.
    let mut between = from.iter().flat_map(|a| to.iter().map(move |b| (*a, *b)));
    let mut is_free = |(a, b): (ZoneId, ZoneId)| a == b || seen.is_free(a, b);
    if !inside && rule.action == Action::Allow && between.all(&mut is_free) {
        return None;
    }
    let (a, b) = (context.policy.zone_name(first), context.policy.zone_name(last));
    let routers = match inside {
        true => context.network.routers_inside(context.policy, first),
        false => Vec::new(),
    };
    let (message, help) = match inside {
        true => (
            match quoted(&routers) {
                names if names.is_empty() => {
                    format!("the rule stays inside zone `{a}`, where no firewall sees it")
                }
                names => format!("the rule stays inside zone `{a}`: {names} sees only what it routes there"),
            },
            "split the zone, or protect the device with a host firewall (`protects`)",
        ),
        false => (
            format!("no managed device is on the way from `{a}` to `{b}`: nothing enforces the rule"),
            "put a managed device on the path, or protect the device with a host firewall (`protects`)",
        ),
    };
    let diagnostic = Diagnostic::warning(CHECK.name, rule.span, message).help(help);
    let zones = [Some(a), Some(b).filter(|_| !inside)];
    let zones = zones
        .into_iter()
        .flatten()
        .filter(|_| from.len() == 1 && to.len() == 1);
    Some(Finding::of_rule(diagnostic, rule).about(zones))
}

fn quoted(points: &[&Point]) -> String {
    let names = points.iter().map(|point| format!("`{}`", point.name));
    names.collect::<Vec<_>>().join(" or ")
}

/// What enforcement points see.
struct Seen<'a> {
    context: &'a Context<'a>,
    /// The addresses of devices with a host firewall.
    guarded: AddressSet,
    groups: Vec<Unenforced>,
    /// The managed devices that forward; looked for when a question needs them.
    managed: Option<Vec<Placement<'a>>>,
    /// The same.
    rules: Option<RulesOfZones<'a>>,
    known: BTreeMap<(ZoneId, ZoneId), bool>,
}

impl<'a> Seen<'a> {
    fn new(context: &'a Context<'a>) -> Self {
        let guarded = context.guarded();
        let devices = guarded
            .iter()
            .filter_map(|id| context.policy.devices.get(id.index()));
        Self {
            context,
            guarded: AddressSet::union_of(devices.map(|device| &*device.set)),
            groups: context.network.unenforced(context.policy),
            managed: None,
            rules: None,
            known: BTreeMap::new(),
        }
    }

    /// True where the policy permits everything from one zone to another.
    fn is_free(&mut self, from: ZoneId, to: ZoneId) -> bool {
        let context = self.context;
        let rules = self.rules.get_or_insert_with(|| RulesOfZones::new(context));
        rules.restricted(from, to).is_none()
    }

    /// True where packets pass between two zones and no managed device is on any path.
    fn by_nobody(&mut self, from: ZoneId, to: ZoneId) -> bool {
        if from == to {
            return true;
        }
        let joined = |group: &Unenforced| group.zones.contains(&from) && group.zones.contains(&to);
        if !self.groups.iter().any(joined) {
            return false;
        }
        if let Some(known) = self.known.get(&(from, to)) {
            return *known;
        }
        let context = self.context;
        let managed = self.managed.get_or_insert_with(|| placements(context));
        let found = !managed.iter().any(|placement| placement.crosses(from, to));
        self.known.insert((from, to), found);
        found
    }
}

fn placements<'a>(context: &'a Context<'_>) -> Vec<Placement<'a>> {
    let points = context.policy.points.iter().enumerate();
    points
        .filter(|(_, point)| point.platform.is_some())
        .filter_map(|(index, _)| Placement::new(context.network, context.policy, PointId::from_index(index)))
        .collect()
}
