//! The bodies of chains and sets.

use std::collections::BTreeMap;

use super::cursor::{Cursor, Fault, Token, Tokens};
use super::elements::Elements;
use super::field::Kind;
use super::plain::{self, Plain};
use super::rate::{self, Rate};
use super::rule::{self, Key, Verdict};
use super::table::{Base, Chain, Family, Place, Set, Shape};

/// A statement that may stand once in a body.
pub(super) struct Once {
    word: &'static str,
    seen: bool,
}

impl Once {
    pub(super) fn new(word: &'static str) -> Self {
        Self { word, seen: false }
    }

    /// Notes that it stands here.
    pub(super) fn here(&mut self, cursor: &Cursor<'_>) -> Result<(), Fault> {
        match std::mem::replace(&mut self.seen, true) {
            true => Err(cursor.fault(format!("`{}` twice, which nft refuses", self.word))),
            false => Ok(()),
        }
    }
}

/// The body of a chain: what makes it a base chain, and rules.
pub(super) fn chain(
    chain: &mut Chain,
    family: Family,
    mut cursor: Cursor<'_>,
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    if !cursor.at_block() {
        return cursor.finish();
    }
    let inner = cursor.block()?;
    cursor.finish()?;
    let (mut policies, mut comments) = (Once::new("policy"), Once::new("comment"));
    let known = chain.base;
    for statement in inner.statements() {
        let mut cursor = Cursor::new(statement);
        let done = match cursor.peek() {
            Some(Token::Word("type")) => base(chain, known, cursor),
            Some(Token::Word("policy")) => policies.here(&cursor).and_then(|()| policy(chain, cursor)),
            Some(Token::Word("comment")) => comments
                .here(&cursor)
                .and_then(|()| rule::comment(&mut cursor))
                .and_then(|()| cursor.finish()),
            _ => rule::read(statement, family).map(|rule| chain.rules.push(rule)),
        };
        faults.extend(done.err());
    }
    Ok(())
}

/// `type filter hook forward priority filter`
///
/// `known` is what an earlier body of the chain said.
fn base(chain: &mut Chain, known: Option<Base>, mut cursor: Cursor<'_>) -> Result<(), Fault> {
    let before = cursor;
    cursor.next();
    let kind = cursor.word("the type of a chain")?;
    if !cursor.eat_word("hook") {
        return Err(cursor.fault("expected `hook`"));
    }
    let hook = cursor.word("a hook")?;
    if !cursor.eat_word("priority") {
        return Err(cursor.fault("expected `priority`"));
    }
    let priority_word = cursor.peek();
    let priority = priority(&mut cursor)?;
    cursor.finish()?;
    let place = match (kind, hook) {
        ("filter", "forward") => Place::Forward,
        ("filter", "input") => Place::Input,
        ("filter", "output") => Place::Output,
        _ => {
            return Err(before.fault(format!(
                "chains of type `{kind}` at the hook `{hook}` are not modelled"
            )));
        }
    };
    // Connection tracking of sent packets begins at -200: before it no packet has a state.
    if place == Place::Output && priority <= -200 {
        return Err(before.fault("packets have no state yet at this priority"));
    }
    let elsewhere = match place {
        Place::Forward => &["dstnat", "srcnat"][..],
        Place::Input => &["dstnat"],
        Place::Output => &["srcnat"],
    };
    if let Some(Token::Word(word)) = priority_word
        && elsewhere.contains(&word)
    {
        return Err(before.fault(format!("there is no priority `{word}` at the hook `{hook}`")));
    }
    if known.is_some_and(|base| base.priority != priority) {
        return Err(before.fault("this chain is there with another priority"));
    }
    match &mut chain.base {
        Some(base) if base.place != place => Err(before.fault("this chain is there with another hook")),
        Some(base) => {
            base.priority = priority;
            Ok(())
        }
        None => {
            chain.base = Some(Base {
                place,
                priority,
                accept: true,
                line: before.line(),
            });
            Ok(())
        }
    }
}

