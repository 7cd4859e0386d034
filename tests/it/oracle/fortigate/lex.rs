//! Commands of the FortiOS command line: words, some of them quoted, one command a line.

use crate::oracle::ReadError;

/// One line of input, which may span lines inside quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub line: usize,
    pub words: Vec<String>,
}

/// Splits text into commands. Between quotes a backslash takes the next character as it is.
pub fn commands(text: &str) -> Result<Vec<Command>, ReadError> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut line = 1;
    let mut start = 1;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '#' if word.is_none() && words.is_empty() => {
                while characters.peek().is_some_and(|c| *c != '\n') {
                    characters.next();
                }
            }
            '"' | '\'' => {
                let opened = line;
                let text = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        None => return Err(ReadError::at(opened, "a quote is not closed")),
                        Some(end) if end == c => break,
                        Some('\\') if c == '"' => text.extend(characters.next()),
                        Some(other) => {
                            line += usize::from(other == '\n');
                            text.push(other);
                        }
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(characters.next()),
            '\n' => {
                words.extend(word.take());
                if !words.is_empty() {
                    let words = std::mem::take(&mut words);
                    found.push(Command { line: start, words });
                }
                line += 1;
                start = line;
            }
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if !words.is_empty() {
        found.push(Command { line: start, words });
    }
    Ok(found)
}
