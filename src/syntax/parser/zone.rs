//! `zone NAME "title" { … }`

use nom::Parser;
use nom::combinator::opt;

use super::atom::{free_name, list, name, title};
use super::body::{Body, braced};
use super::input::{Input, Parse};
use super::value::{network, number};
use crate::syntax::lexer::Token;
use crate::syntax::tree::{Item, Zone, ZoneStatement};

/// What a zone holds.
pub static ZONE: Body<ZoneStatement> = Body {
    of: "a zone",
    statements: &[
        ("subnet", |input, word| {
            let (input, prefixes) = list(network)(input)?;
            let prefixes = prefixes.into_iter().flatten().collect();
            let span = input.since(word.span());
            Ok((input, Some(ZoneStatement::Subnet(prefixes, span))))
        }),
        ("label", |input, word| {
            let (input, labels) = list(name("the name of a label"))(input)?;
            let span = input.since(word.span());
            Ok((input, Some(ZoneStatement::Label(labels, span))))
        }),
        ("trust", |input, word| {
            let (input, level) = number("a level of trust")(input)?;
            let span = input.since(word.span());
            Ok((input, level.map(|level| ZoneStatement::Trust(level, span))))
        }),
        ("isolate", |input, word| {
            Ok((input, Some(ZoneStatement::Isolate(word.span()))))
        }),
        ("external", |input, word| {
            Ok((input, Some(ZoneStatement::External(word.span()))))
        }),
        ("stub", |input, word| {
            Ok((input, Some(ZoneStatement::Stub(word.span()))))
        }),
        ("within", |input, word| {
            let (input, outer) = name("the name of a zone")(input)?;
            let span = input.since(word.span());
            Ok((input, Some(ZoneStatement::Within(outer, span))))
        }),
        ("owner", |input, word| {
            let (input, owner) = free_name("an owner")(input)?;
            let span = input.since(word.span());
            Ok((input, Some(ZoneStatement::Owner(owner, span))))
        }),
    ],
    error: None,
};

/// A zone, after its keyword.
pub fn zone<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    let (input, (name, title, body)) =
        (name("the name of a zone"), opt(title), braced(&ZONE, word)).parse(input)?;
    let span = input.since(word.span());
    let zone = Zone {
        name,
        title,
        body,
        span,
    };
    Ok((input, Some(Item::Zone(zone))))
}
