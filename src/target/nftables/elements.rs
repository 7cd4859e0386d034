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

/// What an element with a comment takes, roughly.
const BYTES: usize = 96;

impl Elements {
    /// None yet, with room for some.
    pub fn with_room(elements: usize) -> Self {
        Self {
            text: String::with_capacity(elements.saturating_mul(BYTES)),
            count: 0,
        }
    }

    /// Adds one that comes from no rule, of a map.
    pub fn push(&mut self, key: &str, value: &str) {
        self.line(&["    ", key, " : ", value, ","]);
    }

    /// Adds a port that comes from no rule.
    pub fn port(&mut self, port: u16) {
        self.line(&["    ", itoa::Buffer::new().format(port), ","]);
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

    /// Adds an element: its marks, its key in parts, and what follows the key.
    pub fn element(&mut self, marks: &str, key: [&str; 2], rest: &str) {
        let [source, destination] = key;
        self.line(&["    ", marks, source, " . ", destination, rest]);
    }

    /// Adds all of a table, each behind more of a key.
    pub fn behind(&mut self, key: &str, table: &Self) {
        for line in table.text.lines() {
            self.line(&["    ", key, line.trim_start()]);
        }
    }

    fn line(&mut self, parts: &[&str]) {
        if self.count > 0 {
            self.text.push('\n');
        }
        self.count += 1;
        self.more(parts);
    }

    fn more(&mut self, parts: &[&str]) {
        for part in parts {
            self.text.push_str(part);
        }
    }
}

/// An address as text, written once for all elements with it that follow each other.
#[derive(Debug)]
pub struct AddressText {
    family: Family,
    known: Option<u128>,
    text: String,
}

impl AddressText {
    /// Of a family.
    pub fn new(family: Family) -> Self {
        Self {
            family,
            known: None,
            text: String::new(),
        }
    }

    /// The text of an address.
    pub fn of(&mut self, address: u128) -> &str {
        if self.known != Some(address) {
            self.known = Some(address);
            self.text.clear();
            atom::push_address(&mut self.text, self.family, address);
        }
        &self.text
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
    source: AddressText,
    destination: AddressText,
    seen: FxHashSet<Cell>,
    /// What was written.
    pub elements: Elements,
}

impl Writer {
    /// Nothing yet.
    pub fn new(family: Family) -> Self {
        Self {
            source: AddressText::new(family),
            destination: AddressText::new(family),
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
        let (mut protocols, mut numbers) = (itoa::Buffer::new(), itoa::Buffer::new());
        let protocol_text = protocols.format(protocol);
        for source in sources {
            for destination in destinations {
                let ends = (
                    self.source.of(source.first),
                    self.destination.of(destination.first),
                );
                for port in ports {
                    let cell = (source.first, destination.first, protocol, *port);
                    if self.seen.insert(cell) {
                        let key = [ends.0, " . ", ends.1, " . ", protocol_text, " . "];
                        let rest = [numbers.format(*port), open, &mark.comment, close];
                        self.elements.line(&["    ", &mark.text]);
                        self.elements.more(&key);
                        self.elements.more(&rest);
                    }
                }
            }
        }
    }
}
