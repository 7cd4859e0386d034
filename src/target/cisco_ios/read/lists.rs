//! Access lists by name. Those of IPv4 and IPv6 and standard ones share one space of names: the device refuses a
//! second list of a name (Catalyst Software Configuration Guide, Configuring IPv6 ACLs).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keyword::number;
use super::list::List;
use crate::packet::Family;

/// All lists.
#[derive(Debug, Default)]
pub struct Lists {
    by_name: BTreeMap<String, Named>,
}

/// What a name is of.
#[derive(Debug)]
enum Named {
    /// An extended list of addresses.
    Extended(Family, Arc<List>),
    /// Another list: a standard one, one of MAC addresses.
    Other,
}

impl Lists {
    /// Opens an extended list, which may be new.
    ///
    /// # Errors
    /// When the name is no name for one, or is that of a list of another kind.
    pub fn open(&mut self, family: Family, name: &str) -> Result<(), String> {
        if is_number(name) && !(family == Family::V4 && is_extended(name)) {
            return Err(format!("`{name}` is no number of an extended list"));
        }
        let new = || Named::Extended(family, Arc::new(List::new(family)));
        match self.by_name.entry(name.to_owned()).or_insert_with(new) {
            Named::Extended(known, _) if *known == family => Ok(()),
            _ => Err(taken(name)),
        }
    }

    /// Opens a list of another kind.
    ///
    /// # Errors
    /// When the name is that of an extended list.
    pub fn open_other(&mut self, name: &str) -> Result<(), String> {
        match self.by_name.entry(name.to_owned()).or_insert(Named::Other) {
            Named::Other => Ok(()),
            Named::Extended(..) => Err(taken(name)),
        }
    }

    /// Removes an extended list of a family, or where there is none given, a list of any other kind.
    pub fn remove(&mut self, kind: Option<Family>, name: &str) {
        let found = match self.by_name.get(name) {
            Some(Named::Extended(family, _)) => kind == Some(*family),
            Some(Named::Other) => kind.is_none(),
            None => false,
        };
        if found {
            self.by_name.remove(name);
        }
    }

    /// An extended list that is open.
    pub fn get_mut(&mut self, family: Family, name: &str) -> Option<&mut List> {
        match self.by_name.get_mut(name)? {
            Named::Extended(known, list) if *known == family => Some(Arc::make_mut(list)),
            _ => None,
        }
    }

    /// The list that an interface names; none where it is undefined.
    ///
    /// # Errors
    /// When the name is that of a list of another kind, or no name of a list.
    pub fn find(&self, family: Family, name: &str) -> Result<Option<&Arc<List>>, String> {
        match self.by_name.get(name) {
            None if is_number(name) && name.starts_with('0') => {
                Err(format!("`{name}` is no number of a list"))
            }
            None => Ok(None),
            Some(Named::Extended(known, list)) if *known == family => Ok(Some(list)),
            Some(_) => Err(format!("list {name} is not an extended {} list", family.name())),
        }
    }
}

fn taken(name: &str) -> String {
    format!("a list of another kind is named `{name}`")
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

/// True for the number of an extended list of IPv4.
pub fn is_extended(name: &str) -> bool {
    let number = number(name).filter(|_| !name.starts_with('0'));
    number.is_some_and(|id: u16| matches!(id, 100..=199 | 2000..=2699))
}
