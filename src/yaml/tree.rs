//! A YAML document as a tree. Scalars are text: what a text means is for the reader of the file to say.

use std::borrow::Cow;

use crate::source::Span;

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node<'t> {
    /// What was written.
    pub value: Value<'t>,
    /// Where. Quoted text includes its quotes; the span of an absent value is empty.
    pub span: Span,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'t> {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar of any other kind, as it is spelled.
    Text(Cow<'t, str>),
    /// A sequence.
    List(Vec<Node<'t>>),
    /// A mapping, in order. No key repeats.
    Map(Vec<Entry<'t>>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'t> {
    /// The key.
    pub key: Cow<'t, str>,
    /// Where the key was written.
    pub key_span: Span,
    /// Its value.
    pub value: Node<'t>,
}

impl Value<'_> {
    /// What this is called in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl Entry<'_> {
    /// Where to point for the value: the value, or the key of an absent one.
    pub fn place(&self) -> Span {
        if self.value.span.start < self.value.span.end {
            self.value.span
        } else {
            self.key_span
        }
    }
}
