//! Runs statements one after the other, as FortiOS does.

use std::collections::BTreeMap;

use super::entry::{Entry, Field};
use super::field::is_known;
use super::report::Report;
use super::table::{Table, is_skipped, setting_doubt};
use super::vdom::{Key, Vdom};
use super::words::Statement;

/// What a `config` opened. Its line is kept, to tell which one is never ended.
enum Frame {
    /// `config vdom`, and the VDOM whose `edit` is open.
    Vdoms(usize, Option<String>),
    /// `config global`
    Global(usize),
    Table(usize, Table),
    /// An entry that is being edited; its table is the frame below.
    Entry(Table, Key, Entry),
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
    /// SD-WAN makes zones of its own once it is enabled.
    sdwan: bool,
}

/// The command line, and the tables that it changes.
pub struct Console<'r, 't> {
    report: &'r mut Report<'t>,
    frames: Vec<Frame>,
    vdoms: BTreeMap<String, Vdom>,
}

impl<'r, 't> Console<'r, 't> {
    /// A unit without a configuration.
    pub fn new(report: &'r mut Report<'t>) -> Self {
        Self {
            report,
            frames: Vec::new(),
            vdoms: BTreeMap::new(),
        }
    }

    /// The VDOM that decides about packets.
    pub fn finish(self) -> Vdom {
        for frame in &self.frames {
            let line = match frame {
                Frame::Vdoms(line, _)
                | Frame::Global(line)
                | Frame::Table(line, _)
                | Frame::Settings(line) => *line,
                Frame::Entry(_, _, entry) => entry.line,
                Frame::Skipped(skipped) => skipped.line,
            };
            self.report.add(line, "is never ended");
        }
        let mut deciding: Vec<(String, Vdom)> = self
            .vdoms
            .into_iter()
            .filter(|(_, vdom)| !vdom.is_empty())
            .collect();
        if deciding.iter().any(|(_, vdom)| vdom.has_policies()) {
            deciding.retain(|(_, vdom)| vdom.has_policies());
        }
        if deciding.len() > 1 {
            let names: Vec<&str> = deciding.iter().map(|(name, _)| name.as_str()).collect();
            self.report
                .add(1, format!("several VDOMs are configured: {}", names.join(", ")));
        }
        deciding
            .into_iter()
            .next()
            .map(|(_, vdom)| vdom)
            .unwrap_or_default()
    }

    /// Runs one statement.
    pub fn run(&mut self, statement: &Statement) {
        let line = statement.line;
        let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
        match (self.frames.last_mut(), words.as_slice()) {
            (Some(Frame::Skipped(_)), words) => self.skip(line, words),
            (None | Some(Frame::Vdoms(_, Some(_)) | Frame::Global(_)), ["config", path @ ..]) => {
                self.config(line, path);
            }
            (Some(Frame::Vdoms(_, open @ None)), ["edit", name]) => *open = Some((*name).to_owned()),
            (Some(Frame::Vdoms(_, open @ Some(_))), ["next"]) => *open = None,
            (Some(Frame::Vdoms(..) | Frame::Global(_) | Frame::Table(..) | Frame::Settings(_)), ["end"]) => {
                self.frames.pop();
            }
            (Some(Frame::Settings(_)), ["set", field, ..]) => {
                let values = statement.words.get(2..).unwrap_or_default();
                if let Some(why) = setting_doubt(field, values) {
                    self.report.add(line, why);
                }
            }
            // Without a value a setting of `system settings` has its default, which policies are read with.
            (Some(Frame::Settings(_)), ["unset", _]) => {}
            (Some(Frame::Table(_, table)), words) => {
                let table = *table;
                self.in_table(line, table, words);
            }
            (Some(Frame::Entry(..)), words) => self.in_entry(line, words),
            _ => self.unknown(line),
        }
    }

    fn unknown(&mut self, line: usize) {
        self.report.add(line, "unknown statement here");
    }

    fn vdom(&mut self) -> &mut Vdom {
        let name = self.frames.iter().find_map(|frame| match frame {
            Frame::Vdoms(_, name) => name.clone(),
            Frame::Global(_) => Some("global".to_owned()),
            _ => None,
        });
        self.vdoms.entry(name.unwrap_or_default()).or_default()
    }

    fn config(&mut self, line: usize, path: &[&str]) {
        let path = path.join(" ");
        let inside = !self.frames.is_empty();
        let skipped = |doubt, sdwan| {
            Frame::Skipped(Skipped {
                line,
                depth: 0,
                doubt,
                sdwan,
            })
        };
        let frame = match path.as_str() {
            "vdom" if !inside => Frame::Vdoms(line, None),
            "global" if !inside => Frame::Global(line),
            "system settings" => Frame::Settings(line),
            "system sdwan" | "system virtual-wan-link" => skipped(None, true),
            path => match Table::of(path) {
                Some(table) => Frame::Table(line, table),
                None if is_skipped(path) => skipped(None, false),
                None => skipped(Some(format!("table `{path}` is not modelled")), false),
            },
        };
        self.frames.push(frame);
    }

