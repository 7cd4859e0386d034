//! Paths that a manifest may name: inside the repository, the same on every system.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::quote::quoted;
use crate::syntax::tree::Spanned;

/// What is wrong with a path, if anything is.
pub(super) fn fault(path: &Spanned<String>) -> Option<Diagnostic> {
    let text = path.value.as_str();
    let error = |code, message: String| Some(Diagnostic::error(code, path.span, message));
    if text.trim().is_empty() {
        return error("wrong-value", "a path cannot be empty".to_owned());
    }
    if text.chars().any(char::is_control) {
        let message = format!("the path {} holds a control character", quoted(text));
        return error("wrong-value", message);
    }
    if text.starts_with(['/', '\\', '~']) || has_drive(text) {
        return error(
            "outside-repository",
            format!("the path {} is absolute", quoted(text)),
        )
        .map(|d| d.help("write it relative to `septum.yaml`"));
    }
    if text.split(['/', '\\']).any(|part| part == "..") {
        let message = format!("the path {} leads out of the repository", quoted(text));
        return error("outside-repository", message)
            .map(|d| d.help("a build reads only what the repository holds"));
    }
    if text.contains('\\') {
        return error(
            "wrong-value",
            format!("the path {} is written with `\\`", quoted(text)),
        )
        .map(|d| d.help("separate folders with `/`"));
    }
    None
}

/// `C:`, with or without a slash after it, names another place on Windows.
fn has_drive(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':')
}
