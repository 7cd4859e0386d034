//! A device that takes one line after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::{self, sequence};
use super::group::{self, Groups};
use super::harmless;
use super::interface::canonical;
use super::keyword::{Words, abbreviates, begins, choose, number};
use super::list::List;
use super::script::Line;
use crate::packet::{AddressSet, Family, ServiceSet};
use crate::target::readback::NotUnderstood;

/// Lines that are reported at most. With one of them nothing is proven, and text may be anything at all.
const REPORTED: usize = 10_000;

/// Characters of a reported line.
const SHOWN: usize = 200;

/// What the configuration says.
#[derive(Debug, Default)]
pub struct Device {
    lists: BTreeMap<(Family, String), Arc<List>>,
    /// Lists that are no extended lists of addresses: standard ones, MAC ones.
    others: BTreeMap<String, usize>,
    pub networks: Groups<AddressSet>,
    pub networks6: Groups<AddressSet>,
    pub services: Groups<ServiceSet>,
    /// By canonical name.
    pub interfaces: BTreeMap<String, Interface>,
    pub not_understood: Vec<NotUnderstood>,
    /// Lines that were reported, those of lists included.
    reported: usize,
    mode: Mode,
}

/// An interface.
#[derive(Debug, Default)]
pub struct Interface {
    /// The line that opened it first.
    pub line: usize,
    /// By family and direction.
    pub bound: BTreeMap<(Family, Direction), Binding>,
    /// True where its configuration says that it switches.
    pub switches: bool,
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

/// What the lines that follow belong to.
#[derive(Clone, Debug, Default)]
enum Mode {
    #[default]
    Global,
    List(Family, String),
    Interface(String),
    Network(String),
    Network6(String),
    Service(String),
    /// A section that changes nothing here.
    Skipped,
    /// A section that is not understood.
    Unknown,
}

/// What became of a line.
enum Taken {
    /// It belongs to the mode, and is understood.
    Done,
    /// It is no line of the mode.
    Foreign,
}

type Took = Result<Taken, String>;

/// More words than most lines have.
const WORDS: usize = 16;

impl Device {
    /// Takes a line. A mode below the global one sees it first; what it does not know may be a global command.
    pub fn line(&mut self, line: &Line<'_>) {
        let mut words: Vec<&str> = Vec::with_capacity(WORDS);
        words.extend(line.text.split_ascii_whitespace());
        let mode = std::mem::take(&mut self.mode);
        let took = match &mode {
            Mode::Global => Ok(Taken::Foreign),
            Mode::List(family, name) => self.list_line(*family, name, &words, line),
            Mode::Interface(name) => self.interface_line(name, &words, line),
            Mode::Network(name) => group_line(&mut self.networks, name, &words, line, group::network),
            Mode::Network6(name) => group_line(&mut self.networks6, name, &words, line, group::network6),
            Mode::Service(name) => group_line(&mut self.services, name, &words, line, group::service),
            Mode::Skipped if line.indented => {
                if harmless::is_global_alone(&words) {
                    Err("a global command below another section".to_owned())
                } else {
                    Ok(Taken::Done)
                }
            }
            Mode::Unknown if line.indented => Err("below an unknown statement".to_owned()),
            Mode::Skipped | Mode::Unknown => Ok(Taken::Foreign),
        };
        self.mode = mode;
        let result = match took {
            Ok(Taken::Done) => Ok(()),
            Ok(Taken::Foreign) => self.global(&words, line),
            Err(why) => Err(why),
        };
        if let Err(why) = result {
            self.report(line, &why);
        }
    }

    /// Records a line that is not understood.
    pub fn report(&mut self, line: &Line<'_>, why: &str) {
        if self.reported < REPORTED {
            self.reported += 1;
            self.not_understood.push(reported(line, why));
        }
    }

