//! Which line of the rendered file holds which policy rule. A template may lay lines out as it likes, so each
//! statement carries a mark through it, which is taken out afterwards.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::quote;
use crate::plan::Origin;
use crate::target::EmittedLine;

/// Control characters: no statement holds them otherwise.
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

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
    /// The mark of each, by its place in memory: it is held, so that the place stays its own.
    known: FxHashMap<*const Origin, Arc<Mark>>,
    /// The same by what they say: equal origins have one mark, so that equal elements are equal texts.
    equal: FxHashMap<Arc<Origin>, Arc<Mark>>,
}

impl Trace {
    /// No mark yet. Comments have up to so many bytes.
    pub fn new(comment_bytes: usize) -> Self {
        Self {
            comment_bytes,
            origins: Vec::new(),
            known: FxHashMap::default(),
            equal: FxHashMap::default(),
        }
    }

    /// The mark of a rule.
    pub fn mark(&mut self, origin: &Arc<Origin>) -> Arc<Mark> {
        let known = self.known.get(&Arc::as_ptr(origin));
        known.map(Arc::clone).unwrap_or_else(|| self.number(origin))
    }

    fn number(&mut self, origin: &Arc<Origin>) -> Arc<Mark> {
        let index = self.origins.len();
        self.origins.push(Arc::clone(origin));
        let comment_bytes = self.comment_bytes;
        let mark = self.equal.entry(Arc::clone(origin)).or_insert_with(|| {
            Arc::new(Mark {
                text: format!("{OPEN}{index}{CLOSE}"),
                comment: quote::provenance(origin, comment_bytes),
            })
        });
        self.known.insert(Arc::as_ptr(origin), Arc::clone(mark));
        Arc::clone(mark)
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
