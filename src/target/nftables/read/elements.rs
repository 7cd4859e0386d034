//! Elements of sets and verdict maps. They are by far the most of a file, so their values stand side by side as plain
//! numbers.

use std::hash::Hasher;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet, FxHasher};

use super::cursor::Fault;
use super::interfaces::InterfaceNames;
use super::rule::Verdict;
use super::value::Value;

/// First and last.
pub(super) type Range = (u128, u128);

/// What a command says of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// It is there, and leads to this one of the set's verdicts.
    Add(Option<u32>),
    /// It was there, and is no more.
    Remove,
    /// It is no more, if it was there.
    Destroy,
}

/// The elements of one set, in the order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements {
    fields: usize,
    /// Of each element the values of all fields, and where some element holds a range the last values after them.
    values: Vec<u128>,
    ranged: bool,
    /// What is said of each, with its line.
    changes: Vec<(Change, usize)>,
    verdicts: Verdicts,
    interfaces: InterfaceNames,
    /// True where some field's values are places of interfaces.
    named: bool,
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'e> {
    elements: &'e Elements,
    firsts: &'e [u128],
    lasts: &'e [u128],
    change: Change,
    pub line: usize,
}

impl<'e> Element<'e> {
    /// The place of its verdict among those of the set.
    pub(super) fn verdict_place(self) -> Option<u32> {
        match self.change {
            Change::Add(verdict) => verdict,
            Change::Remove | Change::Destroy => None,
        }
    }

    /// The values of each field.
    pub(super) fn ranges(self) -> impl Iterator<Item = Range> + use<'e> {
        self.firsts.iter().copied().zip(self.lasts.iter().copied())
    }

    /// The values of one field.
    pub(super) fn range(self, field: usize) -> Option<Range> {
        self.ranges().nth(field)
    }

    /// True where every field has a value that both hold.
    pub(super) fn overlaps(self, other: Self) -> bool {
        let mut fields = self.ranges().zip(other.ranges());
        fields.all(|((a, b), (c, d))| a <= d && c <= b)
    }

    pub(super) fn key(self) -> (&'e [u128], &'e [u128]) {
        (self.firsts, self.lasts)
    }

    fn hash(self) -> u64 {
        let mut hasher = FxHasher::default();
        self.firsts.iter().for_each(|value| hasher.write_u128(*value));
        if self.elements.ranged {
            self.lasts.iter().for_each(|value| hasher.write_u128(*value));
        }
        hasher.finish()
    }
}

impl Elements {
    pub(super) fn new(fields: usize) -> Self {
        Self {
            fields,
            ..Self::default()
        }
    }

    /// How many fields are compared.
    pub(super) fn fields(&self) -> usize {
        self.fields
    }

    /// How many verdicts elements lead to.
    pub(super) fn verdict_count(&self) -> usize {
        self.verdicts.all.len()
    }

