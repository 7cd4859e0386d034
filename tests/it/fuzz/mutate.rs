//! Inputs that are nearly good: those get further than noise.

use std::collections::BTreeSet;

use arbtest::arbitrary::{Result, Unstructured};

/// Values at which readers of numbers, lines and text break.
const NASTY: &[&[u8]] = &[
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b"\"",
    b"'",
    b"\\",
    b"-1",
    b"0",
    b"65536",
    b"4294967296",
    b"340282366920938463463374607431768211456",
    b"255.255.255.255/32",
    b"::/0",
    b"::ffff:1.2.3.4",
    b"9999-12-31",
    "\u{FEFF}".as_bytes(),
    "ä😀".as_bytes(),
    b"\xff\xfe",
    b"((((((((((((((((((((((((((((((((",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{",
    b"&a [*a,*a]",
];

/// The largest input.
const MOST: usize = 1 << 14;

/// The words of good inputs, each once.
pub fn words(seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let words: BTreeSet<&[u8]> = seeds
        .iter()
        .flat_map(|seed| seed.split(u8::is_ascii_whitespace))
        .filter(|word| !word.is_empty() && word.len() < 64)
        .collect();
    words.into_iter().map(<[u8]>::to_vec).collect()
}

/// A good input with a few mistakes.
pub fn damaged(u: &mut Unstructured<'_>, seeds: &[Vec<u8>], words: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut input = u.choose(seeds)?.clone();
    for _ in 0..u.int_in_range(1..=8)? {
        let at = u.int_in_range(0..=input.len())?;
        let upto = (at + u.int_in_range(0..=32)?).min(input.len());
        match u.int_in_range(0..=7)? {
            0 => drop(input.drain(at..upto)),
            1 => input.truncate(at),
            2 => drop(input.splice(at..at, u.choose(NASTY)?.iter().copied())),
            3 => drop(input.splice(at..upto, u.choose(NASTY)?.iter().copied())),
            4 if !words.is_empty() => {
                let mut word = u.choose(words)?.clone();
                word.push(b' ');
                input.splice(at..at, word);
            }
            5 => {
                let repeated = input[at..upto].repeat(u.int_in_range(1..=20)?);
                input.splice(at..at, repeated);
            }
            6 => {
                let other = u.choose(seeds)?;
                let from = u.int_in_range(0..=other.len())?;
                let length = u.int_in_range(0..=200)?.min(other.len() - from);
                input.splice(at..upto, other[from..from + length].iter().copied());
            }
            _ => match input.get_mut(at) {
                Some(byte) => *byte = u.arbitrary()?,
                None => input.push(u.arbitrary()?),
            },
        }
        input.truncate(MOST);
    }
    Ok(input)
}
