//! Sets and verdict maps, named and anonymous.

use super::field::Seen;
use super::lex::{Cursor, Token};
use super::rule::Verdict;
use super::value::{Kind, Match, Pattern, Value, interface};
use super::{check_comment, field::Field, rule::read_verdict};
use crate::oracle::ReadError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub key: Vec<Pattern>,
    /// In a map.
    pub verdict: Option<Verdict>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub kinds: Vec<Kind>,
    pub is_map: bool,
    pub interval: bool,
    pub auto_merge: bool,
    pub elements: Vec<Element>,
}

/// What a lookup finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Element(Option<Verdict>),
    Nothing,
    /// It depends on bytes that the packet does not hold.
    Unknown,
}

impl Set {
    /// The first element inserted that matches. `None` where the packet lacks a field.
    pub fn look_up(&self, fields: &[Field], seen: &Seen<'_>) -> Option<Found> {
        let values: Vec<Value> = fields.iter().map(|field| field.of(seen)).collect::<Option<_>>()?;
        let mut unknown = false;
        for element in &self.elements {
            let parts: Vec<Match> = element
                .key
                .iter()
                .zip(&values)
                .map(|(p, v)| p.matches(v))
                .collect();
            if parts.iter().all(|part| *part == Match::Yes) && !unknown {
                return Some(Found::Element(element.verdict.clone()));
            }
            unknown |= !parts.contains(&Match::No);
        }
        Some(if unknown { Found::Unknown } else { Found::Nothing })
    }

    /// Adds one element as the kernel would, or says why it would not.
    pub fn insert(&mut self, element: Element) -> Result<(), String> {
        if element.key.len() != self.kinds.len() {
            return Err("an element has another number of parts than its set".to_owned());
        }
        if self.is_map != element.verdict.is_some() {
            return Err("a map needs a verdict for each element, and a set takes none".to_owned());
        }
        if !self.interval && !element.key.iter().all(Pattern::is_single) {
            return Err("ranges and prefixes need `flags interval`".to_owned());
        }
        for other in &self.elements {
            if other.key == element.key {
                return if other.verdict == element.verdict {
                    Ok(())
                } else {
                    Err("the element is there with another verdict".to_owned())
                };
            }
            let overlap = other.key.iter().zip(&element.key).all(|(a, b)| a.overlaps(b));
            // Concatenations take a general element after a special one; the first inserted then wins.
            let special_first = self.kinds.len() > 1
                && other
                    .key
                    .iter()
                    .zip(&element.key)
                    .all(|(old, new)| new.covers(old));
            if overlap && !self.auto_merge && !special_first {
                return Err("conflicting intervals".to_owned());
            }
        }
        self.elements.push(element);
        Ok(())
    }

    /// Takes one element out. Merged intervals are not taken apart.
    pub fn remove(&mut self, key: &[Pattern]) -> Result<(), String> {
        let place = self.elements.iter().position(|element| element.key == key);
        let place = place.ok_or("the element does not exist")?;
        self.elements.remove(place);
        Ok(())
    }
}

/// Reads one value of a kind, or `a-b`, or a prefix; interface names may stand in quotes.
pub fn read_pattern(cursor: &mut Cursor, kind: Kind) -> Result<Pattern, ReadError> {
    let error = cursor.error(format!("{:?} is not understood as {kind:?}", cursor.peek()));
    let pattern = match cursor.next()? {
        Token::Text(name) if kind == Kind::Interface => interface(&name),
        Token::Word(word) => kind.pattern(&word),
        _ => None,
    };
    pattern.ok_or(error)
}

/// Reads `value . value …`.
pub fn read_key(cursor: &mut Cursor, kinds: &[Kind]) -> Result<Vec<Pattern>, ReadError> {
    let mut key = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        if index > 0 {
            cursor.expect(".")?;
        }
        key.push(read_pattern(cursor, *kind)?);
    }
    Ok(key)
}

/// Reads `{ key [comment …] [: verdict], … }`.
pub fn read_elements(cursor: &mut Cursor, kinds: &[Kind]) -> Result<Vec<Element>, ReadError> {
    let mut elements = Vec::new();
    cursor.expect("{")?;
    cursor.skip_newlines();
    while !cursor.take("}") {
        let key = read_key(cursor, kinds)?;
        loop {
            if cursor.take_word("comment") {
                let comment = cursor.text()?;
                check_comment(cursor, &comment)?;
            } else if cursor.take_word("counter") {
                read_counts(cursor)?;
            } else {
                break;
            }
        }
        let verdict = if cursor.take(":") {
            Some(read_verdict(cursor)?.ok_or_else(|| cursor.error("expected a verdict"))?)
        } else {
            None
        };
        elements.push(Element { key, verdict });
        cursor.skip_newlines();
        if !cursor.take(",") {
            cursor.expect("}")?;
            break;
        }
        cursor.skip_newlines();
    }
    Ok(elements)
}

/// Reads `packets N bytes N` after `counter`, where they stand.
pub fn read_counts(cursor: &mut Cursor) -> Result<(), ReadError> {
    if cursor.take_word("packets") {
        cursor.word()?;
        cursor.expect_word("bytes")?;
        cursor.word()?;
    }
    Ok(())
}

/// An anonymous set or map: intervals are allowed, and merged where it is a plain set.
pub fn anonymous(cursor: &mut Cursor, kinds: &[Kind], is_map: bool) -> Result<Set, ReadError> {
    let mut set = Set {
        kinds: kinds.to_vec(),
        is_map,
        interval: true,
        auto_merge: kinds.len() == 1 && !is_map,
        elements: Vec::new(),
    };
    let error = cursor.line();
    let elements = read_elements(cursor, kinds)?;
    if elements.is_empty() {
        return Err(cursor.error("an anonymous set cannot be empty"));
    }
    for element in elements {
        set.insert(element)
            .map_err(|message| ReadError::at(error, message))?;
    }
    Ok(set)
}
