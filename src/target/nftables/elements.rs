//! The elements of a set as text: they are by far the most of a file, so each is written once, where it will stand.

use rustc_hash::FxHashSet;

use crate::packet::Family;

use super::atom;
use super::product::Product;

/// One element: a range of sources, of destinations, a protocol, a range of ports.
type Cell = ((u128, u128), (u128, u128), u8, (u16, u16));

/// The lines between the braces of a set, one an element.
#[derive(Debug, Default)]
pub struct Elements {
    /// The lines, without a line break at the end.
    pub text: String,
    /// How many they are.
    pub count: usize,
}

impl Elements {
    /// Adds one that comes from no rule.
    pub fn push(&mut self, key: &str, value: &str) {
        self.line(&["    ", key, " : ", value, ","]);
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

/// Writes products of one family, each cell once.
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

    /// Adds a product of the rule that a mark and a comment stand for, in the order of its sets.
    pub fn product(&mut self, product: &Product, mark: &str, comment: &str) {
        let addresses = |set: &atom::Addresses| -> Vec<((u128, u128), String)> {
            let ranges = set.ranges().iter();
            ranges
                .map(|range| (*range, atom::address_range(self.family, *range)))
                .collect()
        };
        let sources = addresses(&product.source);
        let destinations = addresses(&product.destination);
        let protocol = product.protocol.to_string();
        let ports: Vec<((u16, u16), String)> = product
            .ports
            .ranges()
            .iter()
            .map(|range| (*range, atom::range(*range)))
            .collect();
        let (open, close) = match comment {
            "" => ("", ","),
            _ => (" comment \"", "\","),
        };
        for (source, from) in &sources {
            for (destination, to) in &destinations {
                for (range, port) in &ports {
                    if self
                        .seen
                        .insert((*source, *destination, product.protocol, *range))
                    {
                        self.elements.line(&[
                            "    ", mark, from, " . ", to, " . ", &protocol, " . ", port, open, comment,
                            close,
                        ]);
                    }
                }
            }
        }
    }
}
