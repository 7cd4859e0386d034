//! Facts about the user's input, collected by every pass and rendered at the end.
//!
//! A [`Diagnostic`] says something about a policy. It is never an error of the tool: those are
//! `thiserror` enums of the module that failed.

mod fingerprint;
pub mod github;
pub mod json;
pub mod junit;
mod place;
pub mod quote;
mod remove;
pub mod report;
pub mod sarif;
pub mod suggest;
pub mod text;

use crate::source::Span;

pub use fingerprint::fingerprints;
pub use remove::without;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Note,
    /// Should be looked at; fails a run only under `--deny warnings`.
    Warning,
    /// Must be fixed.
    Error,
}

impl Severity {
    /// The word shown to users.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place a diagnostic points at, with what is to be said there (may be empty).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// Said beside the underline.
    pub message: String,
}

/// A text edit that would fix what a diagnostic is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What to replace; an empty span inserts.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// A titled line under the source excerpt, such as `example: tcp 10.0.0.1:49152 -> 10.1.0.1:443`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Shown before the colon: `example`, `devices`, `note`.
    pub title: &'static str,
    /// One line.
    pub text: String,
}

/// One fact about the user's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Kebab-case name, also the SARIF rule id: `unknown-name`, `dead-rule`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence, lower case, without full stop, user input in backticks.
    pub message: String,
    /// The place it is about. None for what no file says.
    pub primary: Option<Label>,
    /// Related places.
    pub secondary: Vec<Label>,
    /// The related places are the steps of one path, in order.
    pub chain: bool,
    /// Titled lines below the excerpt, in order.
    pub notes: Vec<Note>,
    /// What to do about it.
    pub help: Option<String>,
    /// The mechanical fix, where there is one.
    pub edit: Option<Edit>,
}

impl Diagnostic {
    /// A diagnostic of the given severity without a place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            chain: false,
            notes: Vec::new(),
            help: None,
            edit: None,
        }
    }

    /// An error at `span`.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message).at(span, "")
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message).at(span, "")
    }

    /// Sets the primary place.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Self {
        self.primary = Some(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Adds a related place.
    #[must_use]
    pub fn with(mut self, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Says that the related places are the steps of one path, in order.
    #[must_use]
    pub fn chain(mut self) -> Self {
        self.chain = true;
        self
    }

    /// Adds a titled line.
    #[must_use]
    pub fn note(mut self, title: &'static str, text: impl Into<String>) -> Self {
        self.notes.push(Note {
            title,
            text: text.into(),
        });
        self
    }

    /// Sets the help text.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the mechanical fix.
    #[must_use]
    pub fn edit(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.edit = Some(Edit {
            span,
            replacement: replacement.into(),
        });
        self
    }

    /// All it says apart from places: the message, then notes and help, a line each.
    fn in_words(&self) -> String {
        let mut words = self.message.clone();
        for note in &self.notes {
            words.push_str(&format!("\n{}: {}", note.title, note.text));
        }
        if let Some(help) = &self.help {
            words.push_str(&format!("\nhelp: {help}"));
        }
        words
    }

    /// Adds `did you mean` for `wrong`, if one of `known` is near it.
    #[must_use]
    pub fn did_you_mean<'a>(self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match suggest::nearest(wrong, known) {
            Some(name) => self.meant(name),
            None => self,
        }
    }

    /// Offers a text in place of what the diagnostic is about.
    #[must_use]
    pub fn meant(self, text: &str) -> Self {
        let span = self.primary.as_ref().map(|label| label.span);
        let with_help = self.help(format!("did you mean `{text}`?"));
        match span {
            Some(span) => with_help.edit(span, text),
            None => with_help,
        }
    }
}

/// The worst severity of a list.
pub fn worst(diagnostics: &[Diagnostic]) -> Option<Severity> {
    diagnostics.iter().map(|d| d.severity).max()
}

/// Sorts by place, then code, and drops exact repetitions: the order users see.
pub fn in_reading_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| d.primary.as_ref().map(|label| label.span);
        (key(a), a.code, &a.message).cmp(&(key(b), b.code, &b.message))
    });
    diagnostics.dedup();
    diagnostics
}