/// `filter`, `-10`, `filter - 10`
fn priority(cursor: &mut Cursor<'_>) -> Result<i64, Fault> {
    let before = *cursor;
    let word = cursor.word("a priority")?;
    let named = match word {
        "raw" => Some(-300),
        "mangle" => Some(-150),
        "dstnat" => Some(-100),
        "filter" => Some(0),
        "security" => Some(50),
        "srcnat" => Some(100),
        _ => None,
    };
    let Some(named) = named else {
        let number: Option<i32> = word.parse().ok();
        return number.map(i64::from).ok_or_else(|| before.unknown());
    };
    let sign = match cursor.peek() {
        Some(Token::Word("+")) => 1,
        Some(Token::Word("-")) => -1,
        _ => return Ok(named),
    };
    cursor.next();
    let offset = u32::try_from(cursor.number("a number")?).map_err(|_| before.unknown())?;
    Ok(named + sign * i64::from(offset))
}

fn policy(chain: &mut Chain, mut cursor: Cursor<'_>) -> Result<(), Fault> {
    let before = cursor;
    cursor.next();
    let accept = match cursor.word("a policy")? {
        "accept" => true,
        "drop" => false,
        _ => return Err(before.unknown()),
    };
    cursor.finish()?;
    match &mut chain.base {
        Some(base) => {
            (base.accept, base.line) = (accept, before.line());
            Ok(())
        }
        None => Err(before.fault("only a base chain has a policy")),
    }
}

/// The declaration of a set or verdict map, with the elements that stand in it.
pub(super) fn set(
    sets: &mut BTreeMap<String, Set>,
    name: String,
    map: bool,
    mut cursor: Cursor<'_>,
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    let before = cursor;
    let inner = cursor.block()?;
    cursor.finish()?;
    let mut shape = Shape {
        kinds: Vec::new(),
        interval: false,
        map,
    };
    let mut merges = false;
    let mut size = 0;
    let mut listed: Option<Tokens<'_>> = None;
    let mut comments = Once::new("comment");
    for statement in inner.statements() {
        let mut cursor = Cursor::new(statement);
        let before = cursor;
        match cursor.word("a property of a set")? {
            "type" => shape.kinds = kinds(&mut cursor, map)?,
            "flags" => loop {
                match cursor.word("a flag")? {
                    "interval" => shape.interval = true,
                    "constant" => {}
                    flag => return Err(before.fault(format!("sets with the flag `{flag}` are not modelled"))),
                }
                if !cursor.eat_comma() {
                    break;
                }
            },
            "counter" => {}
            "auto-merge" => merges = true,
            "comment" => {
                comments.here(&before)?;
                cursor = before;
                rule::comment(&mut cursor)?;
            }
            "policy" => {
                let policy = cursor;
                if !matches!(cursor.word("a policy")?, "memory" | "performance") {
                    return Err(policy.unknown());
                }
            }
            "size" => {
                size = cursor.number("a size")?;
            }
            "elements" => {
                if !cursor.eat_mark("=") {
                    return Err(cursor.fault("expected `=`"));
                }
                if listed.replace(cursor.list()?).is_some() {
                    return Err(before.fault("`elements` twice, of which nft takes the last alone"));
                }
            }
            _ => return Err(before.unknown()),
        }
        cursor.finish()?;
    }
    if shape.kinds.is_empty() {
        return Err(before.fault("the set has no type"));
    }
    if merges && !shape.interval {
        return Err(before.fault("`auto-merge` in a set without the flag `interval`"));
    }
    let set = sets.entry(name).or_insert_with(|| Set {
        shape: shape.clone(),
        merges,
        size,
        elements: Elements::new(shape.kinds.len()),
    });
    // What one declaration merges and another does not is held to the stricter one.
    set.merges &= merges;
    if set.shape != shape {
        return Err(before.fault("this set is there with another type"));
    }
    if let Some(inner) = listed {
        elements(set, inner, faults);
    }
    Ok(())
}

/// `ipv4_addr . inet_service`, and `: verdict` for a map.
fn kinds(cursor: &mut Cursor<'_>, map: bool) -> Result<Vec<Kind>, Fault> {
    let mut kinds = Vec::new();
    loop {
        let before = *cursor;
        let word = cursor.word("a type")?;
        kinds.push(
            Kind::named(word).ok_or_else(|| before.fault(format!("the type `{word}` is not modelled")))?,
        );
        if !cursor.eat_word(".") {
            break;
        }
    }
    if map && !(cursor.eat_word(":") && cursor.eat_word("verdict")) {
        return Err(cursor.fault("only maps to verdicts are modelled"));
    }
    Ok(kinds)
}

