//! From parser events to a tree, within bounds that hostile input cannot pass.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::granit_parser::{Event, Options, Parser, ScalarStyle, Span as Marks, StructureStyle, Tag};

use super::syntax_error;
use super::tree::{Entry, Node, Value};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::quote::quoted;
use crate::source::{FileId, Span};

/// How deep collections may nest.
pub(super) const MAX_DEPTH: usize = 64;
/// What aliases and merges may add in memory. Nine levels of ten aliases each ask for a billion nodes.
const MAX_COPIED_BYTES: usize = 64 << 20;
/// After so many mistakes nobody reads on.
pub(super) const MAX_DIAGNOSTICS: usize = 1_000;

/// How large a document may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Scalars (keys too), lists and maps.
    pub nodes: usize,
}

impl Limits {
    /// A file that people write by hand.
    pub const SETTINGS: Self = Self { nodes: 20_000 };
    /// A file of 100 000 devices with 40 nodes each.
    pub const INVENTORY: Self = Self { nodes: 4_000_000 };
}

/// Reads one document. No tree comes back where the text is not YAML or passes a limit; an empty text
/// is [`Value::Null`].
///
/// Repeated keys are errors at the repetition, and the first one counts. `<<` merges the maps it names.
pub fn read(file: FileId, text: &str, limits: Limits) -> (Option<Node<'_>>, Vec<Diagnostic>) {
    let mut options = Options::default();
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.set_emit_comments(false);
    let mut builder = Builder {
        file,
        limits,
        open: Vec::new(),
        root: None,
        documents: 0,
        anchors: BTreeMap::new(),
        nodes: 0,
        copied: 0,
        diagnostics: Vec::new(),
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, marks)) => builder.step(event, marks),
            Err(error) => {
                // `[a: b]` opens a map without a bracket of its own.
                let mut brackets = builder.open.iter().rev().map(|open| Span {
                    end: open.span.start.saturating_add(1),
                    ..open.span
                });
                let opened = brackets.find(|place| matches!(text.get(place.range()), Some("[" | "{")));
                Err(syntax_error::diagnostic(&error, file, text, opened).into())
            }
        };
        if let Err(fatal) = step {
            builder.diagnostics.push(*fatal);
            return (None, builder.diagnostics);
        }
        if builder.diagnostics.len() >= MAX_DIAGNOSTICS {
            return (None, builder.diagnostics);
        }
    }
    let root = builder.root.unwrap_or(Node {
        value: Value::Null,
        span: Span::new(file, 0, 0),
    });
    (Some(root), builder.diagnostics)
}

/// A collection whose end has not come yet.
struct Open<'t> {
    items: Items<'t>,
    /// From the opening to the last child so far.
    span: Span,
    anchor: usize,
    flow: bool,
}

enum Items<'t> {
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>, Key<'t>),
}

/// What a map waits for.
enum Key<'t> {
    /// A key.
    Next,
    /// The value of this key.
    Of(Cow<'t, str>, Span),
    /// The value of a key that was no text; the value is dropped.
    Bad,
}

