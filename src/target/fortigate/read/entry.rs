//! An entry of a table as it was typed.

use std::collections::BTreeMap;

use super::report::Doubt;

/// What a field was set to, and where.
#[derive(Clone, Debug)]
pub struct Field {
    pub line: usize,
    pub values: Vec<String>,
}

/// An entry: its fields by name. A field that is absent has its default.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The line of the last `edit`.
    pub line: usize,
    pub fields: BTreeMap<String, Field>,
}

impl Entry {
    /// The values of a list; empty where it is not set.
    pub fn list(&self, field: &str) -> &[String] {
        self.fields
            .get(field)
            .map_or(&[], |field| field.values.as_slice())
    }

    /// The value of a field that takes one; its default where it is not set.
    pub fn one<'e>(&'e self, field: &str, default: &'e str) -> Result<&'e str, Doubt> {
        match self.list(field) {
            [] => Ok(default),
            [value] => Ok(value),
            _ => Err((self.line_of(field), format!("`{field}` takes one value"))),
        }
    }

    /// `enable` or `disable`, which is the default but for `status`.
    pub fn enabled(&self, field: &str) -> Result<bool, Doubt> {
        let default = if field == "status" { "enable" } else { "disable" };
        match self.one(field, default)? {
            "enable" => Ok(true),
            "disable" => Ok(false),
            _ => Err((
                self.line_of(field),
                format!("`{field}` is neither enable nor disable"),
            )),
        }
    }

    /// The line of a field, or of the entry where it is not set.
    pub fn line_of(&self, field: &str) -> usize {
        self.fields.get(field).map_or(self.line, |field| field.line)
    }
}