    /// The list of an interface; none where it is undefined.
    ///
    /// # Errors
    /// When the name is that of a list of another kind.
    pub fn list(&self, family: Family, name: &str) -> Result<Option<&Arc<List>>, String> {
        let list = self.lists.get(&(family, name.to_owned()));
        if list.is_none() && family == Family::V4 && self.others.contains_key(name) {
            return Err(format!("list {name} is not an extended list"));
        }
        Ok(list)
    }

    fn global(&mut self, words: &[&str], line: &Line<'_>) -> Result<(), String> {
        // A line of a mode that is indented is no global command but by mistake: only those that are modelled count.
        let inside = line.indented && !matches!(self.mode, Mode::Global | Mode::Skipped | Mode::Unknown);
        match self.modelled(words, line) {
            Ok(Some(mode)) => {
                self.mode = mode;
                return Ok(());
            }
            Ok(None) => {}
            Err(why) => {
                self.mode = Mode::Unknown;
                return Err(why);
            }
        }
        if !inside && harmless::is_global(words) {
            self.mode = Mode::Skipped;
            return Ok(());
        }
        if !line.indented {
            self.mode = Mode::Unknown;
        }
        Err("unknown statement".to_owned())
    }

    /// Commands about lists, groups and interfaces.
    fn modelled(&mut self, words: &[&str], line: &Line<'_>) -> Result<Option<Mode>, String> {
        let (remove, words) = match words {
            [no, rest @ ..] if no.eq_ignore_ascii_case("no") => (true, rest),
            _ => (false, words),
        };
        if let ([word], false) = (words, remove)
            && choose(word, &["exit", "end"]).is_some()
        {
            return Ok(Some(Mode::Global));
        }
        if begins(words, &["ip", "access-list"]) {
            return self.ip_access_list(remove, words.get(2..).unwrap_or_default());
        }
        if begins(words, &["ipv6", "access-list"]) {
            return match words.get(2..).unwrap_or_default() {
                [name] => Ok(Some(self.open_list(remove, Family::V6, name))),
                [first, ..] if first.eq_ignore_ascii_case("log-update") => Ok(None),
                _ => Err("unknown statement".to_owned()),
            };
        }
        if begins(words, &["access-list"]) {
            return self.numbered(remove, words.get(1..).unwrap_or_default(), line);
        }
        if let [word, kind, rest @ ..] = words
            && abbreviates(word, "object-group")
            && let Some(kind) = choose(kind, &["network", "v6-network", "service"])
        {
            let [name] = rest else {
                return Err("unknown statement".to_owned());
            };
            let name = (*name).to_owned();
            return Ok(Some(match kind {
                "network" => open_group(&mut self.networks, name, remove, Mode::Network),
                "v6-network" => open_group(&mut self.networks6, name, remove, Mode::Network6),
                _ => open_group(&mut self.services, name, remove, Mode::Service),
            }));
        }
        if begins(words, &["interface"]) && !remove {
            let name = match words.get(1..).unwrap_or_default() {
                [name] => canonical(name),
                [name, kind] if choose(kind, &["point-to-point", "multipoint"]).is_some() => canonical(name),
                // `interface GigabitEthernet 0/1`
                [kind, place]
                    if kind.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
                        && place.starts_with(|c: char| c.is_ascii_digit()) =>
                {
                    canonical(&format!("{kind}{place}"))
                }
                _ => return Err("not the name of one interface".to_owned()),
            };
            self.interfaces.entry(name.clone()).or_insert_with(|| Interface {
                line: line.number,
                ..Interface::default()
            });
            return Ok(Some(Mode::Interface(name)));
        }
        Ok(None)
    }

