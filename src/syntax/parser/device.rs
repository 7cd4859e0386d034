//! `device NAME in ZONE "title" { … }` and `group NAME = SET`

use nom::Parser;
use nom::combinator::opt;

use super::atom::{keyword, list, name, symbol, text_or_word, title};
use super::body::{Body, Statement, optional};
use super::input::{Input, Parse};
use super::set::set;
use super::value::address;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::tree::{Device, DeviceStatement, Group, Item, Name};

/// What a device holds.
pub static DEVICE: Body<DeviceStatement> = Body {
    of: "a device",
    statements: &[
        ("address", |input, word| {
            let (input, addresses) = list(address)(input)?;
            let addresses = addresses.into_iter().flatten().collect();
            let span = input.since(word.span());
            Ok((input, Some(DeviceStatement::Address(addresses, span))))
        }),
        ("label", |input, word| {
            let (input, labels) = list(name("the name of a label"))(input)?;
            let span = input.since(word.span());
            Ok((input, Some(DeviceStatement::Label(labels, span))))
        }),
        ("vendor", FACT),
        ("model", FACT),
        ("os", FACT),
        ("cves", FACT),
    ],
    error: None,
};

const FACT: Statement<DeviceStatement> = |input, word| {
    let (input, values) = list(text_or_word("a text"))(input)?;
    let key = Name {
        text: input.name(word.text),
        span: word.span(),
    };
    let span = input.since(word.span());
    Ok((input, Some(DeviceStatement::Fact(key, values, span))))
};

/// A device, after its keyword.
pub fn device<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    let (input, (name, _, zone, title, body)) = (
        name("the name of a device"),
        keyword("in", "`in`"),
        name("the name of a zone"),
        opt(title),
        optional(&DEVICE, word),
    )
        .parse(input)?;
    let span = input.since(word.span());
    let device = Device {
        name,
        zone,
        title,
        body,
        span,
    };
    Ok((input, Some(Item::Device(device))))
}

/// A group, after its keyword.
pub fn group<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    let (input, (name, _, set)) =
        (name("the name of a group"), symbol(TokenKind::Equals, "`=`"), set).parse(input)?;
    let span = input.since(word.span());
    Ok((input, Some(Item::Group(Group { name, set, span }))))
}
