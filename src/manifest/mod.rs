//! `septum.yaml`: what belongs to a policy repository, and how it is checked and built.
//!
//! ```yaml
//! name: st-elsewhere
//! policies: ["**/*.sept"]
//! inventory:
//!   - devices.yaml
//!   - file: cmms.csv
//!     columns: { name: Hostname }
//! checks:
//!   any-service: error
//! ```
//!
//! The manifest does not know which platforms, checks or labels exist: it keeps names with their spans,
//! and who knows them judges them.

mod path;
mod read;

pub use read::read;

use crate::source::Span;
use crate::syntax::tree::Spanned;

/// The file name of a manifest, at the root of a policy repository.
pub const FILE_NAME: &str = "septum.yaml";

/// A policy repository as its `septum.yaml` describes it. All paths are relative to it, inside it, and
/// separated by `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What the repository is called.
    pub name: Option<Spanned<String>>,
    /// Globs of policy files; `**/*.sept` where the file says nothing.
    pub policies: Vec<Spanned<String>>,
    /// Inventory files, in order.
    pub inventory: Vec<InventoryFile>,
    /// Platform -> template that replaces the shipped one.
    pub templates: Vec<Setting<Spanned<String>>>,
    /// Platform -> capability file that replaces the shipped one.
    pub capabilities: Vec<Setting<Spanned<String>>>,
    /// Check -> how it is run.
    pub checks: Vec<Setting<CheckSetting>>,
    /// Role -> the labels that play it.
    pub labels: Vec<Setting<Vec<Spanned<String>>>>,
    /// What comments in configurations say of where a rule is written; its line where the file says nothing.
    pub comments: Comments,
    /// The folder that builds are written to; `build` where the file says nothing.
    pub output: Spanned<String>,
}

impl Manifest {
    /// The manifest of a repository whose `septum.yaml` says nothing; `nowhere` stands for its defaults.
    pub fn empty(nowhere: Span) -> Self {
        let default = |text: &str| Spanned {
            value: text.to_owned(),
            span: nowhere,
        };
        Self {
            name: None,
            policies: vec![default("**/*.sept")],
            inventory: Vec::new(),
            templates: Vec::new(),
            capabilities: Vec::new(),
            checks: Vec::new(),
            labels: Vec::new(),
            comments: Comments::default(),
            output: default("build"),
        }
    }
}

/// One line of a map whose keys are names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The key. No key repeats.
    pub name: Spanned<String>,
    /// Its value.
    pub value: T,
}

/// The value of the setting called `name`.
pub fn find<'a, T>(settings: &'a [Setting<T>], name: &str) -> Option<&'a T> {
    settings
        .iter()
        .find(|setting| setting.name.value == name)
        .map(|setting| &setting.value)
}

/// An inventory file, and how its columns are called where they are called otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryFile {
    /// Its path.
    pub path: Spanned<String>,
    /// How to read it, if it is CSV.
    pub columns: crate::inventory::csv::Columns,
}

/// What comments in configurations say of where a rule is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comments {
    /// Its file and line.
    #[default]
    Lines,
    /// Its file.
    Files,
}

/// How loud a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It is not run.
    Allow,
    /// Its findings are warnings.
    Warn,
    /// Its findings are errors.
    Error,
}

/// How a check is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSetting {
    /// How loud it is; the check's own default where absent.
    pub level: Option<Spanned<Level>>,
    /// Its options, in order.
    pub options: Vec<Setting<OptionValue>>,
}

/// The value of a check's option. A number is text as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// One text.
    Text(Spanned<String>),
    /// A list of texts.
    List(Vec<Spanned<String>>, Span),
}
