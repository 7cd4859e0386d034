//! The places at which a device filters, each with what the plan says of it and what was read.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Options;
use super::bounds::{self, Bounds, Received};
use crate::plan::{DevicePlan, Forwarding, HostPlan, Role, Side};
use crate::target::readback::{Hook, ReadBack, ReadRule};

/// A place, and the two sides of its comparison.
pub(super) struct Place<'a> {
    pub name: Name<'a>,
    pub bounds: Arc<Bounds<'a>>,
    /// What the configuration does there; none where it does not say.
    pub actual: Option<Arc<Vec<ReadRule>>>,
}

/// What a place is called. There are many pairs of interfaces, of which hardly any is ever called by its name.
pub(super) enum Name<'a> {
    /// By what interfaces packets come in and leave. None is any that nobody names.
    Pair(Option<&'a str>, Option<&'a str>),
    Other(String),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair(from, to) => {
                let [from, to] = [from, to].map(|name| name.unwrap_or("any other interface"));
                write!(f, "{from} -> {to}")
            }
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// Every place of the plan, and every place that the configuration names beside them.
pub(super) fn of<'a>(plan: &'a DevicePlan, read: &'a ReadBack, options: &Options) -> Vec<Place<'a>> {
    let filters = &Filters::new(read);
    let mut places = match &plan.role {
        Role::Router(forwarding) if options.stateless => {
            let mut places = inbound(plan, forwarding, filters, options);
            places.extend(strangers(forwarding, read, filters, options));
            places
        }
        Role::Router(forwarding) => forward(forwarding, filters),
        Role::Host(host) => host_places(plan, host, filters),
    };
    if let (Role::Router(forwarding), false) = (&plan.role, options.stateless) {
        places.extend(input(plan, forwarding, filters, options));
    }
    places
}

/// What was read, by hook.
struct Filters<'r>(FxHashMap<&'r Hook, &'r Arc<Vec<ReadRule>>>);

impl<'r> Filters<'r> {
    fn new(read: &'r ReadBack) -> Self {
        // The first filter of a hook counts.
        let filters = read.filters.iter().rev();
        Self(filters.map(|filter| (&filter.hook, &filter.rules)).collect())
    }

    fn find(&self, hook: &Hook) -> Option<Arc<Vec<ReadRule>>> {
        self.0.get(hook).map(|rules| Arc::clone(rules))
    }
}

/// One place for each ordered pair of interfaces, those that nobody names included.
fn forward<'a>(forwarding: &'a Forwarding, read: &Filters<'a>) -> Vec<Place<'a>> {
    // Interfaces that filters name, by number. What no filter names is seen by the filter of every other interface.
    let mut numbers: FxHashMap<Option<&str>, usize> = FxHashMap::from_iter([(None, OTHERS)]);
    let mut lists: FxHashMap<(usize, usize), &Arc<Vec<ReadRule>>> = FxHashMap::default();
    for (hook, rules) in &read.0 {
        if let Hook::Forward { from, to } = hook {
            let ends = [from, to].map(|name| {
                let next = numbers.len();
                *numbers.entry(name.as_deref()).or_insert(next)
            });
            lists.insert(ends.into(), rules);
        }
    }
    let mut interfaces: Vec<Interface<'_>> = vec![Interface::default()];
    for (side, plan_side) in forwarding.sides.iter().enumerate() {
        interfaces.extend(plan_side.interfaces.iter().map(|interface| Interface {
            side: Some(side),
            name: Some(&interface.name),
        }));
    }
    let planned: FxHashSet<Option<&str>> = interfaces.iter().map(|interface| interface.name).collect();
    let mut more: Vec<&str> = numbers
        .keys()
        .filter(|name| !planned.contains(*name))
        .copied()
        .flatten()
        .collect();
    more.sort_unstable();
    interfaces.extend(more.into_iter().map(|name| Interface {
        side: None,
        name: Some(name),
    }));
    let nothing = Arc::new(Bounds::nothing());
    let mut pairs: FxHashMap<(usize, usize), Arc<Bounds<'a>>> = FxHashMap::default();
    for pair in &forwarding.pairs {
        let bounds = || Arc::new(Bounds::exactly(&pair.rules));
        pairs.entry((pair.from, pair.to)).or_insert_with(bounds);
    }
    let read_as: Vec<(&Interface<'_>, usize)> = interfaces
        .iter()
        .map(|interface| (interface, numbers.get(&interface.name).copied().unwrap_or(OTHERS)))
        .collect();
    let mut places = Vec::with_capacity(interfaces.len() * interfaces.len());
    for (from, from_number) in &read_as {
        for (to, to_number) in &read_as {
            let sides = from.side.zip(to.side);
            let bounds = sides.and_then(|sides| pairs.get(&sides)).unwrap_or(&nothing);
            let list = lists.get(&(*from_number, *to_number));
            places.push(Place {
                name: Name::Pair(from.name, to.name),
                bounds: Arc::clone(bounds),
                actual: list.map(|rules| Arc::clone(rules)),
            });
        }
    }
    places
}

/// The number of every interface that no filter names.
const OTHERS: usize = 0;

/// An interface of the plan or of a filter.
#[derive(Default)]
struct Interface<'a> {
    side: Option<usize>,
    /// None for any that nobody names.
    name: Option<&'a str>,
}

