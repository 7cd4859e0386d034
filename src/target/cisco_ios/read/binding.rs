//! Lists on interfaces.

use std::collections::BTreeMap;

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

impl Interface {
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
