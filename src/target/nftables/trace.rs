//! Which line of the rendered file holds which policy rule. A template may lay lines out as it likes, so each
//! statement carries a mark through it, which is taken out afterwards.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::quote;
use crate::plan::Origin;
use crate::target::EmittedLine;

/// Control characters: no statement holds them otherwise.
const OPEN: u8 = 1;
const CLOSE: u8 = 2;

/// What stands for a policy rule in the lines that come from it.
#[derive(Debug, Default)]
pub struct Mark {
    /// Stands somewhere in each line, until it is resolved.
    pub text: String,
    /// A comment that leads back to the policy.
    pub comment: String,
}

/// The rules behind the marks given out so far.
#[derive(Debug)]
pub struct Trace {
    comment_bytes: usize,
    origins: Vec<Arc<Origin>>,
    /// By what they say: equal origins have one mark, so that equal elements are equal texts.
    marks: FxHashMap<Arc<Origin>, Rc<Mark>>,
}

impl Trace {
    /// No mark yet. Comments have up to so many bytes.
    pub fn new(comment_bytes: usize) -> Self {
        Self {
            comment_bytes,
            origins: Vec::new(),
            marks: FxHashMap::default(),
        }
    }

    /// The mark of a rule.
    pub fn mark(&mut self, origin: &Arc<Origin>) -> Rc<Mark> {
        if let Some(mark) = self.marks.get(origin) {
            return Rc::clone(mark);
        }
        let mark = Rc::new(Mark {
            text: text_of(self.origins.len()),
            comment: quote::provenance(origin, self.comment_bytes),
        });
        self.origins.push(Arc::clone(origin));
        self.marks.insert(Arc::clone(origin), Rc::clone(&mark));
        mark
    }

    /// The text without its marks, and the lines that held one.
    pub fn resolve(&self, marked: &str) -> (String, Vec<EmittedLine>) {
        let marked = match memchr::memchr(b'\r', marked.as_bytes()) {
            Some(_) => Cow::Owned(marked.replace("\r\n", "\n")),
            None => Cow::Borrowed(marked),
        };
        let mut text = String::with_capacity(marked.len() + 1);
        let mut lines = Vec::new();
        let (mut line, mut copied) = (1, 0);
        for at in memchr::memchr2_iter(b'\n', OPEN, marked.as_bytes()) {
            let (before, rest) = (marked.get(copied..at), marked.as_bytes().get(at..));
            match rest {
                Some([OPEN, after @ ..]) => {
                    text.push_str(before.unwrap_or_default());
                    copied = at + 1;
                    // A template may have torn a mark apart.
                    let Some((number, length)) = number(after) else {
                        continue;
                    };
                    copied += length;
                    lines.extend(self.origins.get(number).map(|origin| EmittedLine {
                        line,
                        origin: Arc::clone(origin),
                    }));
                }
                _ => line += 1,
            }
        }
        text.push_str(marked.get(copied..).unwrap_or_default());
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        (text, lines)
    }
}

/// The mark of a number.
fn text_of(number: usize) -> String {
    let mut text = String::with_capacity(8);
    text.push(OPEN.into());
    text.push_str(itoa::Buffer::new().format(number));
    text.push(CLOSE.into());
    text
}

/// The number of a mark behind its first byte, and how many bytes it takes with the last.
fn number(after: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0_usize;
    for (place, byte) in after.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number.checked_mul(10)?.checked_add(usize::from(byte - b'0'))?,
            _ => return (*byte == CLOSE && place > 0).then_some((number, place + 1)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> (Trace, String) {
        let origin = |id: &str| {
            Arc::new(Origin {
                id: id.to_owned(),
                location: "hospital.sept:24".to_owned(),
                cited: None,
                ticket: None,
                owner: None,
                title: None,
            })
        };
        let mut trace = Trace::new(64);
        let marks: Vec<String> = ["a", "b"].map(|id| trace.mark(&origin(id)).text.clone()).into();
        (trace, marks.concat())
    }

    fn found(trace: &Trace, marked: &str) -> (String, Vec<(usize, String)>) {
        let (text, lines) = trace.resolve(marked);
        let lines = lines.into_iter().map(|line| (line.line, line.origin.id.clone()));
        (text, lines.collect())
    }

    #[test]
    fn a_line_may_hold_several_marks_and_end_as_on_windows() {
        let (trace, both) = trace();
        let (text, lines) = found(&trace, &format!("one\r\n  {both}two\r\nthree"));
        assert_eq!(text, "one\n  two\nthree\n");
        assert_eq!(lines, [(2, "a".to_owned()), (2, "b".to_owned())]);
    }

    #[test]
    fn a_mark_that_a_template_tore_apart_names_no_rule() {
        let (trace, both) = trace();
        for torn in [
            "\u{1}",
            "\u{1}\u{2}",
            "\u{1}x\u{2}",
            "\u{1}0\n\u{2}",
            "\u{1}99999999999999999999999\u{2}",
        ] {
            let (text, lines) = found(&trace, &format!("{torn}{both}\n"));
            assert_eq!(text, format!("{}\n", torn.trim_start_matches('\u{1}')));
            let line = 1 + torn.matches('\n').count();
            assert_eq!(lines, [(line, "a".to_owned()), (line, "b".to_owned())]);
        }
        let (_, lines) = found(&trace, "\u{1}7\u{2}\n");
        assert!(lines.is_empty(), "no such rule");
    }
}
