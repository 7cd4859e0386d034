//! `firewall NAME { … }` and `router NAME { … }`

use std::net::IpAddr;

use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

use super::atom::{interface_name, keyword, list, name, symbol, title};
use super::body::{Body, braced, optional};
use super::input::{Input, Parse};
use super::service::terms;
use super::set::set;
use super::value::address;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::tree::{Interface, Item, Point, PointKind, PointStatement, Spanned};

/// What an enforcement point holds.
pub static POINT: Body<PointStatement> = Body {
    of: "a firewall or router",
    statements: &[
        ("target", |input, word| {
            let (input, platform) = name("the name of a platform")(input)?;
            let span = input.since(word.span());
            Ok((input, Some(PointStatement::Target(platform, span))))
        }),
        ("unmanaged", |input, word| {
            Ok((input, Some(PointStatement::Unmanaged(word.span()))))
        }),
        ("protects", |input, word| {
            let (input, device) = name("the name of a device")(input)?;
            let span = input.since(word.span());
            Ok((input, Some(PointStatement::Protects(device, span))))
        }),
        ("interface", interface),
        ("manage", |input, word| {
            let (input, (_, from, _, services)) = (
                keyword("from", "`from`"),
                set,
                symbol(TokenKind::Colon, "`:`"),
                terms,
            )
                .parse(input)?;
            let span = input.since(word.span());
            let manage = PointStatement::Manage { from, services, span };
            Ok((input, Some(manage)))
        }),
        ("run", |input, _| {
            let zones = preceded(keyword("on", "`on`"), cut(list(name("the name of a zone"))));
            let (input, (protocols, on)) = (list(name("the name of a protocol")), opt(zones)).parse(input)?;
            let on = on.unwrap_or_default();
            Ok((input, Some(PointStatement::Run { protocols, on })))
        }),
    ],
    error: None,
};

/// What an interface holds.
pub static INTERFACE: Body<Vec<Spanned<IpAddr>>> = Body {
    of: "an interface",
    statements: &[("address", |input, _| {
        let (input, addresses) = list(address)(input)?;
        Ok((input, Some(addresses.into_iter().flatten().collect())))
    })],
    error: None,
};

fn interface<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<PointStatement>> {
    let (input, (name, _, zone, addresses)) = (
        interface_name,
        symbol(TokenKind::Equals, "`=`"),
        name("the name of a zone"),
        optional(&INTERFACE, word),
    )
        .parse(input)?;
    let span = input.since(word.span());
    let interface = Interface {
        name,
        zone,
        addresses: addresses.into_iter().flatten().collect(),
        span,
    };
    Ok((input, Some(PointStatement::Interface(interface))))
}

/// A firewall, after its keyword.
pub fn firewall<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    point(input, word, PointKind::Firewall)
}

/// A router, after its keyword.
pub fn router<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    point(input, word, PointKind::Router)
}

fn point<'a>(input: Input<'a>, word: Token<'a>, kind: PointKind) -> Parse<'a, Option<Item>> {
    let what = match kind {
        PointKind::Firewall => "the name of a firewall",
        PointKind::Router => "the name of a router",
    };
    let (input, (name, title, body)) = (name(what), opt(title), braced(&POINT, word)).parse(input)?;
    let span = input.since(word.span());
    let point = Point {
        kind,
        name,
        title,
        body,
        span,
    };
    Ok((input, Some(Item::Point(point))))
}
