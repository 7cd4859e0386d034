//! Which configurations change, and by how many lines.

use std::collections::BTreeMap;

/// What becomes of a device's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There was none.
    New,
    /// There is none any more.
    Gone,
    /// It is another one.
    Changed,
}

/// A configuration that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationChange {
    /// The device.
    pub device: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Lines that were not there. A line that only moved does not count.
    pub added: usize,
    /// Lines that are not there any more.
    pub removed: usize,
}

/// Compares configurations by device. Equal ones are left out.
pub fn configuration_changes(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<ConfigurationChange> {
    let mut devices: Vec<&String> = before.keys().chain(after.keys()).collect();
    devices.sort();
    devices.dedup();
    let change = |device: &String| {
        let (old, new) = (before.get(device), after.get(device));
        let fate = match (old, new) {
            (None, _) => Fate::New,
            (_, None) => Fate::Gone,
            (Some(old), Some(new)) if old == new => return None,
            _ => Fate::Changed,
        };
        let text = |side: Option<&String>| side.map_or("", String::as_str).to_owned();
        let (added, removed) = lines(&text(old), &text(new));
        Some(ConfigurationChange {
            device: device.clone(),
            fate,
            added,
            removed,
        })
    };
    devices.into_iter().filter_map(change).collect()
}

fn lines(old: &str, new: &str) -> (usize, usize) {
    let mut balance: BTreeMap<&str, i64> = BTreeMap::new();
    for line in old.lines() {
        *balance.entry(line).or_default() -= 1;
    }
    for line in new.lines() {
        *balance.entry(line).or_default() += 1;
    }
    let sum = |sign: i64| balance.values().map(|count| (count * sign).max(0)).sum::<i64>();
    let count = |value: i64| usize::try_from(value).unwrap_or(0);
    (count(sum(1)), count(sum(-1)))
}
