//! The command line of FortiOS: statements of words, one a line. Quotes hold spaces, and even ends of lines.

use std::borrow::Cow;

use super::report::Report;

/// A word, borrowed where the text has it as it is meant.
pub type Word<'t> = Cow<'t, str>;

/// A text as statements. Between `"` and outside of quotes a backslash takes the next character as it is;
/// between `'` it is a character like others. A line that begins with `#` is a comment.
pub struct Statements<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Statements<'t> {
    /// From the beginning.
    pub fn new(text: &'t str) -> Self {
        Self {
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
            line: 1,
        }
    }

    /// Reads the words of the next statement, and returns the line it begins on; none at the end of the text.
    pub fn next(&mut self, words: &mut Vec<Word<'t>>, report: &mut Report) -> Option<usize> {
        words.clear();
        let mut begun = self.line;
        // None between words: `""` is a word too.
        let mut word: Option<Word<'t>> = None;
        while let Some(c) = self.rest.chars().next() {
            match c {
                '\n' => {
                    words.extend(word.take());
                    self.take(c.len_utf8());
                    self.line += 1;
                    if !words.is_empty() {
                        return Some(begun);
                    }
                    begun = self.line;
                }
                '#' if words.is_empty() && word.is_none() => {
                    self.take_until(|c| c == '\n');
                }
                '"' | '\'' => self.quoted(c, word.get_or_insert_default(), report),
                '\\' => {
                    self.take(c.len_utf8());
                    match self.rest.chars().next() {
                        None | Some('\n' | '\r') => report.add(self.line, "a backslash at the end of a line"),
                        Some(taken) => append(word.get_or_insert_default(), self.take(taken.len_utf8())),
                    }
                }
                c if is_space(c) => {
                    self.take(c.len_utf8());
                    words.extend(word.take());
                    if c == '\r' && !matches!(self.rest.chars().next(), None | Some('\n')) {
                        report.add(self.line, "a carriage return within a line, which may end it");
                    }
                }
                _ => {
                    let plain = self.take_until(|c| is_space(c) || matches!(c, '\n' | '"' | '\'' | '\\'));
                    append(word.get_or_insert_default(), plain);
                }
            }
        }
        words.extend(word);
        (!words.is_empty()).then_some(begun)
    }

    /// Reads from a quote to the one that closes it.
    fn quoted(&mut self, quote: char, word: &mut Word<'t>, report: &mut Report) {
        let opened = self.line;
        self.take(quote.len_utf8());
        loop {
            let mut part = self.take_until(|c| c == quote || (c == '\\' && quote == '"'));
            append(word, part);
            self.line += part.matches('\n').count();
            match self.rest.chars().next() {
                None => return report.add(opened, "a quote is not closed"),
                Some(end) if end == quote => {
                    self.take(end.len_utf8());
                    return;
                }
                Some(backslash) => {
                    let backslash = self.take(backslash.len_utf8());
                    let taken = self.rest.chars().next();
                    part = taken.map_or(backslash, |taken| self.take(taken.len_utf8()));
                    append(word, part);
                    self.line += usize::from(taken == Some('\n'));
                }
            }
        }
    }

    fn take_until(&mut self, end: impl Fn(char) -> bool) -> &'t str {
        self.take(self.rest.find(end).unwrap_or(self.rest.len()))
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// Spaces beyond ASCII are characters like others.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

fn append<'t>(word: &mut Word<'t>, part: &'t str) {
    if word.is_empty() {
        *word = Cow::Borrowed(part);
    } else {
        word.to_mut().push_str(part);
    }
}
