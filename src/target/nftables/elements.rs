//! The elements of a set as text: they are by far the most of a file, so each is written once, where it will stand.

use rustc_hash::FxHashSet;

use crate::packet::Family;

use super::atom::{self, Addresses};
use super::prefix::Prefix;

/// One element: source, destination, protocol, port.
type Cell = (u128, u128, u8, u16);

/// The lines between the braces of a set, one an element.
#[derive(Debug, Default)]
pub struct Elements {
    /// The lines, without a line break at the end.
    pub text: String,
    /// How many they are.
    pub count: usize,
}

impl Elements {
    /// Adds one that comes from no rule, of a map.
    pub fn push(&mut self, key: &str, value: &str) {
        self.line(&["    ", key, " : ", value, ","]);
    }

    /// Adds an address that comes from no rule.
    pub fn address(&mut self, family: Family, address: u128) {
        self.line(&["    ", &atom::address(family, address), ","]);
    }

    /// Adds the ranges of a set of addresses, of the rule that a mark and a comment stand for.
    pub fn ranges(&mut self, family: Family, addresses: &Addresses, mark: &str, comment: &str) {
        let (open, close) = around(comment);
        for range in addresses.ranges() {
            let text = atom::address_range(family, *range);
            self.line(&["    ", mark, &text, open, comment, close]);
        }
    }

    fn line(&mut self, parts: &[&str]) {
        if self.count > 0 {
            self.text.push('\n');
        }
        for part in parts {
            self.text.push_str(part);
        }
        self.count += 1;
    }
}

/// What stands before and after the comment of an element.
fn around(comment: &str) -> (&'static str, &'static str) {
    match comment {
        "" => ("", ","),
        _ => (" comment \"", "\","),
    }
}

/// Writes flows of one family, each once.
#[derive(Debug)]
pub struct Writer {
    family: Family,
    seen: FxHashSet<Cell>,
    /// What was written.
    pub elements: Elements,
}

impl Writer {
    /// Nothing yet.
    pub fn new(family: Family) -> Self {
        Self {
            family,
            seen: FxHashSet::default(),
            elements: Elements::default(),
        }
    }

    /// Adds every flow of the rule that a mark and a comment stand for, in the order of its sets.
    pub fn flows(
        &mut self,
        [sources, destinations]: [&[Prefix]; 2],
        protocol: u8,
        ports: &[u16],
        [mark, comment]: [&str; 2],
    ) {
        let texts = |prefixes: &[Prefix]| -> Vec<(u128, String)> {
            let first = |prefix: &Prefix| (prefix.first, atom::address(self.family, prefix.first));
            prefixes.iter().map(first).collect()
        };
        let (sources, destinations) = (texts(sources), texts(destinations));
        let number = protocol.to_string();
        let ports: Vec<(u16, String)> = ports.iter().map(|port| (*port, port.to_string())).collect();
        let (open, close) = around(comment);
        for (source, from) in &sources {
            for (destination, to) in &destinations {
                for (port, at) in &ports {
                    if self.seen.insert((*source, *destination, protocol, *port)) {
                        self.elements.line(&[
                            "    ", mark, from, " . ", to, " . ", &number, " . ", at, open, comment, close,
                        ]);
                    }
                }
            }
        }
    }
}
