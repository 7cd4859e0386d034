//! Rules: what they test, and what becomes of packets that pass the tests.

use super::cursor::{Cursor, Fault, Token, Tokens};
use super::disjoint;
use super::elements::Elements;
use super::field::{Field, Kind};
use super::protocols::Protocols;
use super::rate::{self, Rate};
use super::table::Family;
use super::value::{self, Value};
use crate::packet;

/// A value of each field that is compared.
pub(super) type Key = Vec<Value>;

/// A statement of a chain.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub line: usize,
    pub tests: Vec<Test>,
    pub outcome: Outcome,
    /// Names of counters that it counts with.
    pub counters: Vec<String>,
    /// Names of limits that it asks.
    pub limits: Vec<String>,
    /// Rates within which alone it does anything.
    pub rates: Vec<Rate>,
}

/// A condition.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Match {
        fields: Vec<Field>,
        /// `!=`
        negated: bool,
        against: Against,
    },
    /// `ip6 hoplimit 255`
    FromTheLink,
}

/// What fields are compared with.
#[derive(Clone, Debug)]
pub(super) enum Against {
    /// One value; of `ct state` a list of bits, any of which will do.
    Plain(Vec<Value>),
    /// `{ … }`
    Set(Box<Elements>),
    /// `@name`
    Named(String),
}

/// Where a packet goes. Chains are named as in the text, or by names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict<Name = String> {
    Accept,
    Drop,
    Continue,
    Return,
    Jump(Name),
    Goto(Name),
}

impl Verdict<&str> {
    pub(super) fn owned(self) -> Verdict {
        match self {
            Self::Accept => Verdict::Accept,
            Self::Drop => Verdict::Drop,
            Self::Continue => Verdict::Continue,
            Self::Return => Verdict::Return,
            Self::Jump(name) => Verdict::Jump(name.to_owned()),
            Self::Goto(name) => Verdict::Goto(name.to_owned()),
        }
    }
}

/// What becomes of a packet that passes every test.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Always(Verdict),
    /// `vmap { … }`: by the element that holds the packet.
    Map(Vec<Field>, Box<Elements>),
    /// `vmap @name`
    NamedMap(Vec<Field>, String),
}

/// How often a rule may match.
#[derive(Default)]
struct Limits {
    limited: bool,
    /// `rate over`: it matches what exceeds the rate.
    over: bool,
    names: Vec<String>,
    rates: Vec<Rate>,
}

/// Reads a rule of a table that sees packets of a family.
pub(super) fn read(tokens: Tokens<'_>, family: Family) -> Result<Rule, Fault> {
    let mut cursor = Cursor::new(tokens);
    let mut protocols = Protocols::new(family);
    let line = cursor.line();
    let mut tests = Vec::new();
    let mut limits = Limits::default();
    let mut counters = Vec::new();
    let mut outcome = None;
    while let Some(token) = cursor.peek() {
        let Token::Word(word) = token else {
            return Err(cursor.unknown());
        };
        if word == "comment" {
            comment(&mut cursor)?;
            cursor.finish()?;
            break;
        }
        if outcome.is_some() {
            return Err(cursor.fault("nothing may follow a verdict"));
        }
        match word {
            "counter" => counters.extend(counter(&mut cursor)?.map(str::to_owned)),
            "log" => log(&mut cursor)?,
            "limit" => limit(&mut cursor, &mut limits)?,
            "accept" | "drop" | "continue" | "return" | "jump" | "goto" => {
                outcome = Some(Outcome::Always(verdict(&mut cursor)?.owned()));
            }
            "reject" => {
                tests.extend(reject(&mut cursor, &protocols)?);
                outcome = Some(Outcome::Always(Verdict::Drop));
            }
            _ if Field::starts(token) => outcome = test(&mut cursor, &mut tests, &mut protocols)?,
            _ => return Err(cursor.unknown()),
        }
    }
    let outcome = outcome.unwrap_or(Outcome::Always(Verdict::Continue));
    let idle = matches!(outcome, Outcome::Always(Verdict::Continue));
    // What is over a rate goes on to later rules: only where what is within it is let through, and all counts as
    // within, does the rule still say something of every packet.
    let bounded = matches!(outcome, Outcome::Always(Verdict::Accept)) && !limits.over;
    if limits.limited && !idle && !bounded {
        return Err(Fault::new(line, "what this rule does depends on a rate"));
    }
    Ok(Rule {
        line,
        tests,
        counters,
        limits: if idle { Vec::new() } else { limits.names },
        rates: if idle { Vec::new() } else { limits.rates },
        outcome,
    })
}

