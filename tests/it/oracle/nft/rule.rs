//! Rules: matches, statements and verdicts from left to right.

use super::check_comment;
use super::field::{Field, Seen, read_fields};
use super::lex::{Cursor, Token};
use super::set::{Found, Set, anonymous, read_counts, read_key};
use super::value::{Kind, Match, Pattern, Value};
use crate::oracle::ReadError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    Drop,
    Jump(String),
    Goto(String),
    Return,
    Continue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    Named(String),
    Anonymous(Set),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Fields against one key; `true` where they must differ.
    Compare(Vec<Field>, bool, Vec<Pattern>),
    /// Fields in a set; `true` where they must not be.
    InSet(Vec<Field>, bool, Lookup),
    /// Some bit of the mask is set.
    AnyBit(Field, u128),
    /// `(field & mask) == value`; `true` where they must differ.
    Bits(Field, bool, u128, u128),
    Map(Vec<Field>, Lookup),
    /// `limit rate`; `true` with `over`.
    Limit(bool),
    /// `limit name`
    NamedLimit(String),
    Verdict(Verdict),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub line: usize,
    pub steps: Vec<Step>,
}

/// What a rule does, or why that cannot be told.
pub type Outcome = Result<Option<Verdict>, String>;

impl Rule {
    /// `Ok(None)`: the packet goes on to the next rule.
    pub fn run<'s>(&'s self, seen: &Seen<'_>, named: &dyn Fn(&str) -> Option<&'s Set>) -> Outcome {
        let undetermined = || {
            Err(format!(
                "the rule of line {} reads bytes that are not modelled",
                self.line
            ))
        };
        for step in &self.steps {
            let holds = match step {
                Step::Compare(fields, differ, key) => {
                    let values: Option<Vec<Value>> = fields.iter().map(|field| field.of(seen)).collect();
                    let Some(values) = values else { return Ok(None) };
                    let parts: Vec<Match> = key.iter().zip(&values).map(|(p, v)| p.matches(v)).collect();
                    if parts.contains(&Match::No) {
                        *differ
                    } else if parts.contains(&Match::Unknown) {
                        return undetermined();
                    } else {
                        !*differ
                    }
                }
                Step::InSet(fields, differ, lookup) => match resolve(lookup, named)?.look_up(fields, seen) {
                    None => return Ok(None),
                    Some(Found::Unknown) => return undetermined(),
                    Some(Found::Element(_)) => !*differ,
                    Some(Found::Nothing) => *differ,
                },
                Step::AnyBit(field, mask) => match field.of(seen) {
                    Some(Value::Number(value)) => value & mask != 0,
                    _ => return Ok(None),
                },
                Step::Bits(field, differ, mask, wanted) => match field.of(seen) {
                    Some(Value::Number(value)) => (value & mask == *wanted) != *differ,
                    _ => return Ok(None),
                },
                Step::Map(fields, lookup) => match resolve(lookup, named)?.look_up(fields, seen) {
                    None | Some(Found::Nothing) => return Ok(None),
                    Some(Found::Unknown) => return undetermined(),
                    Some(Found::Element(verdict)) => match verdict {
                        Some(Verdict::Continue) => true,
                        verdict => return Ok(verdict),
                    },
                },
                Step::Limit(over) => seen.within_limit != *over,
                Step::NamedLimit(_) => seen.within_limit,
                Step::Verdict(Verdict::Continue) => return Ok(None),
                Step::Verdict(verdict) => return Ok(Some(verdict.clone())),
            };
            if !holds {
                return Ok(None);
            }
        }
        Ok(None)
    }
}

fn resolve<'s>(lookup: &'s Lookup, named: &dyn Fn(&str) -> Option<&'s Set>) -> Result<&'s Set, String> {
    match lookup {
        Lookup::Anonymous(set) => Ok(set),
        Lookup::Named(name) => named(name).ok_or_else(|| format!("there is no set `{name}`")),
    }
}

