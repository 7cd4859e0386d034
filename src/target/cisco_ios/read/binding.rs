//! Lists on interfaces.

use std::collections::{BTreeMap, BTreeSet};

use super::device::reported;
use super::keyword::begins;
use super::script::Line;
use crate::packet::Family;
use crate::target::readback::NotUnderstood;

/// An interface.
#[derive(Debug, Default)]
pub struct Interface {
    /// The line that opened it first.
    pub line: usize,
    /// By family and direction.
    pub bound: BTreeMap<(Family, Direction), Binding>,
    /// True where its configuration says that it switches.
    pub switches: bool,
    /// True where it is a member of a port channel, by which its packets come in.
    pub is_member: bool,
    /// What gave it addresses: a command takes away only what it gave itself.
    pub addressed: BTreeSet<(Family, &'static str)>,
    /// True where it is shut down.
    pub is_down: bool,
    /// Its routing table, where it is not the global one.
    pub table: Option<String>,
}

/// Which way packets cross an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    In,
    Out,
}

/// A list on an interface.
#[derive(Clone, Debug)]
pub struct Binding {
    pub list: String,
    /// Where it is bound, as it would be reported.
    pub at: NotUnderstood,
}

/// The family in which words apply a list, where they do.
pub fn family(words: &[&str]) -> Option<Family> {
    if begins(words, &["ip", "access-group"]) {
        Some(Family::V4)
    } else if begins(words, &["ipv6", "traffic-filter"]) {
        Some(Family::V6)
    } else {
        None
    }
}

/// How families are given to an interface, and taken away.
const ADDRESSES: [(Family, [&str; 2]); 5] = [
    (Family::V4, ["ip", "address"]),
    (Family::V4, ["ip", "unnumbered"]),
    (Family::V6, ["ipv6", "address"]),
    (Family::V6, ["ipv6", "unnumbered"]),
    (Family::V6, ["ipv6", "enable"]),
];

/// How an interface is given a routing table, and taken from it.
const FORWARDING: [&[&str]; 2] = [&["vrf", "forwarding"], &["ip", "vrf", "forwarding"]];

impl Interface {
    /// Takes what a command says of how packets come in. One that takes something of several away changes nothing.
    pub fn attach(&mut self, remove: bool, words: &[&str]) {
        for (family, command) in ADDRESSES {
            if begins(words, &command) {
                let given = (family, command[1]);
                match (remove, words.len() == command.len()) {
                    (false, _) => self.addressed.insert(given),
                    (true, true) => self.addressed.remove(&given),
                    (true, false) => false,
                };
            }
        }
        match words.first() {
            Some(word) if word.eq_ignore_ascii_case("switchport") => {
                self.switches = match (remove, words.len()) {
                    (true, 1) => false,
                    (true, _) => self.switches,
                    (false, _) => true,
                };
            }
            Some(word) if word.eq_ignore_ascii_case("channel-group") => self.is_member = !remove,
            Some(word) if word.eq_ignore_ascii_case("shutdown") => self.is_down = !remove,
            _ => {}
        }
        for command in FORWARDING {
            if begins(words, command) {
                let table = words.get(command.len()).filter(|_| !remove);
                self.table = table.map(|table| (*table).to_owned());
            }
        }
    }

    /// The families of which packets come in by it to be routed. What switches has no address.
    pub fn routed(&self) -> impl Iterator<Item = Family> {
        let addressed = self.addressed.iter().filter(|_| !self.is_down);
        addressed.map(|(family, _)| *family)
    }

    /// Applies a list, or takes it away.
    ///
    /// # Errors
    /// When the words are not a list and a direction, or another list is applied.
    pub fn bind(
        &mut self,
        remove: bool,
        family: Family,
        words: &[&str],
        line: &Line<'_>,
    ) -> Result<(), String> {
        let (list, way) = match words {
            [list, way] => (Some(*list), *way),
            [way] if remove => (None, *way),
            _ => return Err("not a list and a direction".to_owned()),
        };
        let direction = match way.to_ascii_lowercase().as_str() {
            "in" => Direction::In,
            "out" => Direction::Out,
            _ => return Err(format!("`{way}` is neither `in` nor `out`")),
        };
        let key = (family, direction);
        match (remove, list) {
            (false, Some(list)) => {
                let binding = Binding {
                    list: list.to_owned(),
                    at: reported(line, ""),
                };
                self.bound.insert(key, binding);
            }
            (_, list) => {
                let bound = self.bound.get(&key).map(|binding| binding.list.as_str());
                if list.is_some() && bound.is_some() && bound != list {
                    return Err("another list is applied there".to_owned());
                }
                self.bound.remove(&key);
            }
        }
        Ok(())
    }
}