    /// The verdict at a place.
    pub(super) fn verdict(&self, place: u32) -> Option<&Verdict> {
        self.verdicts.get(place)
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// True where some element holds more than one value of a field.
    pub(super) fn has_ranges(&self) -> bool {
        self.ranged
    }

    /// True where some field is one of interfaces.
    pub(super) fn has_interfaces(&self) -> bool {
        self.named
    }

    /// The interface that a value stands for.
    pub(super) fn interface(&self, value: u128) -> Option<&str> {
        let place = u32::try_from(value).ok()?;
        self.interfaces.get(place)
    }

    /// The verdicts that elements lead to, each with the line of the first one.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = (&Verdict, usize)> {
        let mut lines: Vec<Option<usize>> = vec![None; self.verdicts.all.len()];
        for (change, line) in &self.changes {
            if let Change::Add(Some(verdict)) = change
                && let Some(first) = usize::try_from(*verdict).ok().and_then(|at| lines.get_mut(at))
            {
                first.get_or_insert(*line);
            }
        }
        let verdicts = self.verdicts.all.iter().zip(lines);
        verdicts.filter_map(|(verdict, line)| Some((verdict, line?)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Element<'_>> {
        (0..self.len()).filter_map(|number| self.get(number))
    }

    fn get(&self, number: usize) -> Option<Element<'_>> {
        let width = self.width();
        let start = number.checked_mul(width)?;
        let values = self.values.get(start..start.checked_add(width)?)?;
        let (firsts, lasts) = values.split_at_checked(self.fields)?;
        let (change, line) = *self.changes.get(number)?;
        Some(Element {
            elements: self,
            firsts,
            lasts: if self.ranged { lasts } else { firsts },
            change,
            line,
        })
    }

    fn width(&self) -> usize {
        self.fields * if self.ranged { 2 } else { 1 }
    }

    /// Adds an element. Until the elements are settled it may be there twice.
    pub(super) fn add(&mut self, key: &[Value], verdict: Option<Verdict<&str>>, line: usize) {
        let verdict = verdict.map(|verdict| self.verdicts.place(verdict));
        self.push(key, Change::Add(verdict), line);
    }

    /// Adds an element of single numbers.
    pub(super) fn add_plain(&mut self, key: &[u128], verdict: Option<Verdict<&str>>, line: usize) {
        let verdict = verdict.map(|verdict| self.verdicts.place(verdict));
        self.values.extend_from_slice(key);
        if self.ranged {
            self.values.extend_from_slice(key);
        }
        self.changes.push((Change::Add(verdict), line));
    }

    /// Takes an element away. If it need not be there, that is no fault.
    pub(super) fn remove(&mut self, key: &[Value], lenient: bool, line: usize) {
        let change = if lenient { Change::Destroy } else { Change::Remove };
        self.push(key, change, line);
    }

    fn push(&mut self, key: &[Value], change: Change, line: usize) {
        if !self.ranged && key.iter().any(Value::is_range) {
            self.widen();
        }
        let start = self.values.len();
        for value in key {
            let first = match value {
                Value::Numbers(first, _) => *first,
                Value::Name(name) => {
                    self.named = true;
                    u128::from(self.interfaces.number(name))
                }
            };
            self.values.push(first);
        }
        if self.ranged {
            for (at, value) in (start..).zip(key) {
                let last = match value {
                    Value::Numbers(_, last) => *last,
                    Value::Name(_) => self.values.get(at).copied().unwrap_or_default(),
                };
                self.values.push(last);
            }
        }
        self.changes.push((change, line));
    }

    /// Makes room for last values.
    fn widen(&mut self) {
        let rows = self.values.chunks_exact(self.fields.max(1));
        self.values = rows.flat_map(|row| [row, row]).flatten().copied().collect();
        self.ranged = true;
    }

    /// Carries out what was said of each element, and keeps those that are there in the end, each once.
    pub(super) fn settle(&mut self, faults: &mut Vec<Fault>) {
        let adds = |(change, _): &(Change, usize)| matches!(change, Change::Add(_));
        let adds_alone = self.changes.iter().all(adds);
        // Many sets are written in order.
        let keys = || self.iter().map(Element::key);
        if adds_alone && keys().is_sorted_by(|a, b| a < b) {
            return;
        }
        let hashes: Vec<u64> = self.iter().map(Element::hash).collect();
        let mut seen = FxHashSet::with_capacity_and_hasher(hashes.len(), FxBuildHasher);
        if adds_alone && hashes.iter().all(|hash| seen.insert(*hash)) {
            return;
        }
        let mut order: Vec<(u64, usize)> = hashes.into_iter().zip(0..).collect();
        order.sort_unstable();
        let mut gone: Vec<usize> = Vec::new();
        for run in order.chunk_by_mut(|a, b| a.0 == b.0) {
            if let [(_, number)] = run {
                let alone = self.get(*number);
                if alone.is_some_and(|element| !matches!(element.change, Change::Add(_))) {
                    self.follow(&[*number], &mut gone, faults);
                }
                continue;
            }
            let mut numbers: Vec<usize> = run.iter().map(|(_, number)| *number).collect();
            let key = |number: &usize| self.get(*number).map(Element::key);
            numbers.sort_by(|a, b| (key(a), a).cmp(&(key(b), b)));
            for alike in numbers.chunk_by(|a, b| key(a) == key(b)) {
                self.follow(alike, &mut gone, faults);
            }
        }
        if gone.is_empty() {
            return;
        }
        gone.sort_unstable();
        let width = self.width().max(1);
        let stays = |number: &usize| gone.binary_search(number).is_err();
        let rows = (0..).zip(self.values.chunks_exact(width));
        let rows = rows.filter(|(number, _)| stays(number));
        let values = rows.flat_map(|(_, row)| row).copied().collect();
        let changes = (0..).zip(&self.changes).filter(|(number, _)| stays(number));
        self.changes = changes.map(|(_, change)| *change).collect();
        self.values = values;
    }

    /// What becomes of one element, of which these are the changes.
    fn follow(&self, numbers: &[usize], gone: &mut Vec<usize>, faults: &mut Vec<Fault>) {
        let mut there: Option<(usize, Option<u32>)> = None;
        for number in numbers {
            let Some((change, line)) = self.changes.get(*number).copied() else {
                continue;
            };
            match (change, there) {
                (Change::Add(verdict), None) => {
                    there = Some((*number, verdict));
                    continue;
                }
                (Change::Add(verdict), Some((_, before))) if verdict != before => {
                    faults.push(Fault::new(line, "this element is there with another verdict"));
                }
                (Change::Remove, None) => faults.push(Fault::new(line, "there is no such element")),
                (Change::Remove | Change::Destroy, Some((before, _))) => {
                    gone.push(before);
                    there = None;
                }
                (Change::Add(_), Some(_)) | (Change::Destroy, None) => {}
            }
            gone.push(*number);
        }
    }
}

/// Verdicts by the order in which they were met.
#[derive(Clone, Debug, Default)]
struct Verdicts {
    all: Vec<Verdict>,
    /// The places of those that lead to no chain.
    plain: Vec<u32>,
    jumps: FxHashMap<String, u32>,
    gotos: FxHashMap<String, u32>,
}

impl Verdicts {
    fn get(&self, place: u32) -> Option<&Verdict> {
        self.all.get(usize::try_from(place).ok()?)
    }

    fn place(&mut self, verdict: Verdict<&str>) -> u32 {
        let known = match verdict {
            Verdict::Jump(name) => self.jumps.get(name),
            Verdict::Goto(name) => self.gotos.get(name),
            _ => {
                let is = |place: &&u32| self.get(**place) == Some(&verdict.owned());
                self.plain.iter().find(is)
            }
        };
        if let Some(place) = known {
            return *place;
        }
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(verdict.owned());
        match verdict {
            Verdict::Jump(name) => drop(self.jumps.insert(name.to_owned(), place)),
            Verdict::Goto(name) => drop(self.gotos.insert(name.to_owned(), place)),
            _ => self.plain.push(place),
        }
        place
    }
}
