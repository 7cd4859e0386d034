//! Port operators.

use super::keyword::{Words, choose, number};
use super::names;
use crate::packet::IntervalSet;

/// Ports that one `eq` or `neq` may name (Cisco IOS Security Command Reference, noncontiguous ports).
const MOST: usize = 10;

/// Reads an operator and its ports where one follows.
///
/// # Errors
/// When a port is no port of the protocol, or IOS would refuse the operator.
pub fn read(words: &mut Words<'_>, protocol: u8) -> Result<Option<IntervalSet<u16>>, String> {
    const OPERATORS: [&str; 5] = ["eq", "neq", "gt", "lt", "range"];
    let Some(operator) = words.peek().and_then(|word| choose(word, &OPERATORS)) else {
        return Ok(None);
    };
    words.next()?;
    let mut one = || port(words.next()?, protocol);
    Ok(Some(match operator {
        "gt" => above(one()?)?,
        "lt" => below(one()?)?,
        "range" => between(one()?, one()?)?,
        _ => {
            let mut ports = vec![one()?];
            while let Some(next) = words.peek().and_then(|word| port(word, protocol).ok()) {
                words.next()?;
                ports.push(next);
            }
            if ports.len() > MOST {
                return Err(format!("more than {MOST} ports"));
            }
            let set = IntervalSet::from_ranges(ports.into_iter().map(|port| (port, port)));
            if operator == "eq" { set } else { set.complement() }
        }
    }))
}

/// A port by number or name.
///
/// # Errors
/// When it is none.
pub fn port(word: &str, protocol: u8) -> Result<u16, String> {
    number(word)
        .or_else(|| names::port(protocol, word))
        .ok_or_else(|| format!("`{word}` is not a known port"))
}

/// Ports above this one.
///
/// # Errors
/// When there are none: IOS refuses that.
pub fn above(port: u16) -> Result<IntervalSet<u16>, String> {
    let first = port.checked_add(1).ok_or("no port is above 65535")?;
    Ok(IntervalSet::range(first, u16::MAX))
}

/// Ports below this one.
///
/// # Errors
/// When there are none: IOS refuses that.
pub fn below(port: u16) -> Result<IntervalSet<u16>, String> {
    let last = port.checked_sub(1).ok_or("no port is below 0")?;
    Ok(IntervalSet::range(0, last))
}

/// Ports from one to another, both included.
///
/// # Errors
/// When they are the wrong way round: releases differ in what they make of that.
pub fn between(first: u16, last: u16) -> Result<IntervalSet<u16>, String> {
    if first > last {
        return Err("the range is upside down".to_owned());
    }
    Ok(IntervalSet::range(first, last))
}
