//! An entry of a table as it was typed.

use super::report::Doubt;
use super::words::Word;

/// What a field was set to, and where.
#[derive(Clone, Debug)]
pub struct Field<'t> {
    pub name: Word<'t>,
    pub line: usize,
    pub values: Vec<Word<'t>>,
}

/// An entry: its fields, each once. A field that is absent has its default.
#[derive(Clone, Debug, Default)]
pub struct Entry<'t> {
    /// The line of the last `edit`.
    pub line: usize,
    /// By name: a list, since an entry has few and there may be many entries.
    pub fields: Vec<Field<'t>>,
}

impl<'t> Entry<'t> {
    /// A field, if it is set.
    pub fn field(&self, name: &str) -> Option<&Field<'t>> {
        self.place(name).ok().and_then(|at| self.fields.get(at))
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.fields.binary_search_by(|field| (*field.name).cmp(name))
    }

    /// Sets a field, or adds to its values.
    pub fn set(&mut self, name: &Word<'t>, line: usize, values: &[Word<'t>], append: bool) {
        let at = self.place(name).unwrap_or_else(|at| {
            let (name, values) = (name.clone(), Vec::new());
            self.fields.insert(at, Field { name, line, values });
            at
        });
        if let Some(field) = self.fields.get_mut(at) {
            field.line = line;
            if !append {
                field.values.clear();
            }
            field.values.extend_from_slice(values);
        }
    }

    /// Gives a field its default.
    pub fn unset(&mut self, name: &str) {
        self.fields.retain(|field| field.name != name);
    }

    /// The values of a list; empty where it is not set.
    pub fn list(&self, field: &str) -> &[Word<'t>] {
        self.field(field).map_or(&[], |field| field.values.as_slice())
    }

    /// The value of a field that takes one; its default where it is not set.
    pub fn one<'e>(&'e self, field: &str, default: &'e str) -> Result<&'e str, Doubt> {
        match self.list(field) {
            [] => Ok(default),
            [value] => Ok(&**value),
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
        self.field(field).map_or(self.line, |field| field.line)
    }
}
