//! The commands of a file, carried out one after the other on tables that are empty at first.

use std::collections::BTreeMap;

use super::cursor::{Cursor, Fault, Token, Tokens};
use super::declare::{self, Once};
use super::rule;
use super::table::{Family, Table, Tables};

/// Carries out every command, and collects what is not understood.
pub(super) fn run(tokens: Tokens<'_>) -> (Tables, Vec<Fault>) {
    let mut tables = Tables::new();
    let mut faults = Vec::new();
    for statement in tokens.statements() {
        if let Err(fault) = command(&mut tables, statement, &mut faults) {
            faults.push(fault);
        }
    }
    settle(tables.values_mut(), &mut faults);
    (tables, faults)
}

/// Carries out what was said of elements, which also finds what nft refuses of it: before anything goes, since a file
/// that is refused is not loaded at all.
fn settle<'t>(tables: impl IntoIterator<Item = &'t mut Table>, faults: &mut Vec<Fault>) {
    for set in tables.into_iter().flat_map(|table| table.sets.values_mut()) {
        set.settle(faults);
    }
}

const KINDS: [&str; 8] = [
    "table", "chain", "rule", "set", "map", "element", "limit", "counter",
];

fn command(tables: &mut Tables, statement: Tokens<'_>, faults: &mut Vec<Fault>) -> Result<(), Fault> {
    let mut cursor = Cursor::new(statement);
    let before = cursor;
    let verb = cursor.word("a command")?;
    // A command that only names an object adds it.
    let (verb, kind) = if KINDS.contains(&verb) {
        ("add", verb)
    } else {
        (verb, cursor.word("what the command is about")?)
    };
    if (verb, kind) == ("flush", "ruleset") {
        cursor.finish()?;
        settle(tables.values_mut(), faults);
        tables.clear();
        return Ok(());
    }
    if !KINDS.contains(&kind) {
        return Err(before.fault(format!("`{verb} {kind}` is not modelled")));
    }
    let family = family(&mut cursor)?;
    let name = cursor.name("the name of a table")?.to_owned();
    let key = (family, name);
    let missing = |line: usize| Fault::new(line, "there is no such table");
    if kind == "table" {
        return match verb {
            "add" => {
                let table = tables.entry(key).or_default();
                if cursor.at_block() {
                    let inner = cursor.block()?;
                    cursor.finish()?;
                    block(table, family, inner, faults);
                    return Ok(());
                }
                cursor.finish()
            }
            "flush" => {
                let table = tables.get_mut(&key).ok_or_else(|| missing(before.line()))?;
                table.chains.values_mut().for_each(|chain| chain.rules.clear());
                cursor.finish()
            }
            "delete" | "destroy" => {
                settle(tables.get_mut(&key), faults);
                if tables.remove(&key).is_none() && verb == "delete" {
                    return Err(missing(before.line()));
                }
                cursor.finish()
            }
            _ => Err(before.unknown()),
        };
    }
    let table = tables.get_mut(&key).ok_or_else(|| missing(before.line()))?;
    match verb {
        "add" => add(table, family, kind, cursor, faults),
        "insert" if kind == "rule" => {
            let chain = cursor.word("a chain")?.to_owned();
            let line = cursor.line();
            let rule = rule::read(cursor.rest(), family)?;
            let chain = table.chains.get_mut(&chain);
            let chain = chain.ok_or_else(|| Fault::new(line, "there is no such chain"))?;
            chain.rules.insert(0, rule);
            Ok(())
        }
        "flush" => flush(table, kind, cursor, faults),
        "delete" | "destroy" => delete(table, kind, cursor, verb == "destroy", faults),
        _ => Err(before.unknown()),
    }
}

fn family(cursor: &mut Cursor<'_>) -> Result<Family, Fault> {
    for (word, family) in [("inet", Family::Inet), ("ip", Family::V4), ("ip6", Family::V6)] {
        if cursor.eat_word(word) {
            return Ok(family);
        }
    }
    for other in ["arp", "bridge", "netdev"] {
        if cursor.peek() == Some(Token::Word(other)) {
            return Err(cursor.fault(format!("tables of the family `{other}` are not modelled")));
        }
    }
    Ok(Family::V4)
}

