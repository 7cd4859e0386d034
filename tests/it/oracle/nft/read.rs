//! Commands of an nft file and the blocks of a listing, carried out one after the other.

use super::lex::{Cursor, Token};
use super::rule::{Rule, read_limit, read_rule};
use super::set::{Element, Set, read_elements};
use super::value::Kind;
use super::{Base, Chain, Hook, NftRuleset, Table, check_comment};
use crate::oracle::ReadError;
use crate::oracle::nft::field::read_field;

/// Words that nft 1.0.6 refuses as names.
const KEYWORDS: &[&str] = &[
    "accept", "ah", "all", "arp", "comment", "counter", "ct", "day", "dnat", "drop", "dst", "dynamic",
    "elements", "esp", "ether", "expires", "fib", "flags", "fwd", "goto", "hour", "icmp", "iif", "inet",
    "ip", "jump", "log", "map", "mark", "meta", "oif", "osf", "policy", "queue", "redirect", "reject", "rt",
    "sctp", "set", "size", "tcp", "th", "time", "timeout", "type", "udp", "vlan", "vmap", "add", "delete",
    "flush", "list", "table", "chain", "rule", "element", "hook", "limit", "snat", "return", "continue",
];

/// What a table block or a command brings, in the order in which the kernel gets it.
#[derive(Default)]
struct Pending {
    elements: Vec<(usize, String, Vec<Element>)>,
    rules: Vec<(String, Rule)>,
}

pub fn run(ruleset: &mut NftRuleset, text: &str) -> Result<(), ReadError> {
    let mut cursor = Cursor::new(text)?;
    cursor.skip_separators();
    while !cursor.is_done() {
        let line = cursor.line();
        command(ruleset, &mut cursor)?;
        cursor.end_statement()?;
        ruleset.check(line)?;
    }
    Ok(())
}

fn command(ruleset: &mut NftRuleset, cursor: &mut Cursor) -> Result<(), ReadError> {
    let first = cursor.word()?;
    match first.as_str() {
        "table" => table_block(ruleset, cursor),
        "add" | "create" => {
            let object = cursor.word()?;
            if object == "table" {
                return table_block(ruleset, cursor);
            }
            add(ruleset, cursor, &object, false)
        }
        "insert" => {
            cursor.expect_word("rule")?;
            add(ruleset, cursor, "rule", true)
        }
        "delete" | "destroy" => delete(ruleset, cursor, first == "destroy"),
        "flush" => flush(ruleset, cursor),
        other => Err(cursor.error(format!("`{other}` is not a command"))),
    }
}

fn family(cursor: &mut Cursor) -> Result<String, ReadError> {
    match cursor.peek_word() {
        Some("inet" | "ip" | "ip6") => cursor.word(),
        Some("bridge" | "netdev" | "arp") => Err(cursor.error("this family is not modelled")),
        _ => Ok("ip".to_owned()),
    }
}

/// `[A-Za-z_.][A-Za-z0-9_./:-]*`, at most 255 bytes, no keyword.
fn name(cursor: &mut Cursor) -> Result<String, ReadError> {
    let name = cursor.word()?;
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '.');
    let rest = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_./:-".contains(&b));
    if !first || !rest || name.len() > 255 || KEYWORDS.contains(&name.as_str()) {
        return Err(cursor.error(format!("`{name}` cannot be a name")));
    }
    Ok(name)
}

fn table_of<'r>(ruleset: &'r mut NftRuleset, cursor: &mut Cursor) -> Result<&'r mut Table, ReadError> {
    let key = (family(cursor)?, name(cursor)?);
    let error = cursor.error(format!("there is no table `{} {}`", key.0, key.1));
    ruleset.tables.get_mut(&key).ok_or(error)
}

fn table_block(ruleset: &mut NftRuleset, cursor: &mut Cursor) -> Result<(), ReadError> {
    let key = (family(cursor)?, name(cursor)?);
    let table = ruleset.tables.entry(key).or_default();
    if !cursor.take("{") {
        return Ok(());
    }
    let mut pending = Pending::default();
    cursor.skip_separators();
    while !cursor.take("}") {
        match cursor.word()?.as_str() {
            "comment" => {
                let comment = cursor.text()?;
                check_comment(cursor, &comment)?;
            }
            "chain" => {
                let chain = name(cursor)?;
                chain_block(table, cursor, chain, &mut pending)?;
            }
            kind @ ("set" | "map") => {
                let set = name(cursor)?;
                set_block(table, cursor, set, kind == "map", &mut pending)?;
            }
            "limit" => {
                let limit = name(cursor)?;
                limit_block(table, cursor, limit)?;
            }
            other => return Err(cursor.error(format!("`{other}` is not understood in a table"))),
        }
        cursor.end_statement()?;
    }
    // Rules come last: they may name chains and sets that stand below them.
    fill(table, pending)
}