/// Reads a rule up to the end of its statement.
pub fn read_rule(cursor: &mut Cursor) -> Result<Rule, ReadError> {
    let line = cursor.line();
    let mut steps = Vec::new();
    let mut ended = false;
    while !cursor.at_separator() {
        if cursor.take_word("comment") {
            let comment = cursor.text()?;
            check_comment(cursor, &comment)?;
            ended = true;
            if !cursor.at_separator() {
                return Err(cursor.error("a comment ends its rule"));
            }
        } else if ended {
            return Err(cursor.error("nothing may follow a verdict"));
        } else if let Some(fields) = read_fields(cursor)? {
            let step = read_match(cursor, fields)?;
            ended = matches!(step, Step::Map(..));
            steps.push(step);
        } else if let Some(verdict) = read_verdict(cursor)? {
            steps.push(Step::Verdict(verdict));
            ended = true;
        } else {
            ended = read_statement(cursor, &mut steps)?;
        }
    }
    if steps.len() > 128 {
        return Err(ReadError::at(line, "a rule takes at most 128 expressions"));
    }
    Ok(Rule { line, steps })
}

/// `counter`, `log`, `limit`, `reject`; true where the statement is a verdict.
fn read_statement(cursor: &mut Cursor, steps: &mut Vec<Step>) -> Result<bool, ReadError> {
    if cursor.take_word("counter") {
        read_counts(cursor)?;
    } else if cursor.take_word("log") {
        read_log(cursor)?;
    } else if cursor.take_word("limit") {
        if cursor.take_word("name") {
            steps.push(Step::NamedLimit(cursor.text()?));
        } else {
            steps.push(Step::Limit(read_limit(cursor)?));
        }
    } else if cursor.take_word("reject") {
        read_reject(cursor, steps)?;
        return Ok(true);
    } else {
        return Err(cursor.error(format!("{:?} is not understood", cursor.peek())));
    }
    Ok(false)
}

/// `rate [over] 10/second [burst 5 packets]`; true with `over`.
pub fn read_limit(cursor: &mut Cursor) -> Result<bool, ReadError> {
    cursor.expect_word("rate")?;
    let over = cursor.take_word("over");
    read_rate(cursor)?;
    if cursor.take_word("burst") {
        cursor.word()?;
        cursor.expect_word("packets")?;
    }
    Ok(over)
}

/// `10/second`
fn read_rate(cursor: &mut Cursor) -> Result<(), ReadError> {
    let rate = cursor.word()?;
    let ok = rate.split_once('/').is_some_and(|(count, unit)| {
        crate::oracle::address::decimal::<u32>(count).is_some_and(|count| count > 0)
            && ["second", "minute", "hour", "day", "week"].contains(&unit)
    });
    if ok {
        Ok(())
    } else {
        Err(cursor.error(format!("`{rate}` is not a rate")))
    }
}

fn read_log(cursor: &mut Cursor) -> Result<(), ReadError> {
    let mut group = false;
    let mut to_syslog = false;
    loop {
        if cursor.take_word("prefix") {
            if cursor.text()?.len() > 127 {
                return Err(cursor.error("a log prefix holds at most 127 bytes"));
            }
        } else if cursor.take_word("level") || cursor.take_word("flags") {
            cursor.word()?;
            to_syslog = true;
        } else if cursor.take_word("group")
            || cursor.take_word("snaplen")
            || cursor.take_word("queue-threshold")
        {
            cursor.word()?;
            group = true;
        } else {
            break;
        }
    }
    if group && to_syslog {
        return Err(cursor.error("a log group excludes level and flags"));
    }
    Ok(())
}

/// A way of rejecting that fits one family or protocol only makes the rule match that alone.
fn read_reject(cursor: &mut Cursor, steps: &mut Vec<Step>) -> Result<(), ReadError> {
    let only =
        |field: Field, value: u128| Step::Compare(vec![field], false, vec![Pattern::Range(value, value)]);
    if cursor.take_word("with") {
        match cursor.word()?.as_str() {
            "tcp" => {
                cursor.expect_word("reset")?;
                steps.push(only(Field::L4Protocol, 6));
            }
            kind @ ("icmp" | "icmpv6" | "icmpx") => {
                cursor.take_word("type");
                cursor.word()?;
                match kind {
                    "icmp" => steps.push(only(Field::Family, 2)),
                    "icmpv6" => steps.push(only(Field::Family, 10)),
                    _ => {}
                }
            }
            other => return Err(cursor.error(format!("`{other}` is not understood after `reject with`"))),
        }
    }
    steps.push(Step::Verdict(Verdict::Drop));
    Ok(())
}

