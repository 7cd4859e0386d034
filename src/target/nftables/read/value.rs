//! Values as nft writes them: numbers, names, prefixes, ranges.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use super::cursor::{Cursor, Fault, Token};
use super::field::Kind;
use super::names;

/// One value, or a range of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Value {
    /// From first to last.
    Numbers(u128, u128),
    /// An interface.
    Name(String),
}

impl Value {
    /// True where it holds more than one.
    pub(super) fn is_range(&self) -> bool {
        matches!(self, Self::Numbers(first, last) if first != last)
    }
}

/// Reads one value of a kind.
pub(super) fn read(kind: Kind, cursor: &mut Cursor<'_>) -> Result<Value, Fault> {
    let before = *cursor;
    match (kind, cursor.next()) {
        (Kind::Name | Kind::Index, Some(Token::Quoted(name) | Token::Word(name))) => {
            interface(name).map_err(|why| before.fault(why))
        }
        (_, Some(Token::Word(word))) if kind != Kind::Name => {
            if let Some(value) = single(kind, word) {
                return Ok(Value::Numbers(value, value));
            }
            let (first, last) = range(kind, word)
                .ok_or_else(|| before.fault(format!("`{}` is no value that is known here", short(word))))?;
            if word.contains('/') && written_address(kind, word) != Some(first) {
                // nft takes them for zeros, but lists a masked address compared with a value that has them just so,
                // and that matches nothing.
                return Err(before.fault(format!("`{}` has bits after its prefix", short(word))));
            }
            Ok(Value::Numbers(first, last))
        }
        _ => Err(before.unknown()),
    }
}

/// How many bytes the name of an interface may have.
const INTERFACE: usize = 15;

fn interface(name: &str) -> Result<Value, String> {
    if name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{}` is no name of an interface", short(name)));
    }
    if name.len() > INTERFACE {
        return Err(format!(
            "nft refuses names of interfaces of more than {INTERFACE} bytes"
        ));
    }
    if name.contains(['*', '$', '@', '\\']) {
        return Err(format!(
            "the pattern `{}` stands for interfaces nobody names",
            short(name)
        ));
    }
    Ok(Value::Name(name.to_owned()))
}

fn short(word: &str) -> String {
    word.chars().take(60).collect()
}

/// More than one value: `8000-8080`, `10.0.0.0/8`, `nd-router-solicit-nd-redirect`.
fn range(kind: Kind, word: &str) -> Option<(u128, u128)> {
    if word.contains('/') {
        return prefix(kind, word);
    }
    // A state is a bit: between two of them is nothing.
    if kind == Kind::State {
        return None;
    }
    // Names hold hyphens too: exactly one of them may stand between two values.
    let mut splits = word.match_indices('-').take(16).filter_map(|(at, _)| {
        let (first, last) = (word.get(..at)?, word.get(at + 1..)?);
        Some((single(kind, first)?, single(kind, last)?))
    });
    splits
        .next()
        .filter(|(first, last)| first <= last && splits.next().is_none())
}

/// The address that a prefix is written with.
fn written_address(kind: Kind, word: &str) -> Option<u128> {
    single(kind, word.split_once('/')?.0)
}

fn prefix(kind: Kind, word: &str) -> Option<(u128, u128)> {
    match kind {
        Kind::V4 => {
            let net: Ipv4Net = word.parse().ok()?;
            let number = |address: Ipv4Addr| u128::from(u32::from(address));
            Some((number(net.network()), number(net.broadcast())))
        }
        Kind::V6 => {
            let net: Ipv6Net = word.parse().ok()?;
            Some((u128::from(net.network()), u128::from(net.broadcast())))
        }
        _ => None,
    }
}

/// One value as a number: `443`, `echo-request`, `10.0.0.1`.
pub(super) fn single(kind: Kind, word: &str) -> Option<u128> {
    match kind {
        Kind::V4 => dotted(word.as_bytes()).map(u128::from),
        Kind::V6 => word.parse::<Ipv6Addr>().ok().map(u128::from),
        Kind::Name | Kind::Index => None,
        _ => number(word)
            .or_else(|| names::number(kind, word))
            .filter(|value| *value <= kind.last()),
    }
}

/// An address of IPv4: four numbers up to 255 without leading zeros, which would mean octal.
pub(super) fn dotted(word: &[u8]) -> Option<u32> {
    let (a, rest) = octet(word)?;
    let (b, rest) = octet(rest.strip_prefix(b".")?)?;
    let (c, rest) = octet(rest.strip_prefix(b".")?)?;
    let (d, rest) = octet(rest.strip_prefix(b".")?)?;
    rest.is_empty().then(|| u32::from_be_bytes([a, b, c, d]))
}

/// The number that an address goes on with, and what follows it.
fn octet(word: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: &u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9);
    let (first, rest) = word.split_first()?;
    let first = digit(first)?;
    let Some((second, after)) = rest
        .split_first()
        .and_then(|(byte, rest)| Some((digit(byte)?, rest)))
    else {
        return Some((first, rest));
    };
    if first == 0 {
        return None;
    }
    let two = first * 10 + second;
    match after
        .split_first()
        .and_then(|(byte, rest)| Some((digit(byte)?, rest)))
    {
        None => Some((two, after)),
        Some((third, rest)) => Some((two.checked_mul(10)?.checked_add(third)?, rest)),
    }
}

/// Decimal, or hexadecimal after `0x`. A leading zero would mean octal to nft.
fn number(word: &str) -> Option<u128> {
    // Mostly a port.
    if let [b'1'..=b'9', more @ ..] = word.as_bytes()
        && more.len() < 9
        && more.iter().all(u8::is_ascii_digit)
    {
        return word.parse::<u32>().ok().map(u128::from);
    }
    let digits = |text: &str, good: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| good(&byte));
    if let Some(hexadecimal) = word.strip_prefix("0x") {
        return digits(hexadecimal, u8::is_ascii_hexdigit)
            .then(|| u128::from_str_radix(hexadecimal, 16).ok())
            .flatten();
    }
    let octal = word.len() > 1 && word.starts_with('0');
    (digits(word, u8::is_ascii_digit) && !octal)
        .then(|| word.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_the_standard_library_takes_for_one() {
        arbtest::arbtest(|u| {
            let mut word = String::new();
            for number in 0..4 {
                word.push_str(if number > 0 { "." } else { "" });
                word.push_str(&u.int_in_range(0..=300)?.to_string());
            }
            for _ in 0..u.int_in_range(0..=2)? {
                let at = u.choose_index(word.len() + 1)?;
                word.insert(at, *u.choose(&['0', '1', '9', '.', ':', '/', '+', '-', 'a'])?);
            }
            let known: Option<Ipv4Addr> = word.parse().ok();
            assert_eq!(dotted(word.as_bytes()), known.map(u32::from), "{word}");
            Ok(())
        });
    }
}