/// Adds elements to a set.
pub(super) fn elements(set: &mut Set, inner: Tokens<'_>, faults: &mut Vec<Fault>) {
    let mut rest = inner;
    let mut values = Vec::with_capacity(set.shape.kinds.len());
    let mut key = Key::new();
    while !rest.is_empty() {
        if let Some(Plain { verdict, line }) = plain::take(&mut rest, &set.shape, &mut values) {
            set.elements.add_plain(&values, verdict, line);
        } else if let Some(tokens) = rest.take_element() {
            add(set, tokens, &mut key, faults);
        }
    }
}

/// Adds an element, however it is written.
pub(super) fn add(set: &mut Set, tokens: Tokens<'_>, key: &mut Key, faults: &mut Vec<Fault>) {
    match element(&set.shape, tokens, key) {
        Ok((verdict, line)) => set.elements.add(key, verdict, line),
        Err(fault) => faults.push(fault),
    }
}

/// The verdict of an element and its line. Its values take the place of those of an earlier key.
fn element<'a>(
    shape: &Shape,
    tokens: Tokens<'a>,
    key: &mut Key,
) -> Result<(Option<Verdict<&'a str>>, usize), Fault> {
    let mut cursor = Cursor::new(tokens);
    cursor.skip_ends();
    let line = cursor.line();
    rule::key(&mut cursor, &shape.kinds, key)?;
    if !shape.interval && key.iter().any(|value| value.is_range()) {
        return Err(cursor.fault("a range in a set without the flag `interval`"));
    }
    let mut comments = Once::new("comment");
    while let Some(Token::Word(word)) = cursor.peek() {
        match word {
            "counter" => {
                rule::counter(&mut cursor)?;
            }
            "comment" => {
                comments.here(&cursor)?;
                rule::comment(&mut cursor)?;
            }
            _ => break,
        }
    }
    let verdict = if shape.map {
        if !cursor.eat_word(":") {
            return Err(cursor.fault("expected ` : ` and a verdict"));
        }
        Some(rule::verdict(&mut cursor)?)
    } else {
        None
    };
    cursor.finish()?;
    Ok((verdict, line))
}

/// Takes elements from a set. Of a map, keys alone will do.
pub(super) fn without(set: &mut Set, inner: Tokens<'_>, lenient: bool, faults: &mut Vec<Fault>) {
    let shape = Shape {
        map: false,
        ..set.shape.clone()
    };
    let mut key = Key::new();
    for tokens in inner.elements() {
        let read = element(&shape, tokens, &mut key).or_else(|fault| {
            let whole = element(&set.shape, tokens, &mut key);
            whole.map_err(|_| fault)
        });
        match read {
            Ok((_, line)) => set.elements.remove(&key, lenient, line),
            Err(fault) => faults.push(fault),
        }
    }
}

/// `{ rate 3/minute burst 3 packets; }`
pub(super) fn limit(mut cursor: Cursor<'_>) -> Result<Rate, Fault> {
    let inner = cursor.block()?;
    cursor.finish()?;
    let mut rate = None;
    let mut comments = Once::new("comment");
    for statement in inner.statements() {
        let mut cursor = Cursor::new(statement);
        if cursor.peek() == Some(Token::Word("comment")) {
            comments.here(&cursor)?;
            rule::comment(&mut cursor)?;
        } else {
            rate = Some(rate::rate(&mut cursor)?);
        }
        cursor.finish()?;
    }
    rate.ok_or_else(|| cursor.fault("the limit has no rate"))
}

/// `{ packets 0 bytes 0 }`
pub(super) fn counter(inner: Tokens<'_>) -> Result<(), Fault> {
    let mut comments = Once::new("comment");
    for statement in inner.statements() {
        let mut cursor = Cursor::new(statement);
        match cursor.peek() {
            Some(Token::Word("comment")) => {
                comments.here(&cursor)?;
                rule::comment(&mut cursor)?;
            }
            Some(Token::Word("packets")) => {
                cursor.next();
                cursor.number("a number of packets")?;
                if !cursor.eat_word("bytes") {
                    return Err(cursor.fault("expected `bytes`"));
                }
                cursor.number("a number of bytes")?;
            }
            _ => return Err(cursor.unknown()),
        }
        cursor.finish()?;
    }
    Ok(())
}
