//! Joins rules of a long list, where their order decides nothing: what shares service and source becomes one entry
//! with a group of destinations, what shares service and destination one with a group of sources.
//!
//! Each entry is a product of a source and a destination set, so that a union on one axis takes no more pairs of
//! prefixes than its parts did: groups shorten the text, and the hardware holds no more than before.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::packet::{AddressSet, Family};

/// Prefixes of a set that may become part of another one, or be taken apart to join others. Larger ones keep the group
/// they have: other entries name it too, and each union would repeat its members.
const FEW: usize = 4;

/// Joining has to save one entry in so many: a little less is not worth that entries stand for several rules.
const WORTHWHILE: usize = 10;

/// What one entry says.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Verdict, service and logging, by whatever number the caller gives them: only equal ones are joined.
    pub kind: usize,
    /// A number of [`Sets`].
    pub source: usize,
    /// A number of [`Sets`].
    pub destination: usize,
    /// The rules it comes from, ascending, by whatever number the caller gives them.
    pub rules: Vec<usize>,
}

/// The axis on which pieces are equal that are joined on the other one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Axis {
    Source,
    Destination,
}

impl Axis {
    fn other(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
        }
    }

    fn of(self, piece: &Piece) -> usize {
        match self {
            Self::Source => piece.source,
            Self::Destination => piece.destination,
        }
    }

    fn with(self, mut piece: Piece, set: usize) -> Piece {
        match self {
            Self::Source => piece.source = set,
            Self::Destination => piece.destination = set,
        }
        piece
    }
}

/// Address sets by number, each once. Numbers of one are used with that one alone.
pub struct Sets {
    family: Family,
    numbers: FxHashMap<Arc<AddressSet>, usize>,
    all: Vec<Known>,
}

struct Known {
    set: Arc<AddressSet>,
    prefixes: usize,
    /// Its prefixes, where they are few and were asked for.
    parts: Option<Rc<[usize]>>,
}

impl Sets {
    /// None yet.
    pub fn new(family: Family) -> Self {
        Self {
            family,
            numbers: FxHashMap::default(),
            all: Vec::new(),
        }
    }

    /// The number of a set.
    pub fn number(&mut self, set: &Arc<AddressSet>) -> usize {
        if let Some(number) = self.numbers.get(set) {
            return *number;
        }
        let prefixes = set.blocks(self.family).count();
        let number = self.all.len();
        self.numbers.insert(Arc::clone(set), number);
        self.all.push(Known {
            set: Arc::clone(set),
            prefixes,
            parts: None,
        });
        number
    }

    /// The set of a number that it gave.
    pub fn set(&self, number: usize) -> &Arc<AddressSet> {
        &self.all[number].set
    }

    fn prefixes(&self, number: usize) -> usize {
        self.all[number].prefixes
    }

    fn union(&mut self, mut numbers: Vec<usize>) -> usize {
        numbers.sort_unstable();
        numbers.dedup();
        if let [one] = *numbers {
            return one;
        }
        let union = AddressSet::union_of(numbers.iter().map(|number| &**self.set(*number)));
        self.number(&Arc::new(union))
    }

    /// The prefixes of a set of few, else the set itself.
    fn parts(&mut self, number: usize) -> Rc<[usize]> {
        let known = &self.all[number];
        if let Some(parts) = &known.parts {
            return Rc::clone(parts);
        }
        let parts: Rc<[usize]> = if (2..=FEW).contains(&known.prefixes) {
            let nets = known.set.prefixes();
            let each = nets.iter().map(|net| AddressSet::from_prefixes([net]));
            each.map(|part| self.number(&Arc::new(part))).collect()
        } else {
            Rc::from([number])
        };
        self.all[number].parts = Some(Rc::clone(&parts));
        parts
    }
}

/// The same packets with the same verdicts in fewer pieces, where there is a way.
pub fn joined(pieces: Vec<Piece>, sets: &mut Sets) -> Vec<Piece> {
    let most = pieces.len() - pieces.len().div_ceil(WORTHWHILE);
    let mut met_on = |axis: Axis| {
        let apart = taken_apart(&pieces, axis, sets);
        let once = gathered(apart, axis, sets);
        gathered(once, axis.other(), sets)
    };
    let ways = [met_on(Axis::Source), met_on(Axis::Destination)];
    let fewest = ways.into_iter().min_by_key(Vec::len);
    fewest.filter(|joined| joined.len() <= most).unwrap_or(pieces)
}

/// Pieces from or to one prefix, with those few on `axis` each in a piece of its own. That multiplies nothing.
fn taken_apart(pieces: &[Piece], axis: Axis, sets: &mut Sets) -> Vec<Piece> {
    let mut apart = Vec::with_capacity(pieces.len());
    for piece in pieces {
        if sets.prefixes(axis.other().of(piece)) > 1 {
            apart.push(piece.clone());
            continue;
        }
        let parts = sets.parts(axis.of(piece));
        apart.extend(parts.iter().map(|part| axis.with(piece.clone(), *part)));
    }
    apart
}

/// One piece for those that are equal but for a set on the other axis than `axis`, which is of few prefixes.
fn gathered(pieces: Vec<Piece>, axis: Axis, sets: &mut Sets) -> Vec<Piece> {
    let across = axis.other();
    let mut places: FxHashMap<(usize, usize, Option<usize>), usize> = FxHashMap::default();
    let mut all: Vec<(Piece, Vec<usize>)> = Vec::new();
    for piece in pieces {
        let set = across.of(&piece);
        let alone = (sets.prefixes(set) > FEW).then_some(set);
        let place = *places
            .entry((piece.kind, axis.of(&piece), alone))
            .or_insert(all.len());
        match all.get_mut(place) {
            Some((joined, others)) => {
                joined.rules.extend(piece.rules);
                others.push(set);
            }
            None => all.push((piece, vec![set])),
        }
    }
    let united = all.into_iter().map(|(mut piece, others)| {
        piece.rules.sort_unstable();
        piece.rules.dedup();
        across.with(piece, sets.union(others))
    });
    united.collect()
}
