//! What `septum.yaml` can set for a check.

/// The key of options that list services by name.
pub(super) const SERVICES: &str = "services";

/// One option of a check.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Its key.
    pub name: &'static str,
    /// Its type, and what holds where the file says nothing.
    pub default: OptionDefault,
    /// One line.
    pub meaning: &'static str,
}

/// The default of an option, which also tells its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionDefault {
    /// A whole number.
    Number(u32),
    /// One text, possibly empty.
    Text(&'static str),
    /// A list of texts.
    List(&'static [&'static str]),
}

impl OptionDefault {
    /// As `septum explain` shows it.
    pub fn shown(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text("") => "nothing".to_owned(),
            Self::Text(text) => text.to_owned(),
            Self::List(list) => format!("[{}]", list.join(", ")),
        }
    }
}