/// A test, or a verdict map, which ends the rule.
fn test(
    cursor: &mut Cursor<'_>,
    tests: &mut Vec<Test>,
    protocols: &mut Protocols,
) -> Result<Option<Outcome>, Fault> {
    let before = *cursor;
    let refused = |why| before.fault(why);
    let mut ahead = *cursor;
    if ahead.eat_word("ip6") && ahead.eat_word("hoplimit") {
        ahead.eat_mark("==");
        if !ahead.eat_word("255") {
            return Err(cursor.fault("hop limits are not modelled"));
        }
        protocols.look_at_network(packet::Family::V6).map_err(refused)?;
        *cursor = ahead;
        tests.push(Test::FromTheLink);
        return Ok(None);
    }
    let mut fields = vec![Field::read(cursor)?];
    while cursor.eat_word(".") {
        fields.push(Field::read(cursor)?);
    }
    for field in &fields {
        protocols.look(*field).map_err(refused)?;
    }
    let kinds: Vec<Kind> = fields.iter().map(|field| field.kind()).collect();
    if cursor.eat_word("vmap") {
        return Ok(Some(match named(cursor)? {
            Some(name) => Outcome::NamedMap(fields, name),
            None => Outcome::Map(fields, Box::new(mapped(cursor, &kinds)?)),
        }));
    }
    let (negated, against) = against(cursor, &kinds)?;
    if let [field] = *fields
        && !negated
    {
        protocols.say(field, &against);
    }
    tests.push(Test::Match {
        fields,
        negated,
        against,
    });
    Ok(None)
}

/// A comparison and its right side; true where it is negated.
fn against(cursor: &mut Cursor<'_>, kinds: &[Kind]) -> Result<(bool, Against), Fault> {
    if let [kind] = kinds
        && let Some(Token::Mark(mark @ ("<" | ">" | "<=" | ">="))) = cursor.peek()
    {
        cursor.next();
        return Ok((false, Against::Plain(vec![ordered(cursor, *kind, mark)?])));
    }
    let negated = cursor.eat_mark("!=");
    let equals = !negated && cursor.eat_mark("==");
    if let Some(name) = named(cursor)? {
        return Ok((negated, Against::Named(name)));
    }
    if cursor.at_block() {
        let mut keys = Elements::new(kinds.len());
        let mut values = Key::new();
        let inner = cursor.list()?;
        for element in inner.elements() {
            let mut element = Cursor::new(element);
            element.skip_ends();
            let line = element.line();
            key(&mut element, kinds, &mut values)?;
            keys.add(&values, None, line);
            element.finish()?;
        }
        settled(&mut keys)?;
        // nft merges the elements of a set that stands in a rule by itself.
        disjoint::check(&keys, true)?;
        return Ok((negated, Against::Set(Box::new(keys))));
    }
    let [kind] = kinds else {
        let mut single = Elements::new(kinds.len());
        let mut values = Key::new();
        let line = cursor.line();
        key(cursor, kinds, &mut values)?;
        single.add(&values, None, line);
        return Ok((negated, Against::Set(Box::new(single))));
    };
    let mut values = vec![value::read(*kind, cursor)?];
    while *kind == Kind::State && cursor.eat_comma() {
        values.push(value::read(*kind, cursor)?);
    }
    if *kind == Kind::State && (negated || equals) && values.len() > 1 {
        return Err(cursor.fault("a list of states is compared with the whole state"));
    }
    if *kind == Kind::State && equals {
        let mut states = Elements::new(1);
        for value in values {
            states.add(&[value], None, cursor.line());
        }
        settled(&mut states)?;
        return Ok((false, Against::Set(Box::new(states))));
    }
    Ok((negated, Against::Plain(values)))
}