/// Reads a plain verdict where one stands.
pub fn read_verdict(cursor: &mut Cursor) -> Result<Option<Verdict>, ReadError> {
    let verdict = match cursor.peek_word() {
        Some("accept") => Verdict::Accept,
        Some("drop") => Verdict::Drop,
        Some("return") => Verdict::Return,
        Some("continue") => Verdict::Continue,
        Some("jump") => {
            cursor.word()?;
            return Ok(Some(Verdict::Jump(cursor.word()?)));
        }
        Some("goto") => {
            cursor.word()?;
            return Ok(Some(Verdict::Goto(cursor.word()?)));
        }
        _ => return Ok(None),
    };
    cursor.word()?;
    Ok(Some(verdict))
}

fn read_match(cursor: &mut Cursor, fields: Vec<Field>) -> Result<Step, ReadError> {
    let kinds: Vec<Kind> = fields.iter().map(|field| field.kind()).collect();
    if cursor.take_word("vmap") {
        let lookup = if cursor.take("@") {
            Lookup::Named(cursor.word()?)
        } else {
            Lookup::Anonymous(anonymous(cursor, &kinds, true)?)
        };
        return Ok(Step::Map(fields, lookup));
    }
    if let [Field::TcpFlags] = fields.as_slice()
        && cursor.take("&")
    {
        let mask = read_bits(cursor, Kind::TcpFlags)?;
        let differ = cursor.take("!=");
        if !differ {
            cursor.expect("==")?;
        }
        let wanted = read_bits(cursor, Kind::TcpFlags)?;
        return Ok(Step::Bits(Field::TcpFlags, differ, mask, wanted));
    }
    let order = ["<=", ">=", "<", ">"].into_iter().find(|sign| cursor.take(sign));
    if let Some(order) = order {
        let ([kind], Token::Word(word)) = (kinds.as_slice(), cursor.next()?) else {
            return Err(cursor.error("an order needs one field and one number"));
        };
        let bound = kind
            .number(&word)
            .ok_or_else(|| cursor.error(format!("`{word}` is not a number")))?;
        let range = match order {
            "<=" => Some((0, bound)),
            ">=" => Some((bound, kind.highest())),
            "<" => bound.checked_sub(1).map(|high| (0, high)),
            _ => bound.checked_add(1).map(|low| (low, kind.highest())),
        };
        let (low, high) = range.ok_or_else(|| cursor.error("the comparison can never hold"))?;
        return Ok(Step::Compare(fields, false, vec![Pattern::Range(low, high)]));
    }
    let differ = cursor.take("!=");
    let exact = differ || cursor.take("==");
    if cursor.take("@") {
        return Ok(Step::InSet(fields, differ, Lookup::Named(cursor.word()?)));
    }
    if cursor.peek() == Some(&Token::Sign("{")) {
        let set = anonymous(cursor, &kinds, false)?;
        return Ok(Step::InSet(fields, differ, Lookup::Anonymous(set)));
    }
    if let [field @ (Field::State | Field::TcpFlags)] = fields.as_slice() {
        if !exact && cursor.second_sign() == Some("|") {
            // A file means "any of them" by it, a listing of nft 1.0.6 means "exactly these together".
            return Err(cursor.error("`|` needs an operator before it"));
        }
        let bits = read_bits(cursor, field.kind())?;
        if cursor.take("/") {
            let mask = read_bits(cursor, field.kind())?;
            return Ok(Step::Bits(*field, differ, mask, bits));
        }
        // With an operator the whole value is compared: `ct state != established,related` holds for every packet.
        return Ok(if exact {
            Step::Bits(*field, differ, u128::MAX, bits)
        } else {
            Step::AnyBit(*field, bits)
        });
    }
    let key = read_key(cursor, &kinds)?;
    Ok(Step::Compare(fields, differ, key))
}

/// Names of bits joined by `,` or `|`, perhaps between round brackets.
fn read_bits(cursor: &mut Cursor, kind: Kind) -> Result<u128, ReadError> {
    let bracket = cursor.take("(");
    let mut bits = 0;
    loop {
        let word = cursor.word()?;
        bits |= kind
            .number(&word)
            .ok_or_else(|| cursor.error(format!("`{word}` is not understood as {kind:?}")))?;
        if !cursor.take(",") && !cursor.take("|") {
            break;
        }
    }
    if bracket {
        cursor.expect(")")?;
    }
    Ok(bits)
}
