//! Runs statements one after the other, as FortiOS does.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::field::is_known;
use super::redirect::Redirect;
use super::report::Report;
use super::table::{Table, is_skipped, setting_doubt};
use super::vdom::{Key, Vdom};
use super::words::Word;

/// What a `config` opened. Its line is kept, to tell which one is never ended.
enum Frame<'t> {
    /// `config vdom`, and the VDOM whose `edit` is open.
    Vdoms(usize, Option<Word<'t>>),
    /// `config global`
    Global(usize),
    Table(usize, Table),
    /// An entry that is being edited; its table is the frame below.
    Entry(Table, Key<'t>, Entry<'t>),
    /// `config system settings`
    Settings(usize),
    Skipped(Skipped),
}

/// A table whose statements are passed over.
struct Skipped {
    line: usize,
    /// How many `config` are open inside.
    depth: usize,
    /// Why its first statement is to be reported.
    doubt: Option<String>,
    heeded: Heeded,
}

/// What is heeded all the same in a table that is passed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heeded {
    Nothing,
    /// SD-WAN makes zones of its own once it is enabled.
    Sdwan,
    /// Whether packets meet policies that leave by the interface by which they came.
    Redirect,
}

/// The command line, and the tables that it changes.
#[derive(Default)]
pub struct Console<'t> {
    frames: Vec<Frame<'t>>,
    vdoms: BTreeMap<Word<'t>, Vdom<'t>>,
    redirect: Redirect,
}

impl<'t> Console<'t> {
    /// What the text says of packets that leave by the interface by which they came.
    pub fn redirect(&self) -> &Redirect {
        &self.redirect
    }