fn fill(table: &mut Table, pending: Pending) -> Result<(), ReadError> {
    for (line, set, elements) in pending.elements {
        let set = table
            .sets
            .get_mut(&set)
            .ok_or_else(|| ReadError::at(line, format!("no set `{set}`")))?;
        for element in elements {
            set.insert(element)
                .map_err(|message| ReadError::at(line, message))?;
        }
    }
    for (chain, rule) in pending.rules {
        let line = rule.line;
        let chain = table
            .chains
            .get_mut(&chain)
            .ok_or_else(|| ReadError::at(line, format!("no chain `{chain}`")))?;
        chain.rules.push(rule);
    }
    Ok(())
}

/// A limit that exists keeps its rate.
fn limit_block(table: &mut Table, cursor: &mut Cursor, limit: String) -> Result<(), ReadError> {
    cursor.expect("{")?;
    cursor.skip_separators();
    if read_limit(cursor)? {
        return Err(cursor.error("a shared limit `over` a rate is not modelled"));
    }
    cursor.skip_separators();
    cursor.expect("}")?;
    table.limits.insert(limit);
    Ok(())
}

fn chain_block(
    table: &mut Table,
    cursor: &mut Cursor,
    chain: String,
    pending: &mut Pending,
) -> Result<(), ReadError> {
    let (mut base, mut policy) = (None, None);
    if cursor.take("{") {
        cursor.skip_separators();
        while !cursor.take("}") {
            if cursor.peek_word() == Some("type") && base.is_none() {
                base = Some(read_base(cursor)?);
            } else if cursor.take_word("policy") {
                policy = Some(match cursor.word()?.as_str() {
                    "accept" => true,
                    "drop" => false,
                    other => return Err(cursor.error(format!("`{other}` is not a policy"))),
                });
            } else if cursor.peek_word() == Some("comment") {
                cursor.word()?;
                let comment = cursor.text()?;
                check_comment(cursor, &comment)?;
            } else {
                pending.rules.push((chain.clone(), read_rule(cursor)?));
            }
            cursor.end_statement()?;
        }
    }
    let known = table.chains.entry(chain).or_insert_with(|| Chain {
        base: base.map(|(hook, priority)| Base {
            hook,
            priority,
            accept: true,
        }),
        rules: Vec::new(),
    });
    if let Some((hook, priority)) = base {
        let same = known
            .base
            .as_ref()
            .is_some_and(|old| old.hook == hook && old.priority == priority);
        if !same {
            return Err(cursor.error("the chain is there with another hook"));
        }
    }
    if let Some(accept) = policy {
        let error = cursor.error("a policy needs a base chain");
        known.base.as_mut().ok_or(error)?.accept = accept;
    }
    Ok(())
}

/// `type filter hook forward priority filter - 10`
fn read_base(cursor: &mut Cursor) -> Result<(Hook, i32), ReadError> {
    cursor.expect_word("type")?;
    cursor.expect_word("filter")?;
    cursor.expect_word("hook")?;
    let hook = match cursor.word()?.as_str() {
        "prerouting" => Hook::Prerouting,
        "input" => Hook::Input,
        "forward" => Hook::Forward,
        "output" => Hook::Output,
        "postrouting" => Hook::Postrouting,
        other => return Err(cursor.error(format!("the hook `{other}` is not modelled"))),
    };
    cursor.expect_word("priority")?;
    let negative = cursor.take("-");
    let word = cursor.word()?;
    let bad = |cursor: &Cursor| cursor.error("the priority is not understood");
    let start = match word.as_str() {
        "raw" => -300,
        "mangle" => -150,
        "dstnat" => -100,
        "filter" => 0,
        "security" => 50,
        "srcnat" => 100,
        number => number.parse::<i32>().map_err(|_| bad(cursor))?,
    };
    let minus = cursor.take("-");
    let offset = if minus || matches!(cursor.peek(), Some(Token::Word(_))) {
        cursor.word()?.parse::<i32>().map_err(|_| bad(cursor))?
    } else {
        0
    };
    let start = if negative { -start } else { start };
    Ok((hook, if minus { start - offset } else { start + offset }))
}

fn set_block(
    table: &mut Table,
    cursor: &mut Cursor,
    name: String,
    is_map: bool,
    pending: &mut Pending,
) -> Result<(), ReadError> {
    let mut set = Set {
        kinds: Vec::new(),
        is_map,
        interval: false,
        auto_merge: false,
        elements: Vec::new(),
    };
    cursor.expect("{")?;
    cursor.skip_separators();
    while !cursor.take("}") {
        match cursor.word()?.as_str() {
            "type" => {
                set.kinds = read_kinds(cursor, is_map, |cursor| {
                    let word = cursor.word()?;
                    Kind::from_type(&word)
                        .ok_or_else(|| cursor.error(format!("the type `{word}` is not understood")))
                })?;
            }
            "typeof" => {
                set.kinds = read_kinds(cursor, is_map, |cursor| {
                    let field = read_field(cursor)?;
                    field
                        .map(|f| f.kind())
                        .ok_or_else(|| cursor.error("the field is not understood"))
                })?;
            }
            "flags" => loop {
                match cursor.word()?.as_str() {
                    "interval" => set.interval = true,
                    "constant" => {}
                    other => return Err(cursor.error(format!("the flag `{other}` is not modelled"))),
                }
                if !cursor.take(",") {
                    break;
                }
            },
            "auto-merge" => set.auto_merge = true,
            "size" | "policy" => {
                cursor.word()?;
            }
            "counter" => {}
            "comment" => {
                let comment = cursor.text()?;
                check_comment(cursor, &comment)?;
            }
            "elements" => {
                cursor.expect("=")?;
                let line = cursor.line();
                let elements = read_elements(cursor, &set.kinds)?;
                pending.elements.push((line, name.clone(), elements));
            }
            other => return Err(cursor.error(format!("`{other}` is not understood in a set"))),
        }
        cursor.end_statement()?;
    }
    if set.kinds.is_empty() {
        return Err(cursor.error("a set needs a type"));
    }
    let old = table.sets.entry(name).or_insert_with(|| set.clone());
    let same = old.kinds == set.kinds && old.is_map == is_map && old.interval == set.interval;
    if !same {
        return Err(cursor.error("the set is there with another type"));
    }
    Ok(())
}