fn block(table: &mut Table, family: Family, inner: Tokens<'_>, faults: &mut Vec<Fault>) {
    let mut comment = Once::new("comment");
    for statement in inner.statements() {
        let mut cursor = Cursor::new(statement);
        let before = cursor;
        if cursor.peek() == Some(Token::Word("comment")) {
            let read = comment.here(&cursor).and_then(|()| rule::comment(&mut cursor));
            faults.extend(read.and_then(|()| cursor.finish()).err());
            continue;
        }
        let done = match cursor.next() {
            Some(Token::Word(kind @ ("chain" | "set" | "map" | "limit" | "counter"))) => {
                add(table, family, kind, cursor, faults)
            }
            _ => Err(before.unknown()),
        };
        faults.extend(done.err());
    }
}

/// Adds an object to a table, or what it says to the object that is there.
fn add(
    table: &mut Table,
    family: Family,
    kind: &str,
    mut cursor: Cursor<'_>,
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    let before = cursor;
    let name = cursor.name("a name")?.to_owned();
    if let Some(wrong) = name.chars().find(|c| matches!(c, ':' | '@' | '$' | '*' | '+')) {
        return Err(before.fault(format!("`{wrong}` in a name")));
    }
    match kind {
        "chain" => declare::chain(table.chains.entry(name).or_default(), family, cursor, faults),
        "rule" => {
            let chain = table.chains.get_mut(&name);
            let chain = chain.ok_or_else(|| before.fault(format!("there is no chain `{name}`")))?;
            chain.rules.push(rule::read(cursor.rest(), family)?);
            Ok(())
        }
        "set" | "map" => declare::set(&mut table.sets, name, kind == "map", cursor, faults),
        "element" => {
            let set = table.sets.get_mut(&name);
            let set = set.ok_or_else(|| before.fault(format!("there is no set `{name}`")))?;
            let inner = cursor.list()?;
            cursor.finish()?;
            declare::elements(set, inner, faults);
            Ok(())
        }
        "limit" => {
            let rate = declare::limit(cursor)?;
            match table.limits.insert(name, rate) {
                Some(other) if other != rate => Err(before.fault("this limit is there with another rate")),
                _ => Ok(()),
            }
        }
        "counter" => {
            if cursor.at_block() {
                declare::counter(cursor.block()?)?;
            }
            table.counters.insert(name);
            cursor.finish()
        }
        _ => Err(before.unknown()),
    }
}

fn flush(
    table: &mut Table,
    kind: &str,
    mut cursor: Cursor<'_>,
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    let before = cursor;
    let name = cursor.word("a name")?;
    let found = match kind {
        "chain" => table.chains.get_mut(name).map(|chain| chain.rules.clear()),
        "set" | "map" => table.sets.get_mut(name).map(|set| set.flush(faults)),
        _ => return Err(before.unknown()),
    };
    found.ok_or_else(|| before.fault(format!("there is no {kind} `{name}`")))?;
    cursor.finish()
}

fn delete(
    table: &mut Table,
    kind: &str,
    mut cursor: Cursor<'_>,
    lenient: bool,
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    fn remove<T>(objects: &mut BTreeMap<String, T>, name: &str) -> bool {
        objects.remove(name).is_some()
    }
    let before = cursor;
    let name = cursor.word("a name")?;
    let found = match kind {
        "chain" => remove(&mut table.chains, name),
        "set" | "map" => table
            .sets
            .remove(name)
            .map(|mut set| set.settle(faults))
            .is_some(),
        "limit" => remove(&mut table.limits, name),
        "counter" => table.counters.remove(name),
        "element" => {
            let set = table.sets.get_mut(name);
            let set = set.ok_or_else(|| before.fault(format!("there is no set `{name}`")))?;
            // nft 1.0.6 loses the command where the set is declared with its elements in the same file.
            if set.shape.interval {
                return Err(before.fault(
                    "elements are taken from a set of ranges, which nft does not always do in the file that adds them",
                ));
            }
            let inner = cursor.list()?;
            declare::without(set, inner, lenient, faults);
            true
        }
        _ => return Err(before.unknown()),
    };
    if !found && !lenient {
        return Err(before.fault(format!("there is no {kind} `{name}`")));
    }
    cursor.finish()
}