/// Two places for each interface of a device without state: packets that may open a flow, and packets of TCP that
/// belong to one.
fn inbound<'a>(
    plan: &'a DevicePlan,
    forwarding: &'a Forwarding,
    read: &Filters<'_>,
    options: &Options,
) -> Vec<Place<'a>> {
    let mut filters: FxHashMap<(Option<String>, bool), &Arc<Vec<ReadRule>>> = FxHashMap::default();
    for (hook, rules) in &read.0 {
        if let Hook::Inbound {
            interface,
            established,
        } = hook
        {
            let name = interface.as_deref().map(options.interface_name);
            filters.insert((name, *established), rules);
        }
    }
    let mut places = Vec::new();
    for (side, plan_side) in forwarding.sides.iter().enumerate() {
        for established in [false, true] {
            let bounds = Arc::new(bounds::inbound(plan, forwarding, side, established));
            for interface in &plan_side.interfaces {
                let name = (options.interface_name)(&interface.name);
                let named = filters.get(&(Some(name), established));
                let found = named.or_else(|| filters.get(&(None, established)));
                let kind = if established { " (established)" } else { "" };
                places.push(Place {
                    name: Name::Other(format!("{} in{kind}", interface.name)),
                    bounds: Arc::clone(&bounds),
                    actual: found.map(|rules| Arc::clone(rules)),
                });
            }
        }
    }
    places
}

/// Interfaces that route packets on a device without state and that the plan does not name: nothing may come in by one
/// that is in the global routing table, or in one with interfaces of the plan.
fn strangers<'a>(
    forwarding: &'a Forwarding,
    read: &ReadBack,
    filters: &Filters<'_>,
    options: &Options,
) -> Vec<Place<'a>> {
    let planned = forwarding.sides.iter().flat_map(|side| &side.interfaces);
    let planned: FxHashSet<String> = planned
        .map(|interface| (options.interface_name)(&interface.name))
        .collect();
    let tables: FxHashSet<&String> = planned.iter().filter_map(|name| read.tables.get(name)).collect();
    let is_within_reach = |name: &String| read.tables.get(name).is_none_or(|table| tables.contains(table));
    let strange = read.routed.iter();
    let strange = strange.filter(|(name, _)| !planned.contains(name) && is_within_reach(name));
    let nothing = Arc::new(Bounds::nothing());
    let mut places = Vec::new();
    for (name, family) in strange {
        for established in [false, true] {
            let hook = Hook::Inbound {
                interface: Some(name.clone()),
                established,
            };
            let own = filters.find(&hook).map(|rules| {
                let of_family = |rule: &&ReadRule| !rule.rule.flow.source.is_empty_in(*family);
                Arc::new(rules.iter().filter(of_family).cloned().collect::<Vec<_>>())
            });
            let kind = if established { "established, " } else { "" };
            places.push(Place {
                name: Name::Other(format!("{name} in ({kind}not in the policy)")),
                bounds: Arc::clone(&nothing),
                actual: own,
            });
        }
    }
    places
}

