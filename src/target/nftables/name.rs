//! Names of chains, sets and limits. nft takes no quotes around a name and reserves a growing list of words, so
//! every name has a prefix and only lower-case letters, digits and `_`.

use std::collections::BTreeMap;

use crate::plan::Side;
use crate::target::name::{digest, slug};

/// The longest prefix before the name of a pair, `m6_128_128_allow_`, and the `__` inside it.
const AROUND_SIDES: usize = 19;

/// Between the names of two sides. A slug never holds two `_` in a row, so a pair's name tells both apart.
const BETWEEN: &str = "__";

/// One short name for each side, distinct, in the order of the sides.
///
/// A name is the zone's slug. A digest follows where two zones have one slug, and where a slug was too long.
pub fn sides(sides: &[Side], name_bytes: usize) -> Vec<String> {
    let limit = name_bytes.saturating_sub(AROUND_SIDES) / 2;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let keys: Vec<String> = sides
        .iter()
        .map(|side| {
            let nth = seen.entry(side.zone.as_str()).or_default();
            *nth += 1;
            if *nth == 1 {
                side.zone.clone()
            } else {
                format!("{}\n{nth}", side.zone)
            }
        })
        .collect();
    let short: Vec<String> = keys
        .iter()
        .map(|key| {
            let whole = slug(key, usize::MAX);
            if whole.is_empty() || whole.len() > limit {
                with_digest(key, 8, limit)
            } else {
                whole
            }
        })
        .collect();
    let apart: Vec<String> = keys
        .iter()
        .zip(&short)
        .map(|(key, name)| {
            if repeats(&short, name) {
                with_digest(key, 8, limit)
            } else {
                name.clone()
            }
        })
        .collect();
    // A zone may itself be named like another one's slug and digest.
    if apart.iter().any(|name| repeats(&apart, name)) {
        return keys.iter().map(|key| with_digest(key, 16, limit)).collect();
    }
    apart
}

fn repeats(names: &[String], name: &String) -> bool {
    names.iter().filter(|other| *other == name).count() > 1
}

fn with_digest(key: &str, digits: usize, limit: usize) -> String {
    let slug = slug(key, limit.saturating_sub(digits + 1));
    let digest = digest(key, digits);
    if slug.is_empty() {
        digest
    } else {
        format!("{slug}_{digest}")
    }
}

/// The name of an ordered pair, without a prefix.
pub fn pair(from: &str, to: &str) -> String {
    format!("{from}{BETWEEN}{to}")
}

/// The title of a chain, by the direction as logs show it: `guest -> clinical.pumps`.
pub fn title(label: &str) -> String {
    label.replace('>', " -> ")
}

/// The chain of a pair.
pub fn pair_chain(pair: &str) -> String {
    format!("p_{pair}")
}

/// The shared limit of a rule. The rate is part of the name: a limit that exists keeps its rate.
pub fn limit(rule: &str, body: &str) -> String {
    format!("l_{}_{}", slug(rule, 40), digest(&format!("{rule}\n{body}"), 12))
}

/// True for what this module may have made: nothing else is ever removed from a device.
pub fn is_own(name: &str) -> bool {
    name.len() <= 255
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Why a name cannot be an interface's, if it cannot. `*` would match by prefix, and nft has no quoting for the
/// rest; the kernel refuses `/`, `:` and white space (`dev_valid_name`).
pub fn interface_fault(name: &str, limit: usize) -> Option<String> {
    if name.is_empty() || name == "." || name == ".." {
        return Some("it is no interface's name".to_owned());
    }
    if name.len() > limit {
        return Some(format!("it has more than {limit} bytes"));
    }
    name.chars()
        .find(|c| !c.is_ascii_graphic() || r#""*/\:"#.contains(*c))
        .map(|c| format!("it holds {c:?}"))
}
