//! Cutting the addresses of one family so that no given set tells the addresses of a piece apart.

use rustc_hash::FxHashMap;

/// Closed ranges of addresses as numbers, ascending and disjoint.
pub(super) type Ranges = Vec<(u128, u128)>;

/// Addresses between neighbouring boundaries, with the atom they belong to.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// First address of each piece, ascending; a piece ends before the next one begins.
    starts: Vec<u128>,
    /// The atom of each piece; none where no zone owns it.
    atom: Vec<Option<usize>>,
}

/// What refinement found in one family.
#[derive(Debug, Default)]
pub(super) struct Refined {
    pub(super) pieces: Pieces,
    /// The zone of each atom.
    pub(super) zone_of: Vec<usize>,
    /// The ranges of each atom.
    pub(super) ranges_of: Vec<Ranges>,
}

/// How some objects alone tell atoms of one family apart.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    /// How many kinds there are. They are numbered in the order of their first address.
    pub(super) count: usize,
    /// The kind of each atom.
    pub(super) of_atom: Vec<usize>,
    /// The kinds that each object holds, ascending.
    pub(super) of_object: Vec<Vec<usize>>,
}

impl Pieces {
    fn covering(&self, (first, last): (u128, u128)) -> std::ops::Range<usize> {
        let from = self.starts.partition_point(|start| *start < first);
        let to = self.starts.partition_point(|start| *start <= last);
        from..to.max(from)
    }

    /// The labels of the pieces that some ranges cover, ascending, each once.
    fn met(&self, labels: &[Option<usize>], ranges: &Ranges) -> Vec<usize> {
        let covered = ranges
            .iter()
            .filter_map(|range| labels.get(self.covering(*range)));
        let mut met: Vec<usize> = covered.flatten().copied().flatten().collect();
        met.sort_unstable();
        met.dedup();
        met.shrink_to_fit();
        met
    }

    /// The atoms that hold some of the ranges, ascending.
    pub(super) fn atoms_of(&self, ranges: &Ranges) -> Vec<usize> {
        self.met(&self.atom, ranges)
    }

    /// Atoms that the same objects hold are of one kind.
    pub(super) fn kinds<'r>(&self, objects: impl Iterator<Item = &'r Ranges> + Clone) -> Kinds {
        let mut labels: Vec<Option<usize>> = self.atom.iter().map(|atom| atom.map(|_| 0)).collect();
        self.tell_apart(&mut labels, 1, objects.clone());
        let mut numbers: FxHashMap<usize, usize> = FxHashMap::default();
        let mut kinds = Kinds::default();
        for (label, atom) in labels.iter_mut().zip(&self.atom) {
            let (Some(label), Some(atom)) = (label, atom) else {
                continue;
            };
            let next = numbers.len();
            *label = *numbers.entry(*label).or_insert(next);
            // The first piece of an atom is met before those of later atoms.
            if *atom == kinds.of_atom.len() {
                kinds.of_atom.push(*label);
            }
        }
        kinds.count = numbers.len();
        kinds.of_object = objects.map(|ranges| self.met(&labels, ranges)).collect();
        kinds
    }

    /// Gives pieces of one label different ones where an object holds some of them. Labels from `next` on are new.
    fn tell_apart<'r>(
        &self,
        labels: &mut [Option<usize>],
        mut next: usize,
        objects: impl Iterator<Item = &'r Ranges>,
    ) {
        let mut renamed: FxHashMap<usize, usize> = FxHashMap::default();
        for ranges in objects {
            renamed.clear();
            for range in ranges {
                let covered = labels.get_mut(self.covering(*range));
                for label in covered.into_iter().flatten().flatten() {
                    *label = *renamed.entry(*label).or_insert_with(|| {
                        next += 1;
                        next - 1
                    });
                }
            }
        }
    }

    /// The atom of an address.
    pub(super) fn atom_of(&self, address: u128) -> Option<usize> {
        let after = self.starts.partition_point(|start| *start <= address);
        let at = after.checked_sub(1)?;
        self.atom.get(at).copied().flatten()
    }
}

/// Cuts the addresses of the zones by all the objects: first into zones, then each atom by each object that holds a
/// part of it. `largest` is the last address of the family.
pub(super) fn refine<'r>(
    zones: &'r [Ranges],
    objects: impl Iterator<Item = &'r Ranges> + Clone,
    largest: u128,
) -> Refined {
    let mut starts: Vec<u128> = vec![0];
    for (first, last) in zones.iter().chain(objects.clone()).flatten() {
        starts.push(*first);
        starts.extend(last.checked_add(1).filter(|next| *next <= largest));
    }
    starts.sort_unstable();
    starts.dedup();
    let count = starts.len();
    let mut pieces = Pieces {
        starts,
        atom: vec![None; count],
    };
    for (zone, ranges) in zones.iter().enumerate() {
        for range in ranges {
            let covered = pieces.covering(*range);
            for slot in pieces.atom.get_mut(covered).into_iter().flatten() {
                *slot = Some(zone);
            }
        }
    }
    let zone_of_piece = pieces.atom.clone();
    let mut labels = pieces.atom.clone();
    pieces.tell_apart(&mut labels, zones.len(), objects);
    pieces.atom = labels;
    number(pieces, &zone_of_piece, largest)
}

/// Numbers the atoms in the order of their first piece.
fn number(mut pieces: Pieces, zone_of_piece: &[Option<usize>], largest: u128) -> Refined {
    let mut refined = Refined::default();
    let mut numbers: FxHashMap<usize, usize> = FxHashMap::default();
    for at in 0..pieces.starts.len() {
        let (Some(Some(label)), Some(Some(zone))) = (pieces.atom.get(at).copied(), zone_of_piece.get(at))
        else {
            continue;
        };
        let atom = *numbers.entry(label).or_insert_with(|| {
            refined.zone_of.push(*zone);
            refined.ranges_of.push(Vec::new());
            refined.zone_of.len() - 1
        });
        let first = pieces.starts.get(at).copied().unwrap_or(0);
        let last = pieces.starts.get(at + 1).map_or(largest, |next| next - 1);
        if let Some(ranges) = refined.ranges_of.get_mut(atom) {
            ranges.push((first, last));
        }
        if let Some(slot) = pieces.atom.get_mut(at) {
            *slot = Some(atom);
        }
    }
    refined.pieces = pieces;
    refined
}