    fn skip(&mut self, line: usize, words: &[&str]) {
        let Some(Frame::Skipped(skipped)) = self.frames.last_mut() else {
            return;
        };
        if words == ["end"] && skipped.depth == 0 {
            self.frames.pop();
            return;
        }
        let mut doubt = skipped.doubt.take().map(|why| (skipped.line, why));
        let mut name = None;
        match words {
            ["end"] => skipped.depth -= 1,
            ["config", path @ ..] => {
                skipped.depth += 1;
                // Settings inside of an entry have one word: this is a table whose `end` is missing before it.
                if path.len() != 1 {
                    doubt = doubt.or(Some((line, "a table inside another".to_owned())));
                }
            }
            ["edit", key] if skipped.depth == 0 => name = Some((*key).to_owned()),
            ["set", "status", "enable"] if skipped.sdwan => {
                doubt = Some((line, "zones of SD-WAN are not modelled".to_owned()));
            }
            _ => {}
        }
        if let Some((line, why)) = doubt {
            self.report.add(line, why);
        }
        if let Some(name) = name {
            self.vdom().foreign.insert(name);
        }
    }

    fn in_table(&mut self, line: usize, table: Table, words: &[&str]) {
        match words {
            ["edit", name] => {
                let Some(key) = self.key(table, name, true) else {
                    return self
                        .report
                        .add(line, format!("`{name}` is not the number of an entry"));
                };
                let mut entry = self.vdom().open(table, &key).cloned().unwrap_or_default();
                entry.line = line;
                self.frames.push(Frame::Entry(table, key, entry));
            }
            ["delete", names @ ..] if !names.is_empty() => {
                for name in names {
                    let refusal = match self.key(table, name, false) {
                        Some(key) => self.vdom().delete(table, &key),
                        None => Some(format!("`{name}` is not the number of an entry")),
                    };
                    if let Some(why) = refusal {
                        self.report.add(line, why);
                    }
                }
            }
            ["move", name, side @ ("before" | "after"), other] if table.is_ordered() => {
                let number = |name: &str| name.parse::<u64>().ok();
                let refusal = match (number(name), number(other)) {
                    (Some(id), Some(other)) => self.vdom().shift(table, id, *side == "before", other),
                    _ => Some("not numbers of entries".to_owned()),
                };
                if let Some(why) = refusal {
                    self.report.add(line, why);
                }
            }
            _ => self.unknown(line),
        }
    }

    fn key(&mut self, table: Table, name: &str, new: bool) -> Option<Key> {
        if !table.is_ordered() {
            return Some(Key::Name(name.to_owned()));
        }
        let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        match name.parse().ok().filter(|_| digits)? {
            0 if new => Some(Key::Number(self.vdom().free_number(table))),
            id => Some(Key::Number(id)),
        }
    }

    fn in_entry(&mut self, line: usize, words: &[&str]) {
        match words {
            ["next"] => self.commit(),
            ["end"] => {
                self.commit();
                self.frames.pop();
            }
            // Tags are a register of their own.
            ["config", path @ ..] => {
                let doubt = (path != ["tagging"]).then(|| "these settings are not modelled".to_owned());
                self.frames.push(Frame::Skipped(Skipped {
                    line,
                    depth: 0,
                    doubt,
                    sdwan: false,
                }));
            }
            ["set" | "select", field, values @ ..] if !values.is_empty() => {
                self.set(line, field, values, false)
            }
            ["append", field, values @ ..] if !values.is_empty() => self.set(line, field, values, true),
            ["unselect", field, values @ ..] if !values.is_empty() => self.unselect(line, field, values),
            ["unset" | "clear", field] => {
                if let Some(Frame::Entry(_, _, entry)) = self.frames.last_mut() {
                    entry.fields.remove(*field);
                }
            }
            _ => self.unknown(line),
        }
    }

    fn commit(&mut self) {
        if let Some(Frame::Entry(table, key, entry)) = self.frames.pop() {
            for (line, why) in self.vdom().commit(table, key, entry) {
                self.report.add(line, why);
            }
        }
    }

    fn set(&mut self, line: usize, field: &str, values: &[&str], append: bool) {
        let Some(Frame::Entry(table, _, entry)) = self.frames.last_mut() else {
            return;
        };
        if !is_known(*table, field) {
            self.report.add(line, format!("unknown field `{field}`"));
        }
        if let Some(why) = table.refusal(entry, field) {
            self.report.add(line, why);
        }
        let set = entry.fields.entry(field.to_owned()).or_insert_with(|| Field {
            line,
            values: Vec::new(),
        });
        set.line = line;
        if !append {
            set.values.clear();
        }
        set.values.extend(values.iter().map(|value| (*value).to_owned()));
        // What was right for the old type or protocol may be wrong for the new one.
        if matches!(field, "type" | "protocol") {
            let refused: Vec<String> = entry
                .fields
                .keys()
                .filter_map(|field| table.refusal(entry, field))
                .collect();
            for why in refused {
                self.report.add(line, why);
            }
        }
    }

    fn unselect(&mut self, line: usize, field: &str, values: &[&str]) {
        let Some(Frame::Entry(_, _, entry)) = self.frames.last_mut() else {
            return;
        };
        let mut members = entry.list(field).to_vec();
        for value in values {
            if !members.iter().any(|member| member == value) {
                self.report.add(line, format!("`{value}` is no member"));
            }
            members.retain(|member| member != value);
        }
        entry.fields.insert(
            field.to_owned(),
            Field {
                line,
                values: members,
            },
        );
    }
}
