//! The order of entries with numbers. `move` puts one next to another, so each knows its neighbours: a move costs the
//! same however many there are.

use rustc_hash::FxHashMap;

/// Numbers in an order, each once.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    first: Option<u64>,
    last: Option<u64>,
    /// What stands before and after each.
    neighbours: FxHashMap<u64, [Option<u64>; 2]>,
}

const BEFORE: usize = 0;
const AFTER: usize = 1;

impl Sequence {
    /// The numbers in their order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        std::iter::successors(self.first, |id| self.beside(*id, AFTER))
    }

    /// True for none.
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// True where the number is in it.
    pub fn contains(&self, id: u64) -> bool {
        self.neighbours.contains_key(&id)
    }

    /// Puts a number that is not in it at the end.
    pub fn push(&mut self, id: u64) {
        self.put(self.last, id, None);
    }

    /// Takes a number out, if it is there.
    pub fn remove(&mut self, id: u64) {
        let Some([before, after]) = self.neighbours.remove(&id) else {
            return;
        };
        self.join(before, after);
    }

    /// Moves a number next to another. Both are in it.
    pub fn shift(&mut self, id: u64, before: bool, other: u64) {
        self.remove(id);
        if before {
            self.put(self.beside(other, BEFORE), id, Some(other));
        } else {
            self.put(Some(other), id, self.beside(other, AFTER));
        }
    }

    fn beside(&self, id: u64, side: usize) -> Option<u64> {
        *self.neighbours.get(&id)?.get(side)?
    }

    fn put(&mut self, before: Option<u64>, id: u64, after: Option<u64>) {
        self.neighbours.insert(id, [before, after]);
        self.join(before, Some(id));
        self.join(Some(id), after);
    }

    /// Makes two numbers neighbours; none stands for an end.
    fn join(&mut self, before: Option<u64>, after: Option<u64>) {
        match before.and_then(|id| self.neighbours.get_mut(&id)) {
            Some([_, next]) => *next = after,
            None => self.first = after,
        }
        match after.and_then(|id| self.neighbours.get_mut(&id)) {
            Some([previous, _]) => *previous = before,
            None => self.last = before,
        }
    }
}

#[cfg(test)]
mod tests {
    use arbtest::arbtest;

    use super::*;

    #[test]
    fn it_keeps_the_order_that_a_plain_list_has() {
        arbtest(|u| {
            let (mut sequence, mut list): (Sequence, Vec<u64>) = Default::default();
            for _ in 0..u.int_in_range(0..=40)? {
                let (id, other) = (u.int_in_range(0..=7)?, u.int_in_range(0..=7)?);
                let (there, before) = (list.contains(&id), u.arbitrary()?);
                match u.int_in_range(0..=3)? {
                    0 => {
                        sequence.remove(id);
                        list.retain(|known| *known != id);
                    }
                    1 if there && id != other && list.contains(&other) => {
                        sequence.shift(id, before, other);
                        list.retain(|known| *known != id);
                        let place = list.iter().position(|known| *known == other).unwrap();
                        list.insert(place + usize::from(!before), id);
                    }
                    _ if !there => {
                        sequence.push(id);
                        list.push(id);
                    }
                    _ => {}
                }
                assert_eq!(sequence.iter().collect::<Vec<_>>(), list);
                assert_eq!(sequence.contains(id), list.contains(&id));
            }
            Ok(())
        });
    }
}
