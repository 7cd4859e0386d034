//! The command line of FortiOS: statements of words, one a line. Quotes hold spaces, and even ends of lines.

use super::report::Report;

/// A statement and the line it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub line: usize,
    pub words: Vec<String>,
}

/// Splits a text into statements. Between `"` and outside of quotes a backslash takes the next character as it is;
/// between `'` it is a character like others. A line that begins with `#` is a comment.
pub fn statements(text: &str, report: &mut Report) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    let mut line = 1;
    let mut current = Statement {
        line,
        words: Vec::new(),
    };
    // None between words: `""` is a word too.
    let mut word: Option<String> = None;
    while let Some(c) = rest.next() {
        match c {
            '\n' => {
                current.words.extend(word.take());
                line += 1;
                let next = Statement {
                    line,
                    words: Vec::new(),
                };
                let done = std::mem::replace(&mut current, next);
                statements.extend(Some(done).filter(|statement| !statement.words.is_empty()));
            }
            '#' if current.words.is_empty() && word.is_none() => {
                while rest.next_if(|c| *c != '\n').is_some() {}
            }
            '"' | '\'' => {
                let word = word.get_or_insert_default();
                let opened = line;
                loop {
                    match rest.next() {
                        None => {
                            report.add(opened, "a quote is not closed");
                            break;
                        }
                        Some(end) if end == c => break,
                        Some(inner) => {
                            let taken = if inner == '\\' && c == '"' {
                                rest.next().unwrap_or(inner)
                            } else {
                                inner
                            };
                            line += usize::from(taken == '\n');
                            word.push(taken);
                        }
                    }
                }
            }
            '\\' => match rest.next_if(|c| !matches!(c, '\n' | '\r')) {
                Some(taken) => word.get_or_insert_default().push(taken),
                None => report.add(line, "a backslash at the end of a line"),
            },
            c if c.is_whitespace() => current.words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    current.words.extend(word);
    statements.extend(Some(current).filter(|statement| !statement.words.is_empty()));
    statements
}