    fn ip_access_list(&mut self, remove: bool, words: &[&str]) -> Result<Option<Mode>, String> {
        match words {
            [kind, name] if abbreviates(kind, "extended") => {
                Ok(Some(self.open_list(remove, Family::V4, name)))
            }
            [kind, name] if abbreviates(kind, "standard") => {
                if remove {
                    self.others.remove(*name);
                } else {
                    *self.others.entry((*name).to_owned()).or_default() += 1;
                }
                Ok(Some(Mode::Skipped))
            }
            [kind, name, start, step] if abbreviates(kind, "resequence") && !remove => {
                let (Some(start), Some(step)) = (number(start), number(step)) else {
                    return Err("not the numbers of entries".to_owned());
                };
                let list = self.lists.get_mut(&(Family::V4, (*name).to_owned()));
                let list = Arc::make_mut(list.ok_or("there is no such list")?);
                list.resequence(start, step)?;
                Ok(Some(Mode::Global))
            }
            _ => Ok(None),
        }
    }

    fn open_list(&mut self, remove: bool, family: Family, name: &str) -> Mode {
        let key = (family, name.to_owned());
        if remove {
            self.lists.remove(&key);
            return Mode::Global;
        }
        let list = self.lists.entry(key);
        list.or_insert_with(|| Arc::new(List::new(family)));
        Mode::List(family, name.to_owned())
    }

    /// `access-list 101 permit ...`. Numbers tell the kinds of lists apart.
    fn numbered(&mut self, remove: bool, words: &[&str], line: &Line<'_>) -> Result<Option<Mode>, String> {
        let Some((name, rest)) = words.split_first() else {
            return Ok(None);
        };
        let Some(id) = number::<u16>(name) else {
            return Ok(None);
        };
        let extended = matches!(id, 100..=199 | 2000..=2699);
        match (remove, rest) {
            (true, []) => {
                self.lists.remove(&(Family::V4, (*name).to_owned()));
                self.others.remove(*name);
            }
            // Releases differ in whether this removes one entry or the list.
            (true, _) => return Err("removes one entry or all of the list".to_owned()),
            (false, _) if !extended => *self.others.entry((*name).to_owned()).or_default() += 1,
            (false, _) => {
                self.open_list(false, Family::V4, name);
                if let Taken::Foreign = self.list_line(Family::V4, name, rest, line)? {
                    return Err("unknown statement".to_owned());
                }
            }
        }
        Ok(Some(Mode::Global))
    }

    /// A line of a list. What is not understood is kept with the list: it matters where the list is applied.
    fn list_line(&mut self, family: Family, name: &str, words: &[&str], line: &Line<'_>) -> Took {
        let key = (family, name.to_owned());
        let Some(list) = self.lists.get_mut(&key) else {
            return Ok(Taken::Foreign);
        };
        let list = Arc::make_mut(list);
        match read_list_line(list, family, words, line) {
            Ok(taken) => Ok(taken),
            Err(why) => {
                // One is enough for the list to be unknown.
                if self.reported < REPORTED || list.not_understood.is_empty() {
                    self.reported += 1;
                    list.not_understood.push(reported(line, &why));
                }
                Ok(Taken::Done)
            }
        }
    }

    fn interface_line(&mut self, name: &str, words: &[&str], line: &Line<'_>) -> Took {
        let Some(interface) = self.interfaces.get_mut(name) else {
            return Ok(Taken::Foreign);
        };
        let (remove, rest) = match words {
            [no, rest @ ..] if no.eq_ignore_ascii_case("no") => (true, rest),
            _ => (false, words),
        };
        let family = if begins(rest, &["ip", "access-group"]) {
            Some(Family::V4)
        } else if begins(rest, &["ipv6", "traffic-filter"]) {
            Some(Family::V6)
        } else {
            None
        };
        if let Some(family) = family {
            bind(interface, remove, family, rest.get(2..).unwrap_or_default(), line)?;
            return Ok(Taken::Done);
        }
        if !harmless::is_of_interface(words) {
            return Ok(Taken::Foreign);
        }
        if rest
            .first()
            .is_some_and(|word| word.eq_ignore_ascii_case("switchport"))
        {
            interface.switches = match (remove, rest.len()) {
                (true, 1) => false,
                (true, _) => interface.switches,
                (false, _) => true,
            };
        }
        Ok(Taken::Done)
    }
}

fn bind(
    interface: &mut Interface,
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
            interface.bound.insert(key, binding);
        }
        (_, list) => {
            let bound = interface.bound.get(&key).map(|binding| binding.list.as_str());
            if list.is_some() && bound.is_some() && bound != list {
                return Err("another list is applied there".to_owned());
            }
            interface.bound.remove(&key);
        }
    }
    Ok(())
}

