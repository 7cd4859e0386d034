//! Steps that every reader of a tree takes: keys that nobody knows, values of another kind.

use super::read::MAX_DIAGNOSTICS;
use super::tree::{Entry, Node, Value};
use crate::diagnostic::quote::quoted;
use crate::diagnostic::{Diagnostic, suggest};
use crate::source::Span;
use crate::syntax::tree::Spanned;

/// Longer keys are no slip of the pen, and comparing them takes time.
const MAX_SUGGESTED_CHARS: usize = 40;

/// `what` was expected at `span`, which holds `found`.
pub fn expected(what: &str, span: Span, found: &Value<'_>) -> Diagnostic {
    let message = format!("expected {what}, found {}", found.kind());
    Diagnostic::error("wrong-value", span, message)
}

/// `what` is missing at `span`.
pub fn missing(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("missing-key", span, format!("{what} is missing"))
}

/// An error for every key that is not of `known`, with the nearest one or all of them.
///
/// Keys that begin with `x-` are free, as in Compose files: a place for anchors.
pub fn known_keys(entries: &[Entry<'_>], known: &[&str], diagnostics: &mut Vec<Diagnostic>) {
    for entry in entries {
        if diagnostics.len() >= MAX_DIAGNOSTICS {
            return;
        }
        if known.contains(&entry.key.as_ref()) || entry.key.starts_with("x-") {
            continue;
        }
        let message = format!("unknown key {}", quoted(&entry.key));
        let diagnostic = Diagnostic::error("unknown-key", entry.key_span, message);
        let near = (entry.key.len() <= MAX_SUGGESTED_CHARS)
            .then(|| suggest::nearest(&entry.key, known.iter().copied()))
            .flatten();
        diagnostics.push(match near {
            Some(_) => diagnostic.did_you_mean(&entry.key, known.iter().copied()),
            None => diagnostic.help(format!("the keys here are {}", known.join(", "))),
        });
    }
}

/// The texts of a list, or the one text that stands in its place. `what` names one of them.
pub fn texts(
    node: &Node<'_>,
    place: Span,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Spanned<String>> {
    match &node.value {
        Value::Null => Vec::new(),
        Value::Text(text) => vec![Spanned {
            value: text.clone().into_owned(),
            span: node.span,
        }],
        Value::List(items) => items
            .iter()
            .filter_map(|item| match &item.value {
                Value::Text(text) => Some(Spanned {
                    value: text.clone().into_owned(),
                    span: item.span,
                }),
                other => {
                    let span = if item.span.start < item.span.end {
                        item.span
                    } else {
                        place
                    };
                    diagnostics.push(expected(what, span, other));
                    None
                }
            })
            .collect(),
        other => {
            diagnostics.push(expected(&format!("{what} or a list"), place, other));
            Vec::new()
        }
    }
}
