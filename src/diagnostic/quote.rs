//! User input inside messages: short, on one line, without control characters.

/// The longest excerpt shown; what is cut off ends in `…`.
const MAX_CHARS: usize = 60;

/// `text` in backticks, as messages quote it.
pub fn quoted(text: &str) -> String {
    let mut shown = String::from("`");
    let mut rest = text.chars();
    for c in rest.by_ref().take(MAX_CHARS) {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_quotation_is_one_short_line() {
        assert_eq!(quoted("ct-01"), "`ct-01`");
        assert_eq!(quoted("a\nb\u{1b}[0m"), "`a\\nb\\u{1b}[0m`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
    }
}
