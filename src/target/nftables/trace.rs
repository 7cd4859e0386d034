//! Which line of the rendered file holds which policy rule. A template may lay lines out as it likes, so each
//! statement carries a mark through it, which is taken out afterwards.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::plan::Origin;
use crate::target::EmittedLine;

/// Control characters: no statement holds them otherwise.
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// The rules behind the marks given out so far.
#[derive(Debug, Default)]
pub struct Trace {
    origins: Vec<Arc<Origin>>,
    /// Where each stands, by its place in memory: it is held, so that the place stays its own.
    known: FxHashMap<*const Origin, usize>,
    /// The same by what they say: equal origins have one mark, so that equal elements are equal texts.
    equal: FxHashMap<Arc<Origin>, usize>,
}

impl Trace {
    /// A mark to stand somewhere in a line that comes from a rule.
    pub fn mark(&mut self, origin: &Arc<Origin>) -> String {
        let index = match self.known.get(&Arc::as_ptr(origin)) {
            Some(index) => *index,
            None => self.number(origin),
        };
        format!("{OPEN}{index}{CLOSE}")
    }

    fn number(&mut self, origin: &Arc<Origin>) -> usize {
        let index = self.origins.len();
        self.origins.push(Arc::clone(origin));
        let first = *self.equal.entry(Arc::clone(origin)).or_insert(index);
        self.known.insert(Arc::as_ptr(origin), first);
        first
    }

    /// The text without its marks, and the lines that held one.
    pub fn resolve(&self, marked: &str) -> (String, Vec<EmittedLine>) {
        let mut text = String::with_capacity(marked.len());
        let mut lines = Vec::new();
        for (index, line) in marked.lines().enumerate() {
            let mut rest = line;
            while let Some((before, after)) = rest.split_once(OPEN) {
                text.push_str(before);
                let Some((number, after)) = after.split_once(CLOSE) else {
                    rest = after;
                    break;
                };
                if let Some(origin) = number.parse::<usize>().ok().and_then(|n| self.origins.get(n)) {
                    lines.push(EmittedLine {
                        line: index + 1,
                        origin: Arc::clone(origin),
                    });
                }
                rest = after;
            }
            text.push_str(rest);
            text.push('\n');
        }
        (text, lines)
    }
}
