//! The arms that a rule falls into, and which of them packets in certain circumstances may take.

use std::ops::Range;
use std::vec;

use rustc_hash::FxHashMap;

use super::cube::Cube;

/// From this many arms on, a rule's arms are found by interface.
const INDEXED_FROM: usize = 8;

/// Where an arm leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Go {
    Accept,
    Drop,
    Return,
    Jump(usize),
    Goto(usize),
}

impl Go {
    pub(super) fn target(self) -> Option<usize> {
        match self {
            Self::Jump(chain) | Self::Goto(chain) => Some(chain),
            _ => None,
        }
    }
}

/// Part of a rule: its packets and their verdict.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    pub cube: Cube,
    pub go: Go,
    pub line: usize,
}

type Ends = (Option<u32>, Option<u32>);

/// A rule with a verdict.
#[derive(Clone, Debug, Default)]
pub(super) struct Compiled {
    pub arms: Vec<Arm>,
    /// True where interfaces or the state matter.
    pub circumstantial: bool,
    /// The chains that it leads to, ascending.
    pub targets: Vec<usize>,
    /// The arms by the one interface that each end must be, where circumstances matter and arms are many.
    by_interface: Option<FxHashMap<Ends, Vec<usize>>>,
}

impl Compiled {
    pub(super) fn new(arms: Vec<Arm>) -> Self {
        let circumstantial = arms.iter().any(|arm| arm.cube.is_circumstantial());
        let by_interface = (circumstantial && arms.len() >= INDEXED_FROM).then(|| {
            let mut index: FxHashMap<Ends, Vec<usize>> = FxHashMap::default();
            for (number, arm) in arms.iter().enumerate() {
                let ends = (arm.cube.from.single(), arm.cube.to.single());
                index.entry(ends).or_default().push(number);
            }
            index
        });
        let mut targets: Vec<usize> = arms.iter().filter_map(|arm| arm.go.target()).collect();
        targets.sort_unstable();
        targets.dedup();
        Self {
            circumstantial,
            targets,
            arms,
            by_interface,
        }
    }

    /// The arms that a packet between two interfaces in a state may take, ascending.
    pub(super) fn matching(&self, from: Option<u32>, to: Option<u32>, state: u8) -> Matching {
        // Where no circumstance matters, every packet may take every arm.
        match self.circumstantial {
            true => Matching::Some(self.fitting(from, to, state).into_iter()),
            false => Matching::All(0..self.arms.len()),
        }
    }

    fn fitting(&self, from: Option<u32>, to: Option<u32>, state: u8) -> Vec<usize> {
        let fits = |number: &usize| {
            self.arms.get(*number).is_some_and(|arm| {
                let Cube {
                    from: a,
                    to: b,
                    states,
                    ..
                } = &arm.cube;
                states & state != 0 && a.contains(from) && b.contains(to)
            })
        };
        let Some(index) = &self.by_interface else {
            return (0..self.arms.len()).filter(fits).collect();
        };
        let mut ends = [(None, None), (from, None), (None, to), (from, to)];
        ends.sort_unstable();
        let different = ends.chunk_by(|a, b| a == b).filter_map(<[Ends]>::first);
        let candidates = different.filter_map(|ends| index.get(ends)).flatten();
        let mut found: Vec<usize> = candidates.copied().filter(fits).collect();
        found.sort_unstable();
        found
    }
}

/// Numbers of arms, ascending.
#[derive(Debug)]
pub(super) enum Matching {
    All(Range<usize>),
    Some(vec::IntoIter<usize>),
}

impl Iterator for Matching {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match self {
            Self::All(numbers) => numbers.next(),
            Self::Some(numbers) => numbers.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::All(numbers) => numbers.size_hint(),
            Self::Some(numbers) => numbers.size_hint(),
        }
    }
}

impl ExactSizeIterator for Matching {}
