//! Interfaces by number.

use rustc_hash::FxHashMap;

/// Names of interfaces, numbered in the order in which they are met.
#[derive(Clone, Debug, Default)]
pub(super) struct InterfaceNames {
    all: Vec<String>,
    numbers: FxHashMap<String, u32>,
}

impl InterfaceNames {
    pub(super) fn get(&self, number: u32) -> Option<&str> {
        self.all.get(usize::try_from(number).ok()?).map(String::as_str)
    }

    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The names, by their numbers.
    pub(super) fn into_names(self) -> Vec<String> {
        self.all
    }
}