    /// The VDOM that decides about packets.
    pub fn finish(self, report: &mut Report) -> Vdom<'t> {
        for frame in &self.frames {
            let line = match frame {
                Frame::Vdoms(line, _)
                | Frame::Global(line)
                | Frame::Table(line, _)
                | Frame::Settings(line) => *line,
                Frame::Entry(_, _, entry) => entry.line,
                Frame::Skipped(skipped) => skipped.line,
            };
            report.add(line, "is never ended");
        }
        let mut deciding: Vec<(Word, Vdom)> = self
            .vdoms
            .into_iter()
            .filter(|(_, vdom)| !vdom.is_empty())
            .collect();
        if deciding.iter().any(|(_, vdom)| vdom.has_policies()) {
            deciding.retain(|(_, vdom)| vdom.has_policies());
        }
        if deciding.len() > 1 {
            let names: Vec<&str> = deciding.iter().map(|(name, _)| &**name).collect();
            report.add(1, format!("several VDOMs are configured: {}", names.join(", ")));
        }
        deciding
            .into_iter()
            .next()
            .map(|(_, vdom)| vdom)
            .unwrap_or_default()
    }

    /// Runs one statement.
    pub fn run(&mut self, line: usize, words: &[Word<'t>], report: &mut Report) {
        let texts: Vec<&str> = words.iter().map(|word| &**word).collect();
        match (self.frames.last_mut(), texts.as_slice()) {
            (Some(Frame::Skipped(_)), _) => self.skip(line, words, &texts, report),
            (None | Some(Frame::Vdoms(_, Some(_)) | Frame::Global(_)), ["config", path @ ..]) => {
                self.config(line, path);
            }
            (Some(Frame::Vdoms(_, open @ None)), ["edit", _]) => *open = words.get(1).cloned(),
            (Some(Frame::Vdoms(_, open @ Some(_))), ["next"]) => *open = None,
            (Some(Frame::Vdoms(..) | Frame::Global(_) | Frame::Table(..) | Frame::Settings(_)), ["end"]) => {
                self.frames.pop();
            }
            (Some(Frame::Settings(_)), ["set", field, values @ ..]) => {
                if let Some(why) = setting_doubt(field, values) {
                    report.add(line, why);
                }
            }
            // Without a value a setting of `system settings` has its default, which policies are read with.
            (Some(Frame::Settings(_)), ["unset", _]) => {}
            (Some(Frame::Table(_, table)), _) => {
                let table = *table;
                self.in_table(line, table, words, &texts, report);
            }
            (Some(Frame::Entry(..)), _) => self.in_entry(line, words, &texts, report),
            _ => unknown(line, report),
        }
    }

    fn vdom(&mut self) -> &mut Vdom<'t> {
        let name = self.frames.iter().find_map(|frame| match frame {
            Frame::Vdoms(_, name) => name.clone(),
            Frame::Global(_) => Some("global".into()),
            _ => None,
        });
        self.vdoms.entry(name.unwrap_or_default()).or_default()
    }

    fn config(&mut self, line: usize, path: &[&str]) {
        let path = path.join(" ");
        let inside = !self.frames.is_empty();
        let skipped = |doubt, heeded| {
            Frame::Skipped(Skipped {
                line,
                depth: 0,
                doubt,
                heeded,
            })
        };
        let frame = match path.as_str() {
            "vdom" if !inside => Frame::Vdoms(line, None),
            "global" if !inside => Frame::Global(line),
            "system settings" => Frame::Settings(line),
            "system sdwan" | "system virtual-wan-link" => skipped(None, Heeded::Sdwan),
            "system global" => skipped(None, Heeded::Redirect),
            path => match Table::of(path) {
                Some(table) => Frame::Table(line, table),
                None if is_skipped(path) => skipped(None, Heeded::Nothing),
                None => skipped(Some(format!("table `{path}` is not modelled")), Heeded::Nothing),
            },
        };
        self.frames.push(frame);
    }

    fn skip(&mut self, line: usize, words: &[Word<'t>], texts: &[&str], report: &mut Report) {
        let Some(Frame::Skipped(skipped)) = self.frames.last_mut() else {
            return;
        };
        if texts == ["end"] && skipped.depth == 0 {
            self.frames.pop();
            return;
        }
        let mut doubt = skipped.doubt.take().map(|why| (skipped.line, why));
        let mut name = None;
        match texts {
            ["end"] => skipped.depth -= 1,
            ["config", path @ ..] => {
                skipped.depth += 1;
                // Settings inside of an entry have one word: this is a table whose `end` is missing before it.
                if path.len() != 1 {
                    doubt = doubt.or(Some((line, "a table inside another".to_owned())));
                }
            }
            ["edit", _] if skipped.depth == 0 => name = words.get(1),
            ["set", "status", "enable"] if skipped.heeded == Heeded::Sdwan => {
                doubt = Some((line, "zones of SD-WAN are not modelled".to_owned()));
            }
            ["set", field, value] if skipped.heeded == Heeded::Redirect => {
                self.redirect.set(field, value, line);
            }
            ["unset", field] if skipped.heeded == Heeded::Redirect => self.redirect.unset(field),
            _ => {}
        }
        if let Some((line, why)) = doubt {
            report.add(line, why);
        }
        if let Some(name) = name {
            self.vdom().foreign.insert(name.clone());
        }
    }

    fn in_table(
        &mut self,
        line: usize,
        table: Table,
        words: &[Word<'t>],
        texts: &[&str],
        report: &mut Report,
    ) {
        let names = words.get(1..).unwrap_or_default();
        match (texts, names) {
            (["edit", _], [name]) => {
                let Some(key) = self.key(table, name, true) else {
                    return report.add(line, format!("`{name}` is not the number of an entry"));
                };
                let mut entry = self.vdom().open(table, &key).cloned().unwrap_or_default();
                entry.line = line;
                self.frames.push(Frame::Entry(table, key, entry));
            }
            (["delete", ..], [_, ..]) => {
                for name in names {
                    let refusal = match self.key(table, name, false) {
                        Some(key) => self.vdom().delete(table, &key),
                        None => Some(format!("`{name}` is not the number of an entry")),
                    };
                    if let Some(why) = refusal {
                        report.add(line, why);
                    }
                }
            }
            (["move", name, side @ ("before" | "after"), other], _) if table.is_ordered() => {
                let number = |name: &str| name.parse::<u64>().ok();
                let refusal = match (number(name), number(other)) {
                    (Some(id), Some(other)) => self.vdom().shift(table, id, *side == "before", other),
                    _ => Some("not numbers of entries".to_owned()),
                };
                if let Some(why) = refusal {
                    report.add(line, why);
                }
            }
            _ => unknown(line, report),
        }
    }

    fn key(&mut self, table: Table, name: &Word<'t>, new: bool) -> Option<Key<'t>> {
        if !table.is_ordered() {
            return Some(Key::Name(name.clone()));
        }
        let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        match name.parse().ok().filter(|_| digits)? {
            0 if new => Some(Key::Number(self.vdom().free_number(table))),
            id => Some(Key::Number(id)),
        }
    }

    fn in_entry(&mut self, line: usize, words: &[Word<'t>], texts: &[&str], report: &mut Report) {
        match texts {
            ["next"] => self.commit(report),
            ["end"] => {
                self.commit(report);
                self.frames.pop();
            }
            // Tags are a register of their own.
            ["config", path @ ..] => {
                let doubt = (path != ["tagging"]).then(|| "these settings are not modelled".to_owned());
                self.frames.push(Frame::Skipped(Skipped {
                    line,
                    depth: 0,
                    doubt,
                    heeded: Heeded::Nothing,
                }));
            }
            ["set" | "select", _, _, ..] => self.set(line, words, false, report),
            ["append", _, _, ..] => self.set(line, words, true, report),
            ["unselect", _, _, ..] => self.unselect(line, words, report),
            ["unset" | "clear", field] => {
                if let Some(Frame::Entry(_, _, entry)) = self.frames.last_mut() {
                    entry.unset(field);
                }
            }
            _ => unknown(line, report),
        }
    }

    fn commit(&mut self, report: &mut Report) {
        if let Some(Frame::Entry(table, key, entry)) = self.frames.pop() {
            for (line, why) in self.vdom().commit(table, key, entry) {
                report.add(line, why);
            }
        }
    }

    fn set(&mut self, line: usize, words: &[Word<'t>], append: bool, report: &mut Report) {
        let (Some(Frame::Entry(table, _, entry)), [_, field, values @ ..]) = (self.frames.last_mut(), words)
        else {
            return;
        };
        if !is_known(*table, field) {
            report.add(line, format!("unknown field `{field}`"));
        }
        if let Some(why) = table.refusal(entry, field) {
            report.add(line, why);
        }
        entry.set(field, line, values, append);
        // What was right for the old type or protocol may be wrong for the new one.
        if matches!(&**field, "type" | "protocol") {
            let fields = entry.fields.iter();
            for why in fields.filter_map(|field| table.refusal(entry, &field.name)) {
                report.add(line, why);
            }
        }
    }

    fn unselect(&mut self, line: usize, words: &[Word<'t>], report: &mut Report) {
        let (Some(Frame::Entry(_, _, entry)), [_, field, values @ ..]) = (self.frames.last_mut(), words)
        else {
            return;
        };
        let mut members = entry.list(field).to_vec();
        for value in values {
            if !members.iter().any(|member| member == value) {
                report.add(line, format!("`{value}` is no member"));
            }
            members.retain(|member| member != value);
        }
        entry.set(field, line, &members, false);
    }
}

fn unknown(line: usize, report: &mut Report) {
    report.add(line, "unknown statement here");
}
