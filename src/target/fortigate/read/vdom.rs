//! The tables of a VDOM, and what FortiOS checks before it changes them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::entry::Entry;
use super::predefined;
use super::sequence::Sequence;
use super::table::{Space, Table};
use super::words::Word;

/// The longest name of an interface. Zones may have longer ones.
const INTERFACE_NAME: usize = 15;

/// Entries with numbers, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub struct Ordered<'t> {
    entries: BTreeMap<u64, Entry<'t>>,
    order: Sequence,
}

impl<'t> Ordered<'t> {
    /// The entries in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<'t>> {
        self.order.iter().filter_map(|id| self.entries.get(&id))
    }

    /// The number that `edit 0` takes.
    pub fn free(&self) -> u64 {
        self.entries
            .keys()
            .next_back()
            .map_or(1, |last| last.saturating_add(1))
    }
}

/// What an entry is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key<'t> {
    /// By a name.
    Name(Word<'t>),
    /// By a number.
    Number(u64),
}

/// A VDOM. Built-in objects are not in its tables.
#[derive(Clone, Debug, Default)]
pub struct Vdom<'t> {
    named: FxHashMap<Table, FxHashMap<Word<'t>, Entry<'t>>>,
    ordered: BTreeMap<Table, Ordered<'t>>,
    /// How many entries refer to a name.
    uses: FxHashMap<(Space, Word<'t>), usize>,
    /// The zone of each interface that is in one.
    zones: BTreeMap<Word<'t>, Word<'t>>,
    /// The numbers of policies by name: FortiOS wants names to differ.
    policy_names: BTreeMap<Word<'t>, u64>,
    /// Names of objects in tables that are not modelled: known, whatever they are.
    pub foreign: BTreeSet<Word<'t>>,
}

