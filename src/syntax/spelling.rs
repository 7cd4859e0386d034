//! Names as the language writes them.

use super::lexer::{TokenKind, lex};
use super::parser::keywords;
use crate::source::FileId;

/// A name where a set can stand: in quotes where the word alone would be read as something else.
pub fn spelled(name: &str) -> String {
    let lexed = lex(FileId(u32::MAX), name);
    let one_word = lexed.tokens.len() == 1
        && lexed
            .tokens
            .get(0)
            .is_some_and(|token| token.kind == TokenKind::Word && token.text == name);
    let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    let has_letter = name.contains(|c: char| c.is_alphabetic() || c == '_');
    if one_word && has_letter && !dots && !name.contains('/') && !keywords().contains(&name) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn only_what_reads_as_one_name_stands_without_quotes() {
        for name in ["ct-01", "clinical.pumps", "_a", "Röntgen-1", "a1.b2"] {
            assert_eq!(spelled(name), name);
        }
        assert_eq!(spelled("CT 01"), "\"CT 01\"");
        assert_eq!(spelled("any"), "\"any\"");
        assert_eq!(spelled("10.0.0.1"), "\"10.0.0.1\"");
        assert_eq!(spelled("a\"b\\"), "\"a\\\"b\\\\\"");
        assert_eq!(spelled("Te1/0"), "\"Te1/0\"");
        assert_eq!(spelled("a->b"), "\"a->b\"");
    }
}