fn read_list_line(list: &mut List, family: Family, words: &[&str], line: &Line<'_>) -> Took {
    const VERBS: [&str; 4] = ["permit", "deny", "remark", "evaluate"];
    let (remove, words) = match words {
        [no, rest @ ..] if no.eq_ignore_ascii_case("no") => (true, rest),
        _ => (false, words),
    };
    let (number, rest) = match (words, family) {
        ([word, number, rest @ ..], Family::V6) if abbreviates(word, "sequence") => {
            (Some(sequence(number, family)?), rest)
        }
        ([number, rest @ ..], Family::V4) if number.starts_with(|c: char| c.is_ascii_digit()) => {
            (Some(sequence(number, family)?), rest)
        }
        _ => (None, words),
    };
    let verb = rest.first().and_then(|verb| choose(verb, &VERBS));
    match (remove, number, verb) {
        (true, Some(number), None) if rest.is_empty() => list.remove_number(number)?,
        (_, _, Some("evaluate")) => return Err("`evaluate` stands for what another list opens".to_owned()),
        (true, _, Some("remark")) => {}
        (false, number, Some("remark")) => list.remark(number),
        (true, None, Some(_)) => {
            let written = entry::read(&mut Words::of(rest), family)?;
            list.remove_entry(&written.entry)?;
        }
        (false, number, Some(_)) => {
            let written = entry::read(&mut Words::of(rest), family)?;
            let number = match (number, written.sequence) {
                (Some(_), Some(_)) => return Err("two sequence numbers".to_owned()),
                (number, sequence) => number.or(sequence),
            };
            list.add(number, written, line.number)?;
        }
        (_, None, None) => return Ok(Taken::Foreign),
        _ => return Err("unknown statement".to_owned()),
    }
    Ok(Taken::Done)
}

fn open_group<T: group::Contents>(
    groups: &mut Groups<T>,
    name: String,
    remove: bool,
    mode: impl Fn(String) -> Mode,
) -> Mode {
    if remove {
        groups.remove(&name);
        return Mode::Global;
    }
    groups.open(&name);
    mode(name)
}

fn group_line<T: group::Contents>(
    groups: &mut Groups<T>,
    name: &str,
    words: &[&str],
    line: &Line<'_>,
    read: impl Fn(&mut Words<'_>) -> Result<group::Member<T>, String>,
) -> Took {
    let (remove, rest) = match words {
        [no, rest @ ..] if no.eq_ignore_ascii_case("no") => (true, rest),
        _ => (false, words),
    };
    if rest.first().is_some_and(|word| abbreviates(word, "description")) {
        return Ok(Taken::Done);
    }
    let mut all = Words::of(rest);
    let member = match read(&mut all).and_then(|member| all.end().map(|()| member)) {
        Ok(member) => member,
        Err(_) if !line.indented => return Ok(Taken::Foreign),
        Err(why) => return Err(why),
    };
    if remove {
        groups.take(name, &member)?;
    } else {
        groups.add(name, member);
    }
    Ok(Taken::Done)
}

fn reported(line: &Line<'_>, why: &str) -> NotUnderstood {
    NotUnderstood {
        line: line.number,
        text: shown(line.text),
        why: why.to_owned(),
    }
}

/// A line as it is shown: without the spaces around it, and shortened.
pub fn shown(line: &str) -> String {
    line.trim().chars().take(SHOWN).collect()
}
