//! What earlier builds left on the device.
//!
//! A list that is removed while an interface still names it leaves that interface open to everything. So lists go
//! only after every interface that could name them has been switched over: where an interface that once had lists is
//! no longer part of the plan, all lists of its stem stay.

use std::collections::{BTreeMap, BTreeSet};

use super::naming;
use crate::target::Owned;

/// Kinds of names in the manifest.
pub mod kind {
    /// IPv4 access lists.
    pub const LIST4: &str = "acl";
    /// IPv6 access lists.
    pub const LIST6: &str = "acl6";
    /// Network object groups.
    pub const GROUP: &str = "object-group";
    /// Network object groups of IPv6.
    pub const GROUP6: &str = "object-group6";
    /// An interface and the stem of its lists, with a space between.
    pub const BINDING: &str = "binding";
}

/// Old names that are kept track of, for each stem. Each build removes them, so few are ever left.
const OLD_LISTS: usize = 16;

/// As [`OLD_LISTS`], for object groups, which have one stem.
const OLD_GROUPS: usize = 256;

/// What is to be removed, what is owned now, and which interfaces were left behind.
#[derive(Clone, Debug, Default)]
pub struct Succession {
    /// Names to remove, by kind.
    pub stale: Owned,
    /// Names to remember, by kind: current ones, and those that this build removes or keeps.
    pub owned: Owned,
    /// Interfaces that had lists once and are no longer in the plan, with the stem.
    pub orphans: Vec<(String, String)>,
}

/// Compares what is owned now with what was. Building again with the result gives the same result.
pub fn succeed(current: &Owned, previous: &Owned) -> Succession {
    let bound: BTreeSet<String> = names(current, kind::BINDING)
        .filter_map(|entry| entry.split_once(' '))
        .map(|(interface, _)| interface.to_ascii_lowercase())
        .collect();
    let orphans: Vec<(String, String)> = names(previous, kind::BINDING)
        .filter_map(|entry| entry.split_once(' '))
        .filter(|(interface, stem)| naming::is_interface(interface) && naming::is_own(stem))
        .filter(|(interface, _)| !bound.contains(&interface.to_ascii_lowercase()))
        .map(|(interface, stem)| (interface.to_owned(), stem.to_owned()))
        .collect();
    let orphaned: BTreeSet<&str> = orphans.iter().map(|(_, stem)| stem.as_str()).collect();
    let mut succession = Succession {
        owned: current.clone(),
        ..Succession::default()
    };
    for (which, limit) in [
        (kind::LIST4, OLD_LISTS),
        (kind::LIST6, OLD_LISTS),
        (kind::GROUP, OLD_GROUPS),
        (kind::GROUP6, OLD_GROUPS),
    ] {
        let now: BTreeSet<&str> = names(current, which).collect();
        let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
        let old: BTreeSet<&str> = names(previous, which)
            .filter(|name| naming::is_own(name) && !now.contains(name))
            .collect();
        for name in old {
            let stem = naming::stem_of(name);
            let count = taken.entry(stem).or_default();
            *count += 1;
            if *count > limit {
                continue;
            }
            let kept = match which {
                kind::GROUP | kind::GROUP6 => !orphaned.is_empty(),
                _ => orphaned.contains(stem),
            };
            if !kept {
                add(&mut succession.stale, which, name);
            }
            add(&mut succession.owned, which, name);
        }
    }
    for (interface, stem) in &orphans {
        add(
            &mut succession.owned,
            kind::BINDING,
            &format!("{interface} {stem}"),
        );
    }
    for list in succession.owned.values_mut().chain(succession.stale.values_mut()) {
        list.sort();
        list.dedup();
    }
    succession.orphans = orphans;
    succession
}

fn names<'a>(owned: &'a Owned, which: &str) -> impl Iterator<Item = &'a str> {
    owned.get(which).into_iter().flatten().map(String::as_str)
}

fn add(owned: &mut Owned, which: &str, name: &str) {
    owned.entry(which.to_owned()).or_default().push(name.to_owned());
}
