//! FortiGate (FortiOS 7.x): commands typed one after the other. Each `next` and `end` takes effect at once.

mod lex;
mod schema;
#[cfg(test)]
mod tests;
mod vdom;

use std::collections::{BTreeMap, BTreeSet};

use septum::packet::Packet;

pub use self::lex::{Command, commands};
use self::vdom::{Entry, Vdom, local_table};
use super::{ReadError, Verdict};

/// Where the next command is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Frame {
    /// `config vdom`, and the VDOM whose `edit` is open.
    Vdoms(Option<String>),
    Global,
    /// `config system global` and the like, whose settings decide about no packet.
    Settings,
    Table(String),
    Entry(String, Entry),
}

/// A FortiGate with the interfaces that it is built with.
#[derive(Clone, Debug)]
pub struct FortiDevice {
    interfaces: BTreeSet<String>,
    vdoms: BTreeMap<String, Vdom>,
    frames: Vec<Frame>,
}

impl FortiDevice {
    /// A factory device with one VDOM, `root`.
    pub fn new(interfaces: &[&str]) -> Self {
        Self {
            interfaces: interfaces.iter().map(|name| (*name).to_owned()).collect(),
            vdoms: BTreeMap::from([("root".to_owned(), Vdom::factory())]),
            frames: Vec::new(),
        }
    }

    /// Types the text. The first bad command ends it; what came before has taken effect.
    pub fn apply(&mut self, text: &str) -> Result<(), ReadError> {
        let commands = commands(text)?;
        self.apply_commands(commands, |_, _| {})?;
        if self.frames.is_empty() {
            return Ok(());
        }
        let last = text.lines().count();
        self.frames.clear();
        Err(ReadError::at(last, "a `config` is not ended"))
    }

    /// Types commands, and calls `observe` after each of them: what the device does in between. Changes are seen
    /// from the `next`, `end`, `delete` or `move` that makes them.
    pub fn apply_commands(
        &mut self,
        commands: impl IntoIterator<Item = Command>,
        mut observe: impl FnMut(&Self, &Command),
    ) -> Result<(), ReadError> {
        for command in commands {
            // Only these change tables: what they break is put back.
            let changes = command
                .words
                .first()
                .is_some_and(|word| word != "set" && word != "config");
            let before = changes.then(|| (self.vdoms.clone(), self.interfaces.clone()));
            if let Err(message) = self.command(&command) {
                if let Some(before) = before {
                    (self.vdoms, self.interfaces) = before;
                }
                self.frames.clear();
                return Err(ReadError::at(command.line, message));
            }
            observe(self, &command);
        }
        Ok(())
    }

    /// What the device does with a packet that it routes from one interface to another, in VDOM `root`.
    pub fn forward(&self, in_interface: &str, out_interface: &str, packet: &Packet) -> Verdict {
        self.forward_in_vdom("root", in_interface, out_interface, packet)
    }

    /// The first policy in list order that matches decides. Else traffic inside a zone that says
    /// `intrazone allow` is let through; all the rest meets the implicit deny.
    pub fn forward_in_vdom(&self, vdom: &str, from: &str, to: &str, packet: &Packet) -> Verdict {
        let Some(vdom) = self.vdoms.get(vdom) else {
            return Verdict::Deny;
        };
        for policy in vdom.entries("firewall policy") {
            let interfaces = vdom.interface_matches(policy.list("srcintf"), from)
                && vdom.interface_matches(policy.list("dstintf"), to);
            if interfaces && vdom.policy_matches(policy, Some(packet)) == Ok(true) {
                return action(policy);
            }
        }
        let zone = vdom.zone_of(from);
        let intrazone = zone.is_some_and(|zone| {
            vdom.zone_of(to) == Some(zone) && zone.value("system zone", "intrazone") == "allow"
        });
        if intrazone { Verdict::Permit } else { Verdict::Deny }
    }

    /// What local-in policies say of a packet to the device itself; `None` where none matches, and the
    /// interface's `allowaccess` decides.
    pub fn local_in(&self, interface: &str, packet: &Packet) -> Option<Verdict> {
        let v6 = packet.source.is_ipv6();
        let vdom = self.vdoms.get("root")?;
        vdom.entries(local_table(v6))
            .iter()
            .find(|policy| {
                vdom.interface_matches(policy.list("intf"), interface)
                    && vdom.local_matches(v6, policy, Some(packet)) == Ok(true)
            })
            .map(action)
    }