/// The values that compare so with one.
fn ordered(cursor: &mut Cursor<'_>, kind: Kind, mark: &str) -> Result<Value, Fault> {
    let before = *cursor;
    let numeric = [
        Kind::Port,
        Kind::Protocol,
        Kind::IcmpType,
        Kind::IcmpCode,
        Kind::Icmpv6Type,
        Kind::Icmpv6Code,
    ];
    let Value::Numbers(first, last) = value::read(kind, cursor)? else {
        return Err(before.unknown());
    };
    if first != last || !numeric.contains(&kind) {
        return Err(before.fault("no order is modelled between such values"));
    }
    let range = match mark {
        "<" => first.checked_sub(1).map(|below| (0, below)),
        "<=" => Some((0, first)),
        ">" => Some((first + 1, kind.last())).filter(|(from, to)| from <= to),
        _ => Some((first, kind.last())),
    };
    let (from, to) = range.ok_or_else(|| before.fault("no value compares so"))?;
    Ok(Value::Numbers(from, to))
}

/// `@name`
fn named(cursor: &mut Cursor<'_>) -> Result<Option<String>, Fault> {
    let before = *cursor;
    match cursor.peek() {
        Some(Token::Word(word)) => match word.strip_prefix('@') {
            None => Ok(None),
            Some("") => Err(before.unknown()),
            Some(name) => {
                cursor.next();
                Ok(Some(name.to_owned()))
            }
        },
        _ => Ok(None),
    }
}

/// Reads values with ` . ` between them, in place of those of an earlier key.
pub(super) fn key(cursor: &mut Cursor<'_>, kinds: &[Kind], key: &mut Key) -> Result<(), Fault> {
    key.clear();
    for (number, kind) in kinds.iter().enumerate() {
        if number > 0 && !cursor.eat_word(".") {
            return Err(cursor.fault("expected ` . ` and another value"));
        }
        let before = *cursor;
        let value = value::read(*kind, cursor)?;
        // nft takes `{ 6 }` for `6`, which any of its bits will do for; among other elements no packet has such a state.
        if *kind == Kind::State && matches!(value, Value::Numbers(bits, _) if bits.count_ones() > 1) {
            return Err(before.fault("an element holds several states: write each as an element of its own"));
        }
        key.push(value);
    }
    Ok(())
}

/// Elements, each once.
fn settled(elements: &mut Elements) -> Result<(), Fault> {
    let mut faults = Vec::new();
    elements.settle(&mut faults);
    faults.into_iter().next().map_or(Ok(()), Err)
}

/// The elements of a verdict map.
fn mapped(cursor: &mut Cursor<'_>, kinds: &[Kind]) -> Result<Elements, Fault> {
    let inner = cursor.list()?;
    let mut found = Elements::new(kinds.len());
    let mut values = Key::new();
    for element in inner.elements() {
        let mut element = Cursor::new(element);
        element.skip_ends();
        let line = element.line();
        key(&mut element, kinds, &mut values)?;
        if !element.eat_word(":") {
            return Err(element.fault("expected ` : ` and a verdict"));
        }
        found.add(&values, Some(verdict(&mut element)?), line);
        element.finish()?;
    }
    settled(&mut found)?;
    disjoint::check(&found, false)?;
    Ok(found)
}

