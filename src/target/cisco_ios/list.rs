//! A list with its remarks and name.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::number::FIRST;
use super::usage::{Load, Meter};
use crate::packet::Family;
use crate::plan::Origin;
use crate::target::name::digest;

/// The entries that come from the same rules, or serve one purpose.
#[derive(Clone, Debug)]
pub struct Block {
    /// Where in the list it belongs: blocks of a lower stage come before it.
    pub stage: u32,
    /// What stands above them, in characters that IOS takes.
    pub remark: String,
    /// The rules behind each of them: several where rules are joined, none where the list itself needs them.
    pub origins: Arc<[Arc<Origin>]>,
    /// The entries without numbers.
    pub entries: Vec<String>,
}

/// One line of a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// As IOS takes it, without indentation.
    pub text: String,
    /// The rules behind it; none for remarks.
    pub origins: Arc<[Arc<Origin>]>,
}

/// A numbered access list.
#[derive(Clone, Debug)]
pub struct List {
    /// Ends in the digest of its entries, so that equal names mean equal lists.
    pub name: String,
    /// Remarks and entries.
    pub lines: Vec<Line>,
    /// How many of them are entries.
    pub entries: usize,
    /// What it takes in hardware.
    pub load: Load,
}

impl List {
    /// Lays blocks out, each from its number on. Entries that stand before already decide nothing again, and are left
    /// out. The digest is that of numbers and entries and of what the list is for, never of remarks.
    pub fn new(
        stem: &str,
        purpose: &str,
        family: Family,
        blocks: &[(u32, Block)],
        meter: &Meter<'_>,
    ) -> Self {
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let mut content = format!("{purpose}\n{}\n", family.name());
        let mut lines = Vec::new();
        let mut entries = 0;
        let mut load = Load::default();
        let of_no_rule: Arc<[Arc<Origin>]> = Arc::default();
        for (slot, block) in blocks {
            let mut number = slot.saturating_add(FIRST);
            let mut open = false;
            for entry in &block.entries {
                if !seen.insert(entry) {
                    continue;
                }
                if !open {
                    lines.push(Line {
                        text: remark(family, *slot, &block.remark),
                        origins: Arc::clone(&of_no_rule),
                    });
                    open = true;
                }
                load.add(entry, family, meter);
                let text = match family {
                    Family::V4 => format!("{number} {entry}"),
                    Family::V6 => format!("sequence {number} {entry}"),
                };
                content.push_str(&text);
                content.push('\n');
                lines.push(Line {
                    text,
                    origins: Arc::clone(&block.origins),
                });
                entries += 1;
                number = number.saturating_add(1);
            }
        }
        Self {
            name: format!("{stem}_{}", digest(&content, 12)),
            lines,
            entries,
            load,
        }
    }

    /// True where another list has the same remarks and entries, by the same numbers, whatever it is for.
    pub fn says_as(&self, other: &Self) -> bool {
        self.lines.len() == other.lines.len()
            && self.lines.iter().zip(&other.lines).all(|(a, b)| a.text == b.text)
    }

    /// How the list is opened in configuration mode.
    pub fn heading(&self, family: Family) -> String {
        match family {
            Family::V4 => format!("ip access-list extended {}", self.name),
            Family::V6 => format!("ipv6 access-list {}", self.name),
        }
    }
}

/// IPv6 lists take remarks without a number alone.
fn remark(family: Family, number: u32, text: &str) -> String {
    match family {
        Family::V4 => format!("{number} remark {text}"),
        Family::V6 => format!("remark {text}"),
    }
}
