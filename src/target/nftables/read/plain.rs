//! Elements as they mostly are: plain addresses and numbers, a comment, and a verdict that jumps.
//!
//! These are taken from the text as they stand. Whatever is written otherwise is left to [`declare`](super::declare),
//! which reads every element, and says of these the same.

use super::cursor::{Strand, Tokens};
use super::field::Kind;
use super::lex;
use super::rule::{self, Verdict};
use super::table::Shape;
use super::value;

/// A plain element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plain<'a> {
    pub verdict: Option<Verdict<&'a str>>,
    pub line: usize,
}

/// Takes a plain element and the comma after it. Its values take the place of those of an earlier one. None where the
/// next element is not plain: then nothing is taken.
pub(super) fn take<'a>(tokens: &mut Tokens<'a>, shape: &Shape, values: &mut Vec<u128>) -> Option<Plain<'a>> {
    let mut strand = Strand::new(*tokens);
    strand.skip_ends();
    let line = strand.line()?;
    values.clear();
    for (number, kind) in shape.kinds.iter().enumerate() {
        if number > 0 && strand.word()? != b"." {
            return None;
        }
        values.push(single(*kind, strand.word()?)?);
    }
    let mut next = strand.word();
    if next == Some(b"comment") {
        let comment = strand.take(lex::Kind::Quoted)?;
        if lex::wide(comment.size) > rule::COMMENT {
            return None;
        }
        next = strand.word();
    }
    let verdict = match (shape.map, next) {
        (false, None) => None,
        (true, Some(b":")) if strand.word()? == b"jump" => Some(Verdict::Jump(strand.text()?)),
        _ => return None,
    };
    strand.skip_ends();
    if strand.take(lex::Kind::Comma).is_none() && !strand.is_empty() {
        return None;
    }
    *tokens = strand.rest();
    Some(Plain { verdict, line })
}

/// A value of a kind that has plain ones.
fn single(kind: Kind, word: &[u8]) -> Option<u128> {
    match kind {
        Kind::V4 => value::dotted(word).map(u128::from),
        Kind::Port | Kind::Protocol => decimal(word)
            .map(u128::from)
            .filter(|value| *value <= kind.last()),
        _ => None,
    }
}

/// A number of few digits. A leading zero would mean octal.
fn decimal(word: &[u8]) -> Option<u32> {
    if word.len() > 5 || (word.len() > 1 && word.first() == Some(&b'0')) || word.is_empty() {
        return None;
    }
    word.iter().try_fold(0, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + u32::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::super::cursor::Fault;
    use super::super::declare;
    use super::super::elements::Elements;
    use super::super::lex::lex;
    use super::super::rule::Key;
    use super::super::table::Set;
    use super::*;

    /// What plain elements are made of, and what they are not.
    const WORDS: &[&str] = &[
        "10.0.0.1",
        "10.0.0.2",
        "0.0.0.0",
        "255.255.255.255",
        "256.0.0.1",
        "10.0.0",
        "10.0.0.0.1",
        "010.0.0.1",
        "10.0.0.00",
        "10..0.1",
        "10.0.0.1/32",
        "10.0.0.1-10.0.0.9",
        "::1",
        "22",
        "443",
        "65535",
        "65536",
        "0",
        "00",
        "022",
        "0x16",
        "99999",
        "100000",
        "6",
        "17",
        "256",
        "tcp",
        "https",
        ".",
        ".",
        ".",
        ".",
        ":",
        ":",
        ",",
        ",",
        "\n",
        "\n",
        "{",
        "}",
        ";",
        "comment",
        "comment",
        "\"a rule\"",
        "\"two\nlines\"",
        "\"",
        "counter",
        "packets",
        "bytes",
        "jump",
        "jump",
        "goto",
        "accept",
        "drop",
        "c_1",
        "c_2",
        "#",
        "é",
    ];

    fn text(u: &mut Unstructured<'_>, shape: &Shape) -> Result<String> {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=5)? {
            for (number, kind) in shape.kinds.iter().enumerate() {
                text.push_str(if number > 0 { " . " } else { "\n" });
                text.push_str(match kind {
                    Kind::V4 => "10.0.0.1",
                    Kind::V6 => "fe80::1",
                    _ => "17",
                });
            }
            text.push_str(if u.arbitrary()? { " comment \"a rule\"" } else { "" });
            text.push_str(if shape.map { " : jump c_1" } else { "" });
            text.push(',');
        }
        let mut words: Vec<&str> = text.split_inclusive(' ').collect();
        for _ in 0..u.int_in_range(0..=3)? {
            let word = *u.choose(WORDS)?;
            let at = u.int_in_range(0..=words.len())?;
            match words.get_mut(at) {
                Some(old) if u.arbitrary()? => *old = word,
                _ => words.insert(at, word),
            }
        }
        Ok(words.join(if u.ratio(1, 8)? { "" } else { " " }))
    }

    fn set(shape: &Shape) -> Set {
        Set {
            shape: shape.clone(),
            merges: false,
            size: 0,
            elements: Elements::new(shape.kinds.len()),
        }
    }

    #[test]
    fn plain_elements_are_read_like_every_other() {
        arbtest::arbtest(|u| {
            let kinds = [
                Kind::V4,
                Kind::V4,
                Kind::Protocol,
                Kind::Port,
                Kind::V6,
                Kind::IcmpType,
            ];
            let count = u.int_in_range(1..=4)?;
            let shape = Shape {
                kinds: (0..count)
                    .map(|_| u.choose(&kinds).copied())
                    .collect::<Result<_>>()?,
                interval: u.arbitrary()?,
                map: u.arbitrary()?,
            };
            let text = text(u, &shape)?;
            let lexemes = lex(&text).unwrap_or_default().lexemes;
            let tokens = Tokens::new(&text, &lexemes);
            let (mut quick, mut slow) = (set(&shape), set(&shape));
            let (mut quick_faults, mut slow_faults): (Vec<Fault>, Vec<Fault>) = Default::default();
            declare::elements(&mut quick, tokens, &mut quick_faults);
            for element in tokens.elements() {
                declare::add(&mut slow, element, &mut Key::new(), &mut slow_faults);
            }
            assert_eq!(quick_faults, slow_faults, "{text}");
            assert_eq!(
                format!("{:?}", quick.elements),
                format!("{:?}", slow.elements),
                "{text}"
            );
            Ok(())
        });
    }
}
