//! The elements of a set as text: they are by far the most of a file, so each is written once, where it will stand.

use rustc_hash::FxHashSet;

use crate::packet::Family;

use super::atom::{self, Addresses};
use super::prefix::Prefix;
use super::trace::Mark;

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

    /// Adds the ranges of a set of addresses, of the rule that a mark stands for.
    pub fn ranges(&mut self, family: Family, addresses: &Addresses, mark: &Mark) {
        let (open, close) = around(&mark.comment);
        for range in addresses.ranges() {
            let text = atom::address_range(family, *range);
            self.line(&["    ", &mark.text, &text, open, &mark.comment, close]);
        }
    }

    /// Adds source and destination, of the rules that some marks stand for, which lead to a chain.
    pub fn pair(
        &mut self,
        family: Family,
        [source, destination]: [u128; 2],
        marks: &[&Mark],
        comment: &str,
        chain: &str,
    ) {
        self.start();
        let text = &mut self.text;
        text.push_str("    ");
        for mark in marks {
            text.push_str(&mark.text);
        }
        atom::push_address(text, family, source);
        text.push_str(" . ");
        atom::push_address(text, family, destination);
        for part in [" comment \"", comment, "\" : jump ", chain, ","] {
            text.push_str(part);
        }
    }

    /// Begins a line.
    fn start(&mut self) {
        if self.count > 0 {
            self.text.push('\n');
        }
        self.count += 1;
    }

    fn line(&mut self, parts: &[&str]) {
        self.start();
        for part in parts {
            self.text.push_str(part);
        }
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

    /// Adds every flow of the rule that a mark stands for, in the order of its sets.
    pub fn flows(
        &mut self,
        [sources, destinations]: [&[Prefix]; 2],
        protocol: u8,
        ports: &[u16],
        mark: &Mark,
    ) {
        let (open, close) = around(&mark.comment);
        for source in sources {
            for destination in destinations {
                for port in ports {
                    if !self
                        .seen
                        .insert((source.first, destination.first, protocol, *port))
                    {
                        continue;
                    }
                    self.elements.start();
                    let text = &mut self.elements.text;
                    text.push_str("    ");
                    text.push_str(&mark.text);
                    atom::push_address(text, self.family, source.first);
                    text.push_str(" . ");
                    atom::push_address(text, self.family, destination.first);
                    text.push_str(" . ");
                    atom::push_number(text, protocol);
                    text.push_str(" . ");
                    atom::push_number(text, *port);
                    for part in [open, &mark.comment, close] {
                        text.push_str(part);
                    }
                }
            }
        }
    }
}