/// `a . b`, and for a map ` : verdict`.
fn read_kinds(
    cursor: &mut Cursor,
    is_map: bool,
    mut one: impl FnMut(&mut Cursor) -> Result<Kind, ReadError>,
) -> Result<Vec<Kind>, ReadError> {
    let mut kinds = vec![one(cursor)?];
    while cursor.take(".") {
        kinds.push(one(cursor)?);
    }
    if is_map {
        cursor.expect(":")?;
        cursor.expect_word("verdict")?;
    }
    Ok(kinds)
}

fn add(ruleset: &mut NftRuleset, cursor: &mut Cursor, object: &str, first: bool) -> Result<(), ReadError> {
    let table = table_of(ruleset, cursor)?;
    let mut pending = Pending::default();
    let name = name(cursor)?;
    match object {
        "chain" => chain_block(table, cursor, name, &mut pending)?,
        "set" | "map" => set_block(table, cursor, name, object == "map", &mut pending)?,
        "limit" => limit_block(table, cursor, name)?,
        "element" => {
            let error = cursor.error(format!("there is no set `{name}`"));
            let kinds = table.sets.get(&name).ok_or(error)?.kinds.clone();
            let line = cursor.line();
            pending
                .elements
                .push((line, name, read_elements(cursor, &kinds)?));
        }
        "rule" => {
            let rule = read_rule(cursor)?;
            if first {
                let error = cursor.error(format!("there is no chain `{name}`"));
                table.chains.get_mut(&name).ok_or(error)?.rules.insert(0, rule);
            } else {
                pending.rules.push((name, rule));
            }
        }
        other => return Err(cursor.error(format!("`add {other}` is not understood"))),
    }
    fill(table, pending)
}

fn delete(ruleset: &mut NftRuleset, cursor: &mut Cursor, forgiving: bool) -> Result<(), ReadError> {
    let object = cursor.word()?;
    if object == "table" {
        let key = (family(cursor)?, name(cursor)?);
        let gone = ruleset.tables.remove(&key);
        return if gone.is_some() || forgiving {
            Ok(())
        } else {
            Err(cursor.error(format!("there is no table `{}`", key.1)))
        };
    }
    let table = table_of(ruleset, cursor)?;
    let name = name(cursor)?;
    let error = cursor.error(format!("there is no {object} `{name}`"));
    let gone = match object.as_str() {
        "chain" => table.chains.remove(&name).is_some(),
        "set" | "map" => match table.sets.get(&name).map(|set| set.is_map == (object == "map")) {
            Some(true) => table.sets.remove(&name).is_some(),
            _ => false,
        },
        "limit" => table.limits.remove(&name),
        "element" => {
            let set = table.sets.get_mut(&name).ok_or(error.clone())?;
            let line = cursor.line();
            for element in read_elements(cursor, &set.kinds.clone())? {
                set.remove(&element.key)
                    .map_err(|message| ReadError::at(line, message))?;
            }
            true
        }
        other => return Err(cursor.error(format!("`delete {other}` is not understood"))),
    };
    if gone || forgiving { Ok(()) } else { Err(error) }
}

fn flush(ruleset: &mut NftRuleset, cursor: &mut Cursor) -> Result<(), ReadError> {
    let object = cursor.word()?;
    if object == "ruleset" {
        ruleset.tables.clear();
        return Ok(());
    }
    let table = table_of(ruleset, cursor)?;
    if object == "table" {
        // Rules go; sets and maps keep their elements.
        table.chains.values_mut().for_each(|chain| chain.rules.clear());
        return Ok(());
    }
    let name = name(cursor)?;
    let error = cursor.error(format!("there is no {object} `{name}`"));
    match object.as_str() {
        "chain" => table.chains.get_mut(&name).ok_or(error)?.rules.clear(),
        "set" | "map" => {
            let set = table
                .sets
                .get_mut(&name)
                .filter(|set| set.is_map == (object == "map"));
            set.ok_or(error)?.elements.clear();
        }
        other => return Err(cursor.error(format!("`flush {other}` is not understood"))),
    }
    Ok(())
}
