//! Names and free text that are safe on the command line of IOS, whatever an author called things.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::plan::{Origin, PortInterface, Side};
use crate::target::name::{digest, slug};

/// How every name that Septum owns begins.
pub const PREFIX: &str = "SEPTUM_";

/// The longest portable name of a list.
const NAME_LIMIT: usize = 64;

/// The longest remark (IOS-XE 16.9 YANG, `Cisco-IOS-XE-acl`).
const REMARK_LIMIT: usize = 100;

/// What all versions of a side's lists begin with: `SEPTUM_CLINICAL_PUMPS_IN`.
pub fn stem(side: &Side) -> String {
    let words = match slug(&side.zone, 32) {
        empty if empty.is_empty() => format!("zone_{}", digest(&side.zone, 6)),
        words => words,
    };
    format!("{PREFIX}{}_IN", words.to_ascii_uppercase())
}

/// The stem of a list's name: all but the digest.
pub fn stem_of(name: &str) -> &str {
    name.rsplit_once('_').map_or(name, |(stem, _)| stem)
}

/// True for names that Septum could have given. Anything else in a manifest is left alone.
pub fn is_own(name: &str) -> bool {
    name.len() <= NAME_LIMIT
        && name.starts_with(PREFIX)
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// True for what IOS can take as the name of an interface in one word.
pub fn is_interface(name: &str) -> bool {
    name.len() <= NAME_LIMIT
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | ':'))
}

/// Interfaces whose name cannot be written, or that stand twice.
pub fn unusable<'a>(interfaces: impl Iterator<Item = &'a PortInterface>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for interface in interfaces {
        let name = &interface.name;
        if !is_interface(name) {
            found.push(format!(
                "interface name `{}` is not one word of letters, digits and `/ . - :` that begins with a letter",
                printable(name, 80)
            ));
        } else if !seen.insert(super::read::canonical(name)) {
            found.push(format!(
                "interface `{name}` stands twice: an interface has one list in each family"
            ));
        }
    }
    found
}

/// The remark above the entries of one rule, or of several that are joined.
pub fn remark(words: &str, origins: &[Arc<Origin>]) -> String {
    let [origin] = origins else {
        return remark_of_several(words, origins);
    };
    let mut parts = vec![words, origin.id.as_str(), origin.cited()];
    parts.extend(origin.ticket.as_deref());
    parts.extend(origin.title.as_deref());
    printable(&parts.join(" "), REMARK_LIMIT)
}

/// As many rules as there is room for, the first ones first, and how many more there are.
fn remark_of_several(words: &str, origins: &[Arc<Origin>]) -> String {
    let mut text = words.to_owned();
    for (index, origin) in origins.iter().enumerate() {
        let comma = if index == 0 { " " } else { ", " };
        let one = printable(&[&origin.id, " ", origin.cited()].concat(), usize::MAX);
        let rest = match origins.len() - index - 1 {
            0 => 0,
            more => format!(" and {more} more").len(),
        };
        // What follows the next rule is no longer than what follows this one.
        if text.len() + comma.len() + one.len() + rest > REMARK_LIMIT {
            let left = origins.len() - index;
            return printable(&format!("{text} and {left} more"), REMARK_LIMIT);
        }
        text.push_str(comma);
        text.push_str(&one);
    }
    printable(&text, REMARK_LIMIT)
}

/// Printable ASCII on one line, at most `limit` characters. `?` asks IOS for help at once and a leading `!` begins
/// a comment, so neither stays.
pub fn printable(text: &str, limit: usize) -> String {
    if text.len() <= limit && is_printable(text) {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if out.len() >= limit {
            break;
        }
        match c {
            '?' => out.push('.'),
            '!' if out.is_empty() => {}
            '!'..='~' => out.push(c),
            _ if c.is_whitespace() || c.is_control() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ => out.push('_'),
        }
    }
    out.trim_end().to_owned()
}

/// True for what [`printable`] leaves as it is: words of plain characters, one space between them.
fn is_printable(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        let fits = match byte {
            b' ' => before != b' ',
            b'!' => !text.starts_with('!'),
            _ => byte.is_ascii_graphic() && byte != b'?',
        };
        if !fits {
            return false;
        }
        before = byte;
    }
    before != b' '
}
