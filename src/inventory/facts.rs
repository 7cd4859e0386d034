//! What is known of a device beside its name, zone, addresses and labels.

use super::Field;

/// A few facts, each once. There may be a hundred thousand devices: a list takes a fifth of the memory of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts<T>(Vec<(Field, T)>);

impl<T> Default for Facts<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Facts<T> {
    /// What is known of a field.
    pub fn get(&self, field: Field) -> Option<&T> {
        self.iter()
            .find(|(known, _)| *known == field)
            .map(|(_, fact)| fact)
    }

    /// Takes in a fact, in place of an earlier one of the same field.
    pub fn set(&mut self, field: Field, fact: T) {
        match self.0.iter_mut().find(|(known, _)| *known == field) {
            Some((_, earlier)) => *earlier = fact,
            None => self.0.push((field, fact)),
        }
    }

    /// Gives back the memory of facts that did not come.
    pub fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    /// All of them, as they came.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &T)> {
        self.0.iter().map(|(field, fact)| (*field, fact))
    }

    /// Other facts, made from each of these.
    pub fn map<U>(&self, of: impl Fn(&T) -> U) -> Facts<U> {
        Facts(self.iter().map(|(field, fact)| (field, of(fact))).collect())
    }
}
