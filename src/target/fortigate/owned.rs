//! What earlier builds left on the unit: ids that stay, and objects that go.

use std::collections::{BTreeMap, BTreeSet};

use super::address::depth_of;
use crate::target::Owned;
use crate::target::name::digest;

/// Kinds of owned policies.
pub const POLICY: &str = "policy";
/// Local-in policies for IPv4.
pub const LOCAL_IN: &str = "local-in-policy";
/// Local-in policies for IPv6.
pub const LOCAL_IN6: &str = "local-in-policy6";

/// What a policy does in its table. A later build knows an earlier one's policies only by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Matches nothing, and marks the place that the others are moved behind.
    Anchor,
    /// Denies what some rule denies.
    Deny,
    /// Accepts what some rule allows.
    Accept,
    /// Denies the rest.
    Rest,
}

impl Part {
    const ALL: [(&'static str, Self); 4] = [
        ("anchor", Self::Anchor),
        ("deny", Self::Deny),
        ("accept", Self::Accept),
        ("rest", Self::Rest),
    ];

    fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, part)| *part == self)
            .map_or("", |(word, _)| word)
    }
}

/// A policy as the list of owned names keeps it: `100123 accept pump_telemetry_5f0c1a_0123456789ab`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number on the unit.
    pub id: u32,
    /// What it does.
    pub part: Part,
    /// Its name, which holds a digest of all that it matches.
    pub name: String,
}

impl Entry {
    /// As it is written down.
    pub fn text(&self) -> String {
        format!("{} {} {}", self.id, self.part.word(), self.name)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (id, part, name) = (words.next()?, words.next()?, words.next()?);
        let (_, part) = Part::ALL.iter().find(|(word, _)| *word == part)?;
        let id = id.parse().ok().filter(|id| *id > 0)?;
        (words.next().is_none() && safe(name)).then(|| Self {
            id,
            part: *part,
            name: name.to_owned(),
        })
    }
}

/// The entries of a table that earlier builds wrote, sorted as they are kept. Texts of another shape are left out.
pub fn entries(previous: &Owned, kind: &str) -> Vec<Entry> {
    let texts = previous.get(kind).map(Vec::as_slice).unwrap_or_default();
    texts.iter().filter_map(|text| Entry::parse(text)).collect()
}

/// Numbers for policies: that of an earlier build where it had one of this name, else one that neither this build
/// nor any earlier one uses, so that no policy ever becomes another in place. None where the range is full.
pub fn assign_ids<'a>(
    names: impl Iterator<Item = &'a str>,
    earlier: &[Entry],
    first: u32,
    last: u32,
) -> Option<BTreeMap<&'a str, u32>> {
    let mut taken: BTreeSet<u32> = earlier.iter().map(|entry| entry.id).collect();
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in earlier {
        known.entry(&entry.name).or_insert(entry.id);
    }
    let room = last.saturating_sub(first).saturating_sub(1);
    let mut ids = BTreeMap::new();
    let mut given = BTreeSet::new();
    for name in names {
        let kept = known
            .get(name)
            .copied()
            .filter(|id| *id != first && *id != last && !given.contains(id));
        let id = match kept {
            Some(id) => id,
            None => {
                let hash = u32::from_str_radix(&digest(name, 8), 16).ok()?;
                let start = hash.checked_rem(room)?;
                (0..room)
                    .map(|step| first + 1 + (start + step) % room)
                    .find(|id| !taken.contains(id))?
            }
        };
        taken.insert(id);
        given.insert(id);
        ids.insert(name, id);
    }
    Some(ids)
}

/// Policies of earlier builds whose number this one does not use, in the order of `parts`.
pub fn stale_policies(earlier: &[Entry], kept: &BTreeSet<u32>, parts: [Part; 4]) -> Vec<u32> {
    let mut stale = Vec::new();
    for part in parts {
        let of_part = earlier
            .iter()
            .filter(|entry| entry.part == part)
            .map(|entry| entry.id);
        stale.extend(of_part.filter(|id| !kept.contains(id)).collect::<BTreeSet<_>>());
    }
    let mut seen = BTreeSet::new();
    stale.retain(|id| seen.insert(*id));
    stale
}

/// Objects of earlier builds that this one does not need. Only names of the shapes that Septum makes are ever
/// deleted, whatever a damaged manifest says.
pub fn stale_objects(previous: &Owned, current: &Owned, kind: &str) -> Vec<String> {
    let needed: BTreeSet<&String> = current.get(kind).into_iter().flatten().collect();
    let earlier: BTreeSet<&String> = previous.get(kind).into_iter().flatten().collect();
    let stale = earlier.difference(&needed).filter(|name| is_ours(kind, name));
    let mut stale: Vec<String> = stale.map(|name| (*name).clone()).collect();
    // A group goes before those that it holds.
    stale.sort_by_key(|name| std::cmp::Reverse(depth_of(name).unwrap_or(0)));
    stale
}

/// Everything that this build or an earlier one owns, without what no build can have written.
pub fn union(previous: &Owned, current: &Owned) -> Owned {
    let kinds: BTreeSet<&String> = previous.keys().chain(current.keys()).collect();
    let all = |kind: &String| {
        let texts = [previous, current]
            .into_iter()
            .filter_map(|owned| owned.get(kind))
            .flatten();
        let ours: BTreeSet<&String> = texts.filter(|text| is_ours(kind, text)).collect();
        (kind.clone(), ours.into_iter().cloned().collect::<Vec<_>>())
    };
    kinds
        .into_iter()
        .map(all)
        .filter(|(_, names)| !names.is_empty())
        .collect()
}

fn is_ours(kind: &str, text: &str) -> bool {
    let starts = |prefixes: &[&str]| safe(text) && prefixes.iter().any(|prefix| text.starts_with(prefix));
    match kind {
        POLICY | LOCAL_IN | LOCAL_IN6 => Entry::parse(text).is_some(),
        "address" | "address6" => starts(&["s_", "r_"]),
        "addrgrp" | "addrgrp6" => safe(text) && depth_of(text).is_some(),
        "service" => starts(&["svc_"]),
        "zone" => starts(&["z_"]),
        _ => false,
    }
}

fn safe(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !name.is_empty() && name.len() <= 79 && name.chars().all(word)
}