/// Reads a verdict.
pub(super) fn verdict<'a>(cursor: &mut Cursor<'a>) -> Result<Verdict<&'a str>, Fault> {
    let before = *cursor;
    Ok(match cursor.word("a verdict")? {
        "accept" => Verdict::Accept,
        "drop" => Verdict::Drop,
        "continue" => Verdict::Continue,
        "return" => Verdict::Return,
        "jump" => Verdict::Jump(cursor.word("a chain")?),
        "goto" => Verdict::Goto(cursor.word("a chain")?),
        _ => return Err(before.unknown()),
    })
}

/// `reject`, with what an answer of some kind demands of the packet.
fn reject(cursor: &mut Cursor<'_>, protocols: &Protocols) -> Result<Option<Test>, Fault> {
    cursor.next();
    if !cursor.eat_word("with") {
        return Ok(None);
    }
    let before = *cursor;
    let demand = |field: Field, number: u128| Test::Match {
        fields: vec![field],
        negated: false,
        against: Against::Plain(vec![Value::Numbers(number, number)]),
    };
    let kind = cursor.word("an answer")?;
    protocols.answer(kind).map_err(|why| before.fault(why))?;
    let test = match kind {
        "tcp" if cursor.eat_word("reset") => return Ok(Some(demand(Field::Protocol, 6))),
        "icmp" => Some(demand(Field::Family, 2)),
        "icmpv6" => Some(demand(Field::Family, 10)),
        "icmpx" => None,
        _ => return Err(before.unknown()),
    };
    cursor.eat_word("type");
    cursor.word("an answer")?;
    Ok(test)
}

/// `counter`, `counter packets 0 bytes 0`, `counter name "x"`: the name, if it has one.
pub(super) fn counter<'a>(cursor: &mut Cursor<'a>) -> Result<Option<&'a str>, Fault> {
    cursor.next();
    if cursor.eat_word("name") {
        return name(cursor).map(Some);
    }
    if cursor.eat_word("packets") {
        cursor.number("a number of packets")?;
        if !cursor.eat_word("bytes") {
            return Err(cursor.fault("expected `bytes`"));
        }
        cursor.number("a number of bytes")?;
    }
    Ok(None)
}

/// How many bytes a comment may have.
pub(super) const COMMENT: usize = 128;
/// How many bytes the prefix of a log may have.
const PREFIX: usize = 127;

/// `comment "…"`
pub(super) fn comment(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let before = *cursor;
    cursor.next();
    if cursor.quoted("a comment in quotes")?.len() > COMMENT {
        return Err(before.fault(format!("nft refuses comments of more than {COMMENT} bytes")));
    }
    Ok(())
}

fn name<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Fault> {
    match cursor.peek() {
        Some(Token::Quoted(_)) => cursor.quoted("a name"),
        _ => cursor.word("a name"),
    }
}

fn log(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    cursor.next();
    loop {
        if cursor.eat_word("prefix") {
            if cursor.quoted("a prefix in quotes")?.len() > PREFIX {
                return Err(cursor.fault(format!("nft refuses prefixes of more than {PREFIX} bytes")));
            }
        } else if cursor.eat_word("level") {
            cursor.word("a level")?;
        } else if ["group", "snaplen", "queue-threshold"]
            .iter()
            .any(|word| cursor.eat_word(word))
        {
            cursor.number("a number")?;
        } else if cursor.eat_word("flags") {
            let flag = cursor.word("a flag")?;
            if matches!(flag, "tcp" | "ip") {
                cursor.word("a flag")?;
                while cursor.eat_comma() {
                    cursor.word("a flag")?;
                }
            }
        } else {
            return Ok(());
        }
    }
}

fn limit(cursor: &mut Cursor<'_>, limits: &mut Limits) -> Result<(), Fault> {
    cursor.next();
    limits.limited = true;
    if cursor.eat_word("name") {
        limits.names.push(name(cursor)?.to_owned());
        return Ok(());
    }
    let rate = rate::of_rule(cursor)?;
    limits.over |= rate.over;
    limits.rates.push(rate);
    Ok(())
}
