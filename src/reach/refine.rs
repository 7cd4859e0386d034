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
    /// The atoms of each object, ascending.
    pub(super) atoms_of: Vec<Vec<usize>>,
}

impl Pieces {
    fn covering(&self, (first, last): (u128, u128)) -> std::ops::Range<usize> {
        let from = self.starts.partition_point(|start| *start < first);
        let to = self.starts.partition_point(|start| *start <= last);
        from..to.max(from)
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
pub(super) fn refine(zones: &[Ranges], objects: &[Ranges], largest: u128) -> Refined {
    let mut starts: Vec<u128> = vec![0];
    for (first, last) in zones.iter().chain(objects).flatten() {
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
    let mut next = zones.len();
    let mut renamed: FxHashMap<usize, usize> = FxHashMap::default();
    for ranges in objects {
        renamed.clear();
        for range in ranges {
            let covered = pieces.covering(*range);
            for slot in pieces.atom.get_mut(covered).into_iter().flatten().flatten() {
                *slot = *renamed.entry(*slot).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
            }
        }
    }
    number(pieces, &zone_of_piece, objects, largest)
}

/// Numbers the atoms in the order of their first piece.
fn number(mut pieces: Pieces, zone_of_piece: &[Option<usize>], objects: &[Ranges], largest: u128) -> Refined {
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
    for ranges in objects {
        let mut atoms: Vec<usize> = Vec::new();
        for range in ranges {
            let covered = pieces.covering(*range);
            atoms.extend(pieces.atom.get(covered).into_iter().flatten().flatten());
        }
        atoms.sort_unstable();
        atoms.dedup();
        refined.atoms_of.push(atoms);
    }
    refined.pieces = pieces;
    refined
}
