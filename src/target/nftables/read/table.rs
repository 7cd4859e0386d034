//! What the commands of a file leave behind: tables with chains and sets.

use std::collections::{BTreeMap, BTreeSet};

use super::cursor::Fault;
use super::disjoint;
use super::elements::Elements;
use super::field::Kind;
use super::rate::Rate;
use super::rule::Rule;

/// The packets that a table sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Family {
    Inet,
    V4,
    V6,
}

/// A place in the kernel where packets meet chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Forward,
    Input,
    Output,
}

/// What makes a chain a base chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub place: Place,
    /// When it sees packets, among the chains of the hook.
    pub priority: i64,
    /// Its policy: true for accept.
    pub accept: bool,
    pub line: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub base: Option<Base>,
    pub rules: Vec<Rule>,
}

/// How a set was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub kinds: Vec<Kind>,
    /// True where elements may be ranges.
    pub interval: bool,
    /// True where elements lead to verdicts.
    pub map: bool,
}

/// A named set or verdict map.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub shape: Shape,
    /// True where ranges that overlap become one.
    pub merges: bool,
    /// How many elements it has room for, as it was declared first; 0 where nothing was said.
    pub size: u64,
    pub elements: Elements,
}

impl Set {
    /// Carries out what was said of its elements, and finds what nft refuses of it.
    pub(super) fn settle(&mut self, faults: &mut Vec<Fault>) {
        self.elements.settle(faults);
        // Elements that merge count as one.
        if let Some(over) = self.over_size().filter(|_| !self.merges) {
            faults.push(over);
        }
        faults.extend(disjoint::check(&self.elements, self.merges).err());
    }

    /// That the set has more elements than room.
    fn over_size(&self) -> Option<Fault> {
        let room = usize::try_from(self.size).ok().filter(|room| *room > 0)?;
        let first = self.elements.iter().nth(room)?;
        let why = format!("an element more than the size of the set, which is {room}");
        Some(Fault::new(first.line, why))
    }

    /// Takes every element away.
    pub(super) fn flush(&mut self, faults: &mut Vec<Fault>) {
        self.settle(faults);
        self.elements = Elements::new(self.elements.fields());
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub chains: BTreeMap<String, Chain>,
    pub sets: BTreeMap<String, Set>,
    pub limits: BTreeMap<String, Rate>,
    pub counters: BTreeSet<String>,
}

pub(super) type Tables = BTreeMap<(Family, String), Table>;
