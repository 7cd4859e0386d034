//! A device that takes one line after the other.

use std::collections::BTreeMap;

use super::binding::{self, Interface};
use super::entry::{self, sequence};
use super::group::{self, Groups};
use super::harmless;
use super::interface::{canonical, is_short};
use super::keyword::{Words, abbreviates, begins, choose, number};
use super::list::List;
use super::lists::{Lists, is_extended};
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
    pub lists: Lists,
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
    /// Behind what leaves the configuration.
    Ended,
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
        if has_control(line.text) {
            return self.report(
                line,
                "a control character: the device may take it for the end of a line, or an edit",
            );
        }
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
            Mode::Ended if !(leaves(&words) || begins(&words, &["configure", "terminal"])) => {
                Err("stands behind the end, where nothing is configured".to_owned())
            }
            Mode::Skipped | Mode::Unknown | Mode::Ended => Ok(Taken::Foreign),
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
        if harmless::leads_elsewhere(words) {
            return Err("leads packets elsewhere than a list, which sees them before, can tell".to_owned());
        }
        if !inside && harmless::is_global(words) {
            self.mode = Mode::Skipped;
            return Ok(());
        }
        if !line.indented {
            self.mode = Mode::Unknown;
        }
        if binding::family(words.strip_prefix(&["no"]).unwrap_or(words)).is_some() {
            return Err("no interface is open here for certain: indent what belongs to one".to_owned());
        }
        Err("unknown statement".to_owned())
    }

    /// Commands about lists, groups and interfaces.
    fn modelled(&mut self, words: &[&str], line: &Line<'_>) -> Result<Option<Mode>, String> {
        let (remove, words) = match words {
            [no, rest @ ..] if no.eq_ignore_ascii_case("no") => (true, rest),
            _ => (false, words),
        };
        if leaves(words) && !remove {
            let end = words.first().is_some_and(|word| abbreviates(word, "end"));
            return Ok(Some(match self.mode {
                Mode::Global | Mode::Ended => Mode::Ended,
                _ if end => Mode::Ended,
                _ => Mode::Global,
            }));
        }
        if begins(words, &["ip", "access-list"]) {
            return self.ip_access_list(remove, words.get(2..).unwrap_or_default());
        }
        if begins(words, &["ipv6", "access-list"]) {
            return match words.get(2..).unwrap_or_default() {
                [name] => self.open_list(remove, Family::V6, name),
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
            let elsewhere = [
                kind != "network" && self.networks.has(&name),
                kind != "v6-network" && self.networks6.has(&name),
                kind != "service" && self.services.has(&name),
            ];
            if !remove && elsewhere.contains(&true) {
                return Err(format!("an object group of another kind is named `{name}`"));
            }
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
            if is_short(&name) {
                return Err(format!(
                    "`{name}` may be short for several interfaces: write it in full"
                ));
            }
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
            [kind, name] if abbreviates(kind, "extended") => self.open_list(remove, Family::V4, name),
            [kind, name] if abbreviates(kind, "standard") => {
                match remove {
                    true => self.lists.remove(None, name),
                    false => self.lists.open_other(name)?,
                }
                Ok(Some(Mode::Skipped))
            }
            [kind, name, start, step] if abbreviates(kind, "resequence") && !remove => {
                let (Some(start), Some(step)) = (number(start), number(step)) else {
                    return Err("not the numbers of entries".to_owned());
                };
                let list = self.lists.get_mut(Family::V4, name);
                list.ok_or("there is no such list")?.resequence(start, step)?;
                Ok(Some(Mode::Global))
            }
            _ => Ok(None),
        }
    }

    fn open_list(&mut self, remove: bool, family: Family, name: &str) -> Result<Option<Mode>, String> {
        if remove {
            self.lists.remove(Some(family), name);
            return Ok(Some(Mode::Global));
        }
        self.lists.open(family, name)?;
        Ok(Some(Mode::List(family, name.to_owned())))
    }

    /// `access-list 101 permit ...`. Numbers tell the kinds of lists apart.
    fn numbered(&mut self, remove: bool, words: &[&str], line: &Line<'_>) -> Result<Option<Mode>, String> {
        let Some((name, rest)) = words.split_first() else {
            return Ok(None);
        };
        if number::<u16>(name).is_none() {
            return Ok(None);
        }
        if name.starts_with('0') {
            return Err(format!("`{name}` is no number of a list"));
        }
        match (remove, rest) {
            (true, []) => {
                self.lists.remove(Some(Family::V4), name);
                self.lists.remove(None, name);
            }
            // Releases differ in whether this removes one entry or the list.
            (true, _) => return Err("removes one entry or all of the list".to_owned()),
            (false, _) if !is_extended(name) => self.lists.open_other(name)?,
            (false, _) => {
                self.lists.open(Family::V4, name)?;
                if let Taken::Foreign = self.list_line(Family::V4, name, rest, line)? {
                    return Err("unknown statement".to_owned());
                }
            }
        }
        Ok(Some(Mode::Global))
    }

    /// A line of a list. What is not understood is kept with the list: it matters where the list is applied.
    fn list_line(&mut self, family: Family, name: &str, words: &[&str], line: &Line<'_>) -> Took {
        let Some(list) = self.lists.get_mut(family, name) else {
            return Ok(Taken::Foreign);
        };
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
        if let Some(family) = binding::family(rest) {
            interface.bind(remove, family, rest.get(2..).unwrap_or_default(), line)?;
            return Ok(Taken::Done);
        }
        // Some commands begin alike here and there: one that stands at the margin may have left the interface.
        let elsewhere = !line.indented && harmless::is_global(words);
        if elsewhere || !harmless::is_of_interface(words) {
            return Ok(Taken::Foreign);
        }
        interface.attach(remove, rest);
        Ok(Taken::Done)
    }
}

/// True where a text holds a control character beside tabs. Plain text, which is nearly all, is told by its bytes.
fn has_control(text: &str) -> bool {
    let plain = text
        .bytes()
        .fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    !plain && text.contains(|c: char| c.is_control() && c != '\t')
}

/// True for what leaves a section, or the configuration.
fn leaves(words: &[&str]) -> bool {
    matches!(words, [word] if choose(word, &["exit", "end"]).is_some())
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

/// A line as it is reported.
pub fn reported(line: &Line<'_>, why: &str) -> NotUnderstood {
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