fn host_places<'a>(plan: &'a DevicePlan, host: &'a HostPlan, read: &Filters<'_>) -> Vec<Place<'a>> {
    let input = Arc::new(bounds::host_input(plan, host));
    let output = Arc::new(bounds::host_output(plan, host));
    let input_by = |interface: Option<String>| Hook::Input { interface };
    let output_by = |interface: Option<String>| Hook::Output { interface };
    let mut places = Vec::new();
    for interface in interfaces(read, &input_by) {
        places.push(place("input", read, &input_by, interface, &input));
    }
    for interface in interfaces(read, &output_by) {
        places.push(place("output", read, &output_by, interface, &output));
    }
    places
}

/// The interfaces that the filters of a hook tell apart, and that of none.
fn interfaces(read: &Filters<'_>, hook: &dyn Fn(Option<String>) -> Hook) -> Vec<Option<String>> {
    let named: BTreeSet<&String> = read
        .0
        .keys()
        .filter_map(|found| match found {
            Hook::Input { interface } | Hook::Output { interface } => interface.as_ref(),
            _ => None,
        })
        .filter(|name| read.0.contains_key(&hook(Some((*name).clone()))))
        .collect();
    named.into_iter().cloned().map(Some).chain([None]).collect()
}

/// A place at the device itself, by one interface.
fn place<'a>(
    word: &str,
    read: &Filters<'_>,
    hook: &dyn Fn(Option<String>) -> Hook,
    interface: Option<String>,
    bounds: &Arc<Bounds<'a>>,
) -> Place<'a> {
    let name = match &interface {
        Some(interface) => format!("{word} {interface}"),
        None => word.to_owned(),
    };
    // What no filter names is seen by the filter of every other interface.
    let own = interface.is_some().then(|| read.find(&hook(interface))).flatten();
    Place {
        name: Name::Other(name),
        bounds: Arc::clone(bounds),
        actual: own.or_else(|| read.find(&hook(None))),
    }
}

/// What a forwarding device itself receives. Without a word about it in the plan it is left as it is.
fn input<'a>(
    plan: &'a DevicePlan,
    forwarding: &'a Forwarding,
    read: &Filters<'_>,
    options: &Options,
) -> Vec<Place<'a>> {
    if plan.local.manage.is_empty() && plan.local.run.is_empty() {
        return Vec::new();
    }
    let hook = |interface: Option<String>| Hook::Input { interface };
    if !options.guards_itself {
        // A platform that leaves this to other settings tells no interfaces apart, and may say nothing.
        let place = place("input", read, &hook, None, &Arc::new(bounds::managed_input(plan)));
        let silent = place.actual.is_none() && plan.local.manage.is_empty();
        return if silent { Vec::new() } else { vec![place] };
    }
    let mut places = Vec::new();
    let mut planned: BTreeSet<&String> = BTreeSet::new();
    // Behind most sides nobody manages the device: they share what is said of them, and are compared once.
    let mut known: FxHashMap<Received, Arc<Bounds<'a>>> = FxHashMap::default();
    let mut bounds_at = |side: Option<&Side>| {
        let received = Received::by(plan, side);
        if let Some(bounds) = known.get(&received) {
            return Arc::clone(bounds);
        }
        let bounds = Arc::new(bounds::input_by(plan, side, &received));
        known.insert(received, Arc::clone(&bounds));
        bounds
    };
    for side in &forwarding.sides {
        let bounds = bounds_at(Some(side));
        for interface in &side.interfaces {
            planned.insert(&interface.name);
            places.push(place("input", read, &hook, Some(interface.name.clone()), &bounds));
        }
    }
    let elsewhere = bounds_at(None);
    let others = interfaces(read, &hook);
    let others = others
        .into_iter()
        .filter(|name| name.as_ref().is_none_or(|name| !planned.contains(name)));
    places.extend(others.map(|interface| place("input", read, &hook, interface, &elsewhere)));
    places
}
