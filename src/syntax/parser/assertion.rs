//! `require`, `forbid`, `only` and `limit`.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt, value};
use nom::sequence::preceded;

use super::atom::{keyword, symbol, title};
use super::input::{Input, Parse};
use super::policy::direct_arrow;
use super::service::optional_services;
use super::set::set;
use super::value::number;
use crate::diagnostic::Diagnostic;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::tree::{Arrow, Assertion, AssertionKind, Set};

/// An assertion, after its keyword `word`.
pub fn assertion<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Box<Assertion>>> {
    let arrow = match word.text {
        "forbid" => either_arrow,
        "limit" => chain_arrow,
        _ => direct_arrow,
    };
    let (input, (source, arrow, destination, services)) =
        (set, arrow, set, optional_services).parse(input)?;
    let (input, kind) = match word.text {
        "require" => (input, Some(AssertionKind::Require)),
        "forbid" => {
            let (input, via) = opt(via(arrow)).parse(input)?;
            (input, Some(AssertionKind::Forbid(arrow, via)))
        }
        "limit" => {
            let (input, _) = symbol(TokenKind::AtMost, "`<=`")(input)?;
            let (input, most) = number("a number of devices")(input)?;
            (input, most.map(AssertionKind::Limit))
        }
        _ => (input, Some(AssertionKind::Only)),
    };
    let (input, title) = opt(title).parse(input)?;
    let span = input.since(word.span());
    let assertion = kind.map(|kind| {
        Box::new(Assertion {
            kind,
            source,
            destination,
            services,
            title,
            span,
        })
    });
    Ok((input, assertion))
}

/// `unless via SET`
fn via<'a>(arrow: Arrow) -> impl Fn(Input<'a>) -> Parse<'a, Set> {
    move |input| {
        let start = input;
        let (input, set) = preceded(
            keyword("unless", "`unless`"),
            cut(preceded(keyword("via", "`via`"), set)),
        )
        .parse(input)?;
        if arrow == Arrow::Direct
            && let Some(unless) = start.peek()
        {
            let span = input.since(unless.span());
            input.report(|| {
                Diagnostic::error("syntax", span, "`unless via` needs a chain")
                    .help("`->` is one step: write `~>` to forbid every chain but those through here")
            });
        }
        Ok((input, set))
    }
}

fn either_arrow(input: Input<'_>) -> Parse<'_, Arrow> {
    alt((
        value(Arrow::Direct, symbol(TokenKind::Arrow, "`->`")),
        value(Arrow::Chain, symbol(TokenKind::ChainArrow, "`~>`")),
    ))
    .parse(input)
}

fn chain_arrow(input: Input<'_>) -> Parse<'_, Arrow> {
    if let Some(arrow) = input.peek_kind(TokenKind::Arrow) {
        input.report(|| {
            Diagnostic::error("syntax", arrow.span(), "expected `~>`, found `->`")
                .help("`limit` counts what any chain of hosts reaches")
                .edit(arrow.span(), "~>")
        });
        return Ok((input.advance(), Arrow::Chain));
    }
    value(Arrow::Chain, symbol(TokenKind::ChainArrow, "`~>`")).parse(input)
}
