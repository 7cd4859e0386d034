//! What the YAML parser says, in our words.

use serde_yaml::granit_parser::{ErrorKind, ScanError};

use super::read::MAX_DEPTH;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The diagnostic of a syntax error. `opened` is where the innermost open bracket stands.
pub(super) fn diagnostic(error: &ScanError, file: FileId, text: &str, opened: Option<Span>) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .filter(|c| !c.is_control())
        .map_or(0, char::len_utf8);
    let span = Span::new(file, at, at + width);
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(span);
    }
    let (message, help) = words(error.kind());
    let mut diagnostic = Diagnostic::error("yaml-syntax", span, message);
    if let Some(help) = help {
        diagnostic = diagnostic.help(help);
    }
    match opened {
        Some(bracket) if bracket.start != span.start && is_about_brackets(error.kind()) => {
            diagnostic.with(bracket, "opened here")
        }
        _ => diagnostic,
    }
}

/// The diagnostic of a document that nests without end.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("values nest more than {MAX_DEPTH} levels deep");
    Diagnostic::error("yaml-limit", span, message)
}

fn is_about_brackets(kind: &ErrorKind) -> bool {
    use ErrorKind as E;
    matches!(
        kind,
        E::UnclosedFlowCollection { .. }
            | E::UnexpectedEofFlowSequence
            | E::UnexpectedEofFlowMapping
            | E::UnexpectedEofImplicitFlowMapping
            | E::ExpectedFlowMappingSeparator
            | E::ExpectedFlowSequenceSeparator
            | E::MismatchedFlowCollectionEnd { .. }
            | E::InvalidColonPlacement
    )
}

/// Message and help. The mistakes that people make have words of their own.
fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    use ErrorKind as E;
    let (message, help) = match kind {
        E::UnclosedFlowCollection { open } => {
            return (format!("the bracket `{open}` is never closed"), None);
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("the bracket `{open}` is closed by `{close}`"), None);
        }
        E::UnexpectedCharacter { character } => {
            return (
                format!(
                    "the character `{}` cannot begin a value",
                    character.escape_debug()
                ),
                Some("put the value in quotes"),
            );
        }
        E::UnexpectedEofFlowSequence | E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => {
            ("the file ends inside brackets", None)
        }
        E::ExpectedFlowMappingSeparator => ("expected `,` or `}`", None),
        E::ExpectedFlowSequenceSeparator => ("expected `,` or `]`", None),
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => ("a quote is never closed", None),
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation => {
            ("a tab cannot indent", Some("indent with spaces"))
        }
        E::ExpectedBlockMappingKey | E::SimpleKeyExpected | E::InvalidSimpleKey => (
            "expected a key and `:`",
            Some("keys of one map begin in the same column"),
        ),
        E::ExpectedBlockSequenceEntry => ("expected `-`", Some("items of one list begin in the same column")),
        E::MappingValueNotAllowed => (
            "a `:` cannot stand here",
            Some("put text that holds `: ` in quotes; keys of one map begin in the same column"),
        ),
        E::InvalidColonPlacement => ("a `:` cannot stand inside these brackets", None),
        E::TabInPlainScalar => (
            "a tab cannot indent, and the lines of this text go on past it",
            Some("indent with spaces"),
        ),
        E::InvalidIndentation | E::InvalidFlowScalarIndent | E::InvalidQuotedScalarIndent => {
            ("the indentation fits no line above", None)
        }
        E::UnknownAnchor => ("no anchor of this name stands above", None),
        other => return (other.to_string(), None),
    };
    (message.to_owned(), help)
}