struct Builder<'t> {
    file: FileId,
    limits: Limits,
    open: Vec<Open<'t>>,
    root: Option<Node<'t>>,
    documents: usize,
    anchors: BTreeMap<usize, Node<'t>>,
    nodes: usize,
    copied: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Builder<'t> {
    /// Takes one event; an error ends the reading.
    fn step(&mut self, event: Event<'t>, marks: Marks) -> Result<(), Box<Diagnostic>> {
        let span = self.place(&marks);
        let tag_span = marks.tag_span().map_or(span, |tag| self.place(&tag));
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(
                        Diagnostic::error("yaml-syntax", span, "a second document begins here")
                            .help("a file holds one document; remove this `---`")
                            .into(),
                    );
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(span)?;
                let plain = style == ScalarStyle::Plain && !self.is_text_by_tag(tag.as_deref(), tag_span);
                let value = match text.as_ref() {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
                    _ => Value::Text(text),
                };
                self.complete(Node { value, span }, anchor)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.count(span)?;
                self.is_text_by_tag(tag.as_deref(), tag_span);
                self.begin(Items::List(Vec::new()), span, anchor, style)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.count(span)?;
                self.is_text_by_tag(tag.as_deref(), tag_span);
                self.begin(Items::Map(Vec::new(), Key::Next), span, anchor, style)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    // The end of a block collection is where the next token starts, lines below.
                    let whole = if open.flow { open.span.to(span) } else { open.span };
                    let value = match open.items {
                        Items::List(items) => Value::List(items),
                        Items::Map(entries, _) => Value::Map(self.finished(entries)),
                    };
                    self.complete(Node { value, span: whole }, open.anchor)?;
                }
            }
            Event::Alias(id) => {
                let Some(target) = self.anchors.get(&id) else {
                    return Err(Diagnostic::error(
                        "yaml-syntax",
                        span,
                        "this alias stands inside the value that it names",
                    )
                    .into());
                };
                let copied = self.copied.saturating_add(weight(target));
                if copied > MAX_COPIED_BYTES {
                    return Err(too_many_copies(span));
                }
                let target = target.clone();
                self.copied = copied;
                self.complete(target, 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn place(&self, marks: &Marks) -> Span {
        match marks.byte_range() {
            Some(range) => Span::new(self.file, range.start, range.end),
            None => Span::new(self.file, 0, 0),
        }
    }

    fn count(&mut self, span: Span) -> Result<(), Box<Diagnostic>> {
        self.nodes += 1;
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("the file holds more than {} values", self.limits.nodes);
        Err(Diagnostic::error("yaml-limit", span, message)
            .help("split it into several files")
            .into())
    }

    /// Whether a tag says that a scalar is text; tags beyond YAML's own are reported.
    fn is_text_by_tag(&mut self, tag: Option<&Tag>, span: Span) -> bool {
        let Some(tag) = tag else { return false };
        match tag.core_suffix() {
            Some("str") => true,
            Some("null" | "bool" | "int" | "float" | "seq" | "map") => false,
            _ => {
                let message = format!("the tag {} is not supported", quoted(&tag.original()));
                self.diagnostics
                    .push(Diagnostic::error("yaml-syntax", span, message).help("remove it"));
                false
            }
        }
    }

    fn begin(
        &mut self,
        items: Items<'t>,
        span: Span,
        anchor: usize,
        style: StructureStyle,
    ) -> Result<(), Box<Diagnostic>> {
        if self.open.len() >= MAX_DEPTH {
            return Err(syntax_error::too_deep(span).into());
        }
        self.open.push(Open {
            items,
            span,
            anchor,
            flow: style == StructureStyle::Flow,
        });
        Ok(())
    }

    /// Hands a finished node to the collection around it.
    fn complete(&mut self, node: Node<'t>, anchor: usize) -> Result<(), Box<Diagnostic>> {
        if anchor != 0 {
            self.copied = self.copied.saturating_add(weight(&node));
            if self.copied > MAX_COPIED_BYTES {
                return Err(too_many_copies(node.span));
            }
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        if node.span.start >= open.span.start {
            open.span = open.span.to(node.span);
        }
        match &mut open.items {
            Items::List(items) => items.push(node),
            Items::Map(entries, key) => match std::mem::replace(key, Key::Next) {
                Key::Of(name, key_span) => entries.push(Entry {
                    key: name,
                    key_span,
                    value: node,
                }),
                Key::Bad => {}
                Key::Next => match node.value {
                    Value::Text(text) => *key = Key::Of(text, node.span),
                    other => {
                        *key = Key::Bad;
                        let message = format!("a key must be text, this is {}", other.kind());
                        self.diagnostics
                            .push(Diagnostic::error("yaml-syntax", node.span, message));
                    }
                },
            },
        }
        Ok(())
    }

    /// The entries of a whole map: repetitions reported and dropped, `<<` carried out.
    fn finished(&mut self, entries: Vec<Entry<'t>>) -> Vec<Entry<'t>> {
        let mut order: Vec<(usize, &Entry<'t>)> = entries.iter().enumerate().collect();
        order.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
        let mut repeated = BTreeSet::new();
        let mut first: Option<&Entry<'t>> = None;
        for (index, entry) in order {
            match first {
                Some(earlier) if earlier.key == entry.key => {
                    repeated.insert(index);
                    let message = format!("the key {} is given twice", quoted(&entry.key));
                    self.diagnostics.push(
                        Diagnostic::error("duplicate-key", entry.key_span, message)
                            .with(earlier.key_span, "first given here"),
                    );
                }
                _ => first = Some(entry),
            }
            if self.diagnostics.len() >= MAX_DIAGNOSTICS {
                break;
            }
        }
        let mut kept = entries;
        if !repeated.is_empty() {
            let mut index = 0..;
            kept.retain(|_| index.next().is_none_or(|index| !repeated.contains(&index)));
        }
        match kept.iter().position(|entry| entry.key == "<<") {
            Some(at) => {
                let merge = kept.remove(at);
                self.merged(kept, merge)
            }
            None => kept,
        }
    }

    /// `own` and, of the maps that `merge` names, every key that is not there yet.
    ///
    /// The merge key of YAML 1.1, <https://yaml.org/type/merge.html>.
    fn merged(&mut self, mut own: Vec<Entry<'t>>, merge: Entry<'t>) -> Vec<Entry<'t>> {
        let place = merge.place();
        let sources = match merge.value.value {
            Value::List(items) => items,
            _ => vec![merge.value],
        };
        let mut present: BTreeSet<Cow<'t, str>> = own.iter().map(|entry| entry.key.clone()).collect();
        for source in sources {
            let Value::Map(entries) = source.value else {
                let message = format!("`<<` takes maps, this is {}", source.value.kind());
                self.diagnostics
                    .push(Diagnostic::error("wrong-value", place, message));
                continue;
            };
            for entry in entries {
                if present.insert(entry.key.clone()) {
                    own.push(entry);
                }
            }
        }
        own
    }
}

fn too_many_copies(span: Span) -> Box<Diagnostic> {
    Diagnostic::error(
        "yaml-limit",
        span,
        "anchors and aliases repeat too much of the file",
    )
    .help("write the values out, or anchor a smaller part")
    .into()
}

/// Bytes that a copy of a node takes, about.
fn weight(node: &Node<'_>) -> usize {
    let inside: usize = match &node.value {
        Value::Null => 0,
        Value::Text(text) => text.len(),
        Value::List(items) => items.iter().map(weight).fold(0, usize::saturating_add),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| size_of::<Span>() + entry.key.len() + weight(&entry.value))
            .fold(0, usize::saturating_add),
    };
    inside.saturating_add(size_of::<Node<'_>>())
}
