//! What earlier versions may have left on the device: what the manifest remembers, and base chains.
//!
//! No rule refers to what a version left that no manifest remembers, since the rules of all chains go: it permits
//! nothing. A base chain is different. It is called by the kernel, and one without rules drops everything.

use std::collections::{BTreeMap, BTreeSet};

use crate::target::Owned;

use super::kind::Kind;
use super::name;
use super::ruleset::{Object, Ruleset};

/// The kinds of object, in the order in which they can go. No rule refers to any of them by then, but the elements
/// of a map still refer to chains.
const KINDS: [&str; 4] = ["map", "chain", "set", "limit"];

/// The rank of chains among [`KINDS`].
const CHAIN: usize = 1;

/// Every base chain that some version of a device may have.
const HOOKS: [&str; 3] = ["forward", "input", "output"];

/// The map from a pair of interfaces to the chain of their sides.
pub const DISPATCH: &str = "dispatch";

/// The body under which a map can be added again before it is deleted.
pub const DISPATCH_BODY: &str = "type ifname . ifname : verdict;";

/// A limit's rate is of no account when it is only added to be deleted: one that exists keeps its own.
const ANY_LIMIT: &str = "rate 1/second;";

/// What a ruleset owns, by kind.
pub fn owned(ruleset: &Ruleset) -> Owned {
    let mut owned = BTreeMap::new();
    let mut put = |kind: &str, names: BTreeSet<String>| {
        if !names.is_empty() {
            owned.insert(kind.to_owned(), names.into_iter().collect());
        }
    };
    put("chain", ruleset.chains.iter().map(|c| c.name.clone()).collect());
    put("set", ruleset.sets.iter().map(|s| s.name.clone()).collect());
    put("map", ruleset.maps.iter().map(|m| m.name.clone()).collect());
    put("limit", ruleset.limits.iter().map(|l| l.name.clone()).collect());
    owned
}

/// Both, each name once. Names that this platform cannot have made are left out.
pub fn union(previous: &Owned, current: &Owned) -> Owned {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (kind, names) in previous.iter().chain(current) {
        if KINDS.contains(&kind.as_str()) {
            let names = names.iter().filter(|name| name::is_own(name));
            all.entry(kind.clone()).or_default().extend(names.cloned());
        }
    }
    all.into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(kind, names)| (kind, names.into_iter().collect()))
        .collect()
}

/// What to remove: all of `previous` and every base chain, without what the ruleset needs now.
pub fn objects(previous: &Owned, current: &Owned) -> Vec<Object> {
    let mut found: BTreeSet<(usize, String)> = BTreeSet::new();
    for (kind, names) in previous {
        let Some(rank) = KINDS.iter().position(|k| k == kind) else {
            continue;
        };
        found.extend(
            names
                .iter()
                .filter(|n| name::is_own(n))
                .map(|n| (rank, n.clone())),
        );
    }
    found.extend(HOOKS.map(|hook| (CHAIN, hook.to_owned())));
    found
        .into_iter()
        .filter_map(|(rank, name)| {
            let kind = *KINDS.get(rank)?;
            let needed = current
                .get(kind)
                .is_some_and(|names| names.binary_search(&name).is_ok());
            if needed { None } else { object(kind, name) }
        })
        .collect()
}

fn object(kind: &'static str, name: String) -> Option<Object> {
    let body = match kind {
        "chain" => "",
        "map" if name == DISPATCH => DISPATCH_BODY,
        "limit" => ANY_LIMIT,
        _ => Kind::body_of(&name, kind == "map")?,
    };
    Some(Object {
        kind,
        name,
        body: body.to_owned(),
    })
}
