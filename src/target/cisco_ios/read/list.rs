//! An access list while it is typed in.
//!
//! Numbers order the entries. An entry without a number comes last; which number it gets depends on whether the
//! release counts remarks, so it is known as an interval, and what depends on the choice is not understood.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::entry::{Entry, Written, highest_sequence};
use crate::packet::Family;
use crate::target::readback::NotUnderstood;

/// Distance of numbers that IOS gives.
const STEP: u32 = 10;

/// A list of one family.
#[derive(Clone, Debug)]
pub struct List {
    family: Family,
    /// By the lowest number that they may have.
    entries: BTreeMap<u32, Numbered>,
    /// Lowest number and log, by entry.
    known: FxHashMap<Entry, (u32, bool)>,
    /// Those that were added once more.
    doubled: FxHashSet<Entry>,
    /// How many remarks were written.
    remarked: u32,
    /// The highest number that a remark after the last entry may have.
    remarks: u32,
    /// Lines of it that were not understood.
    pub not_understood: Vec<NotUnderstood>,
}

/// An entry in its place.
#[derive(Clone, Debug)]
pub struct Numbered {
    highest: u32,
    /// The line of the configuration that it was read from.
    pub line: usize,
    pub entry: Entry,
}

impl List {
    /// Without entries: it permits everything.
    pub fn new(family: Family) -> Self {
        Self {
            family,
            entries: BTreeMap::new(),
            known: FxHashMap::default(),
            doubled: FxHashSet::default(),
            remarked: 0,
            remarks: 0,
            not_understood: Vec::new(),
        }
    }

    /// The entries in their order.
    pub fn entries(&self) -> impl Iterator<Item = &Numbered> {
        self.entries.values()
    }

    /// True while it permits everything.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A remark, that may or may not take a number.
    pub fn remark(&mut self, number: Option<u32>) {
        let last = self.last().1.max(self.remarks);
        self.remarked = self.remarked.saturating_add(1);
        self.remarks = number.unwrap_or_else(|| last.saturating_add(STEP)).max(last);
    }

    /// Adds an entry. One that is there already under another number is left out (Cisco IOS Security Configuration
    /// Guide, IP Access List Entry Sequence Numbering).
    ///
    /// # Errors
    /// When its number is taken, or its place is not certain.
    pub fn add(&mut self, number: Option<u32>, written: Written, line: usize) -> Result<(), String> {
        let (lowest, highest) = match number {
            Some(number) => (number, number),
            None => self.next(),
        };
        if highest > highest_sequence(self.family) {
            return Err("no sequence number is left".to_owned());
        }
        if let Some((other, log)) = self.known.get(&written.entry) {
            // Whether `log` makes it another entry does not matter behind the first.
            if *log != written.log && lowest < *other {
                return Err("stands before the same entry that differs in `log`".to_owned());
            }
            self.doubled.insert(written.entry);
            return Ok(());
        }
        if let (Some(number), Some((before, entry))) = (number, self.entries.range(..=highest).next_back())
            && entry.highest >= number
        {
            return Err(if *before == entry.highest {
                format!("sequence number {before} is taken")
            } else {
                "whether it stands before an entry without number depends on the release".to_owned()
            });
        }
        self.known.insert(written.entry.clone(), (lowest, written.log));
        self.entries.insert(
            lowest,
            Numbered {
                highest,
                line,
                entry: written.entry,
            },
        );
        Ok(())
    }

    /// Removes the entry with the number.
    ///
    /// # Errors
    /// When there is none for certain.
    pub fn remove_number(&mut self, number: u32) -> Result<(), String> {
        let found = self.entries.range(..=number).next_back();
        match found {
            Some((lowest, entry)) if *lowest == number && entry.highest == number => {
                let entry = entry.entry.clone();
                self.remove_entry(&entry)
            }
            _ => Err(format!("there is no entry {number} for certain")),
        }
    }

    /// Removes the entry.
    ///
    /// # Errors
    /// When there is none, or it was added twice: whether the device kept both, and which of them goes, depends on
    /// what else their lines say.
    pub fn remove_entry(&mut self, entry: &Entry) -> Result<(), String> {
        if self.doubled.contains(entry) {
            return Err("the entry stands there twice".to_owned());
        }
        let (lowest, _) = self.known.remove(entry).ok_or("there is no such entry")?;
        self.entries.remove(&lowest);
        Ok(())
    }

    /// Gives new numbers in the same order. Remarks may take some of them.
    ///
    /// # Errors
    /// When the numbers do not reach.
    pub fn resequence(&mut self, start: u32, step: u32) -> Result<(), String> {
        let count = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let last = u64::from(count.saturating_add(self.remarked).saturating_sub(1))
            .saturating_mul(step.into())
            .saturating_add(start.into());
        if step == 0 || last > highest_sequence(self.family).into() {
            return Err("the numbers do not reach".to_owned());
        }
        let taken = self.remarked.saturating_mul(step);
        if taken > 0 {
            self.remarks = self.remarks.max(u32::try_from(last).unwrap_or(u32::MAX));
        }
        let mut number = start;
        for (_, mut entry) in std::mem::take(&mut self.entries) {
            entry.highest = number.saturating_add(taken);
            if let Some((lowest, _)) = self.known.get_mut(&entry.entry) {
                *lowest = number;
            }
            self.entries.insert(number, entry);
            number = number.saturating_add(step);
        }
        Ok(())
    }

    fn last(&self) -> (u32, u32) {
        let last = self.entries.last_key_value();
        last.map_or((0, 0), |(lowest, entry)| (*lowest, entry.highest))
    }

    /// The numbers that an entry without one may get.
    fn next(&self) -> (u32, u32) {
        let (lowest, highest) = self.last();
        (
            lowest.saturating_add(STEP),
            highest.max(self.remarks).saturating_add(STEP),
        )
    }
}