impl<'t> Vdom<'t> {
    /// An entry of a table with names.
    pub fn find(&self, table: Table, name: &str) -> Option<&Entry<'t>> {
        self.named.get(&table)?.get(name)
    }

    /// The entries of a table with names, in no order.
    pub fn all(&self, table: Table) -> impl Iterator<Item = &Entry<'t>> {
        self.named.get(&table).into_iter().flat_map(FxHashMap::values)
    }

    /// The entry that `edit` opens.
    pub fn open(&self, table: Table, key: &Key) -> Option<&Entry<'t>> {
        match key {
            Key::Name(name) => self.find(table, name),
            Key::Number(id) => self.ordered.get(&table)?.entries.get(id),
        }
    }

    /// The entries of a table with numbers, in order.
    pub fn in_order(&self, table: Table) -> impl Iterator<Item = &Entry<'t>> {
        self.ordered.get(&table).into_iter().flat_map(Ordered::iter)
    }

    /// The number that `edit 0` takes in a table.
    pub fn free_number(&self, table: Table) -> u64 {
        self.ordered.get(&table).map_or(1, Ordered::free)
    }

    /// The zones by name.
    pub fn zones(&self) -> BTreeMap<&str, &Entry<'t>> {
        let zones = self.named.get(&Table::Zone).into_iter().flatten();
        zones.map(|(name, zone)| (&**name, zone)).collect()
    }

    /// True where some packet is decided here.
    pub fn has_policies(&self) -> bool {
        self.ordered.values().any(|table| !table.order.is_empty())
    }

    /// True where nothing was defined.
    pub fn is_empty(&self) -> bool {
        !self.has_policies() && self.named.values().all(FxHashMap::is_empty)
    }

    /// Stores an entry. Returns why FortiOS would refuse it, if it would.
    pub fn commit(&mut self, table: Table, key: Key<'t>, entry: Entry<'t>) -> Vec<(usize, String)> {
        self.forget(table, &key);
        let mut refusals = self.missing(table, &entry);
        match &key {
            Key::Name(name) if table == Table::Zone => refusals.extend(self.join(name, &entry)),
            Key::Name(name) => refusals.extend(self.other_kind(table, name, &entry)),
            Key::Number(id) => refusals.extend(self.take_name(*id, &entry)),
        }
        for name in referred(table, &entry) {
            *self.uses.entry(name).or_default() += 1;
        }
        match key {
            Key::Name(name) => {
                self.named.entry(table).or_default().insert(name, entry);
            }
            Key::Number(id) => {
                let ordered = self.ordered.entry(table).or_default();
                if ordered.entries.insert(id, entry).is_none() {
                    ordered.order.push(id);
                }
            }
        }
        refusals
    }

    /// Deletes an entry. What is not there is nothing to delete. Returns why FortiOS would refuse to.
    pub fn delete(&mut self, table: Table, key: &Key<'t>) -> Option<String> {
        if let (Key::Name(name), Some(space)) = (key, table.space())
            && self.open(table, key).is_some()
            && self
                .uses
                .get(&(space, name.clone()))
                .is_some_and(|uses| *uses > 0)
        {
            return Some(format!("`{name}` is deleted while it is used"));
        }
        if let Key::Name(name) = key
            && predefined_in(table, name)
        {
            return Some(format!("`{name}` is built in"));
        }
        self.forget(table, key);
        match key {
            Key::Name(name) => {
                self.named.get_mut(&table)?.remove(name);
            }
            Key::Number(id) => {
                let ordered = self.ordered.get_mut(&table)?;
                ordered.entries.remove(id)?;
                ordered.order.remove(*id);
            }
        }
        None
    }

    /// Moves an entry next to another. Returns why FortiOS would refuse to.
    pub fn shift(&mut self, table: Table, id: u64, before: bool, other: u64) -> Option<String> {
        let ordered = self.ordered.entry(table).or_default();
        if let Some(absent) = [id, other].into_iter().find(|id| !ordered.order.contains(*id)) {
            return Some(format!("there is no entry {absent}"));
        }
        if id == other {
            return Some("an entry is moved next to itself".to_owned());
        }
        ordered.order.shift(id, before, other);
        None
    }

    /// Takes back what the entry of this key says of others.
    fn forget(&mut self, table: Table, key: &Key<'t>) {
        let Some(entry) = self.open(table, key).cloned() else {
            return;
        };
        for name in referred(table, &entry) {
            if let Some(uses) = self.uses.get_mut(&name) {
                *uses = uses.saturating_sub(1);
            }
        }
        if let (Table::Zone, Key::Name(zone)) = (table, key) {
            self.zones.retain(|_, known| known != zone);
        }
        if let Key::Number(id) = key {
            let name = entry.list("name").first();
            if let Some(name) = name.filter(|name| self.policy_names.get(*name) == Some(id)) {
                self.policy_names.remove(name);
            }
        }
    }

    /// What the entry refers to and the VDOM does not have.
    fn missing(&self, table: Table, entry: &Entry) -> Vec<(usize, String)> {
        let mut missing = Vec::new();
        for (field, space) in table.references() {
            let Some(set) = entry.field(field) else {
                continue;
            };
            if *space == Space::Interfaces
                && set.values.len() > 1
                && set.values.iter().any(|name| name == "any")
            {
                missing.push((set.line, "`any` stands alone".to_owned()));
            }
            for name in &set.values {
                if let Some(why) = self.absence(*space, name) {
                    missing.push((set.line, why));
                }
            }
        }
        missing
    }

    fn absence(&self, space: Space, name: &str) -> Option<String> {
        let named = |table| self.find(table, name).is_some();
        let (known, what) = match space {
            Space::Addresses(family) => (
                named(Table::Address(family))
                    || named(Table::AddressGroup(family))
                    || predefined::address(family, name).is_some(),
                "address",
            ),
            Space::Services => (
                named(Table::Service) || named(Table::ServiceGroup) || predefined::service(name).is_some(),
                "service",
            ),
            Space::Interfaces => {
                if let Some(zone) = self.zones.get(name) {
                    return Some(format!(
                        "interface `{name}` is in zone `{zone}`, which is to be named"
                    ));
                }
                // Which interfaces a unit has is not in the text.
                (named(Table::Zone) || name.len() <= INTERFACE_NAME, "zone")
            }
        };
        (!known && !self.foreign.contains(name)).then(|| format!("there is no {what} `{name}`"))
    }

    /// The interfaces of a zone join it.
    fn join(&mut self, zone: &Word<'t>, entry: &Entry<'t>) -> Vec<(usize, String)> {
        let line = entry.line_of("interface");
        let mut refusals = Vec::new();
        if zone == "any" {
            refusals.push((entry.line, "`any` is no name for a zone".to_owned()));
        }
        for member in entry.list("interface") {
            if let Some(other) = self.zones.insert(member.clone(), zone.clone()) {
                refusals.push((line, format!("interface `{member}` is in zone `{other}`")));
            }
            let named = (Space::Interfaces, member.clone());
            if self.uses.get(&named).is_some_and(|uses| *uses > 0) {
                refusals.push((line, format!("a policy names interface `{member}`")));
            }
            if member.len() > INTERFACE_NAME || self.find(Table::Zone, member).is_some() {
                refusals.push((line, format!("there is no interface `{member}`")));
            }
        }
        refusals
    }

    /// An object and a group of one name.
    fn other_kind(&self, table: Table, name: &str, entry: &Entry) -> Option<(usize, String)> {
        let other = match table {
            Table::Address(family) => Table::AddressGroup(family),
            Table::AddressGroup(family) => Table::Address(family),
            Table::Service => Table::ServiceGroup,
            Table::ServiceGroup => Table::Service,
            _ => return None,
        };
        let group = matches!(table, Table::AddressGroup(_) | Table::ServiceGroup);
        let taken = self.find(other, name).is_some() || (group && predefined_in(other, name));
        taken.then(|| (entry.line, format!("`{name}` is an object and a group")))
    }

    fn take_name(&mut self, id: u64, entry: &Entry<'t>) -> Option<(usize, String)> {
        let name = entry.list("name").first().filter(|name| !name.is_empty())?;
        let taken = self.policy_names.get(name).is_some_and(|other| *other != id);
        self.policy_names.insert(name.clone(), id);
        taken.then(|| (entry.line_of("name"), format!("another policy is named `{name}`")))
    }
}

fn referred<'t>(table: Table, entry: &Entry<'t>) -> Vec<(Space, Word<'t>)> {
    let fields = table.references().iter();
    fields
        .flat_map(|(field, space)| entry.list(field).iter().map(|name| (*space, name.clone())))
        .collect()
}

fn predefined_in(table: Table, name: &str) -> bool {
    match table {
        Table::Address(family) => predefined::address(family, name).is_some(),
        Table::Service => predefined::service(name).is_some(),
        _ => false,
    }
}