    /// Keys of a table of VDOM `root`, in list order.
    pub fn keys(&self, table: &str) -> Vec<&str> {
        let entries = self
            .vdoms
            .get("root")
            .map(|vdom| vdom.entries(table))
            .unwrap_or_default();
        entries.iter().map(|entry| entry.key.as_str()).collect()
    }

    fn vdom_name(&self) -> String {
        let chosen = self.frames.iter().find_map(|frame| match frame {
            Frame::Vdoms(Some(name)) => Some(name.clone()),
            _ => None,
        });
        chosen.unwrap_or_else(|| "root".to_owned())
    }

    fn table_mut(&mut self, table: &str) -> &mut Vec<Entry> {
        // The VDOM of a system interface is its own field: all of them are kept in root.
        let vdom = if table == "system interface" {
            "root".to_owned()
        } else {
            self.vdom_name()
        };
        let vdom = self.vdoms.entry(vdom).or_insert_with(Vdom::factory);
        vdom.tables.entry(table.to_owned()).or_default()
    }

    fn check(&self) -> Result<(), String> {
        self.vdoms
            .values()
            .try_for_each(|vdom| vdom.check(&self.interfaces))
    }

    fn command(&mut self, command: &Command) -> Result<(), String> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let unknown = || Err(format!("`{}` is not understood here", command.words.join(" ")));
        let frame = self.frames.last().cloned();
        match (frame, words.as_slice()) {
            (None | Some(Frame::Vdoms(Some(_)) | Frame::Global), ["config", path @ ..]) => self.config(path),
            (Some(Frame::Vdoms(None)), ["edit", name]) => {
                let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
                if name.is_empty() || !name.bytes().all(word) {
                    return Err(format!("`{name}` is not the name of a vdom"));
                }
                self.vdoms.entry((*name).to_owned()).or_insert_with(Vdom::factory);
                self.replace(Frame::Vdoms(Some((*name).to_owned())));
                Ok(())
            }
            (Some(Frame::Vdoms(Some(_))), ["next"]) => {
                self.replace(Frame::Vdoms(None));
                Ok(())
            }
            (Some(Frame::Vdoms(_) | Frame::Global | Frame::Settings | Frame::Table(_)), ["end"]) => {
                self.frames.pop();
                Ok(())
            }
            (Some(Frame::Settings), ["set", "hostname" | "alias" | "timezone", _]) => Ok(()),
            (Some(Frame::Table(table)), ["edit", key]) => self.edit(&table, key),
            (Some(Frame::Table(table)), ["delete", key]) => {
                let entries = self.table_mut(&table);
                let place = position(entries, key)?;
                entries.remove(place);
                self.check()
            }
            (Some(Frame::Table(table)), ["move", key, side @ ("before" | "after"), other]) => {
                let entries = self.table_mut(&table);
                let entry = entries.remove(position(entries, key)?);
                let place = position(entries, other)?;
                entries.insert(if *side == "before" { place } else { place + 1 }, entry);
                Ok(())
            }
            (Some(Frame::Entry(..)), ["set" | "select", field, values @ ..]) if !values.is_empty() => {
                self.set(field, values)
            }
            (Some(Frame::Entry(..)), ["append", field, values @ ..]) if !values.is_empty() => {
                let mut all: Vec<String> = self.open_entry()?.1.list(field).to_vec();
                for value in values.iter().filter(|value| !value.is_empty()) {
                    if !all.iter().any(|old| old == value) {
                        all.push((*value).to_owned());
                    }
                }
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                self.set(field, &all)
            }
            (Some(Frame::Entry(..)), ["unselect", field, values @ ..]) if !values.is_empty() => {
                let (_, entry) = self.open_entry()?;
                let list = entry
                    .fields
                    .get_mut(*field)
                    .ok_or_else(|| format!("`{field}` is not set"))?;
                for value in values {
                    let place = list.iter().position(|old| old == value);
                    list.remove(place.ok_or_else(|| format!("`{value}` is no member"))?);
                }
                Ok(())
            }
            (Some(Frame::Entry(table, mut entry)), ["unset", field]) => {
                known_field(&table, field)?;
                entry.fields.remove(*field);
                self.replace(Frame::Entry(table, entry));
                Ok(())
            }
            (Some(Frame::Entry(table, entry)), ["next"]) => self.commit(&table, entry),
            (Some(Frame::Entry(table, entry)), ["end"]) => {
                self.commit(&table, entry)?;
                self.frames.pop();
                Ok(())
            }
            (Some(Frame::Entry(..)), ["abort"]) => {
                self.frames.pop();
                self.frames.pop();
                Ok(())
            }
            _ => unknown(),
        }
    }

    fn replace(&mut self, frame: Frame) {
        self.frames.pop();
        self.frames.push(frame);
    }

    fn config(&mut self, path: &[&str]) -> Result<(), String> {
        let path = path.join(" ");
        let frame = match path.as_str() {
            "vdom" if self.frames.is_empty() => Frame::Vdoms(None),
            "global" if self.frames.is_empty() => Frame::Global,
            "system global" => Frame::Settings,
            _ if schema::of(&path).is_some() => Frame::Table(path),
            _ => return Err(format!("the table `{path}` is not understood")),
        };
        self.frames.push(frame);
        Ok(())
    }

    /// Opens an entry, which is new where the key is; `edit 0` takes the next free number.
    fn edit(&mut self, table: &str, key: &str) -> Result<(), String> {
        let schema = schema::of(table).ok_or("no such table")?;
        let entries = self.table_mut(table);
        let key = if schema.numbered {
            let numbers = entries.iter().filter_map(|entry| entry.key.parse::<u64>().ok());
            let free = numbers.max().unwrap_or(0) + 1;
            match super::address::decimal::<u64>(key) {
                Some(0) => free.to_string(),
                Some(number) if number <= 4_294_967_294 => number.to_string(),
                _ => return Err(format!("`{key}` is not a number of a policy")),
            }
        } else {
            schema::check_name(key, schema.name_length)?;
            key.to_owned()
        };
        let entry = entries.iter().find(|entry| entry.key == key).cloned();
        let entry = entry.unwrap_or_else(|| Entry {
            key,
            fields: BTreeMap::new(),
        });
        self.frames.push(Frame::Entry(table.to_owned(), entry));
        Ok(())
    }

    fn open_entry(&mut self) -> Result<(String, &mut Entry), String> {
        match self.frames.last_mut() {
            Some(Frame::Entry(table, entry)) => Ok((table.clone(), entry)),
            _ => Err("no entry is open".to_owned()),
        }
    }

    /// `set` replaces the whole list.
    fn set(&mut self, field: &str, values: &[&str]) -> Result<(), String> {
        let (table, entry) = self.open_entry()?;
        known_field(&table, field)?;
        if let Some(length) = schema::field_length(&table, field) {
            let [text] = values else {
                return Err(format!("`{field}` takes one value: quotes are missing"));
            };
            if text.len() > length {
                return Err(format!("`{field}` holds at most {length} bytes"));
            }
            if text.contains(['<', '>']) {
                return Err(format!("`{field}` holds a character that FortiOS refuses"));
            }
            if field == "name" {
                schema::check_name(text, length)?;
            }
        }
        if let Some((decider, allowed)) = schema::needs(&table, field)
            && !allowed.contains(&entry.value(&table, decider))
        {
            return Err(format!("`{field}` needs another `{decider}`"));
        }
        entry.fields.insert(
            field.to_owned(),
            values.iter().map(|value| (*value).to_owned()).collect(),
        );
        Ok(())
    }

    /// Stores an entry, unless the device as a whole would make no sense.
    fn commit(&mut self, table: &str, entry: Entry) -> Result<(), String> {
        if table == "system interface" {
            self.interfaces.insert(entry.key.clone());
        }
        self.frames.pop();
        let entries = self.table_mut(table);
        match entries.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => *old = entry,
            None => entries.push(entry),
        }
        self.check()
    }
}

fn position(entries: &[Entry], key: &str) -> Result<usize, String> {
    let place = entries.iter().position(|entry| entry.key == key);
    place.ok_or_else(|| format!("there is no entry `{key}`"))
}

fn known_field(table: &str, field: &str) -> Result<(), String> {
    let known = schema::of(table).is_some_and(|schema| schema.fields.contains(&field));
    if known {
        Ok(())
    } else {
        Err(format!("the field `{field}` is not understood"))
    }
}

/// No `set action` means deny.
fn action(policy: &Entry) -> Verdict {
    match policy.value("firewall policy", "action") {
        "accept" => Verdict::Permit,
        _ => Verdict::Deny,
    }
}
