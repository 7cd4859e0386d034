//! Rules, the blocks that hold them, and modes.

use nom::Parser;
use nom::combinator::opt;

use super::assertion::assertion;
use super::atom::{free_name, name, symbol, text, title};
use super::body::{Body, braced, headed};
use super::input::{Input, Parse};
use super::service::optional_services;
use super::set::set;
use super::value::{date, rate};
use crate::diagnostic::Diagnostic;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::tree::{Action, Arrow, Item, Meta, Mode, PolicyBlock, PolicyStatement, Rule};

/// What a policy block holds.
pub static POLICY: Body<PolicyStatement> = Body {
    of: "a policy",
    statements: &[
        ("owner", |i, word| lift(owner(i, word), PolicyStatement::Meta)),
        ("ticket", |i, word| lift(ticket(i, word), PolicyStatement::Meta)),
        ("reason", |i, word| lift(reason(i, word), PolicyStatement::Meta)),
        ("expires", |i, word| lift(expires(i, word), PolicyStatement::Meta)),
        ("log", |i, word| lift(log(i, word), PolicyStatement::Meta)),
        ("rate", |i, word| lift(per_time(i, word), PolicyStatement::Meta)),
        ("allow", |i, word| lift(allow(i, word), PolicyStatement::Rule)),
        ("deny", |i, word| lift(deny(i, word), PolicyStatement::Rule)),
        ("require", |i, word| {
            lift(assertion(i, word), PolicyStatement::Assertion)
        }),
        ("forbid", |i, word| {
            lift(assertion(i, word), PolicyStatement::Assertion)
        }),
        ("only", |i, word| {
            lift(assertion(i, word), PolicyStatement::Assertion)
        }),
        ("limit", |i, word| {
            lift(assertion(i, word), PolicyStatement::Assertion)
        }),
    ],
    error: None,
};

/// What a rule holds.
pub static RULE: Body<Meta> = Body {
    of: "a rule",
    statements: &[
        ("owner", owner),
        ("ticket", ticket),
        ("reason", reason),
        ("expires", expires),
        ("log", log),
        ("rate", per_time),
    ],
    error: None,
};

/// What a mode holds.
pub static MODE: Body<Rule> = Body {
    of: "a mode",
    statements: &[("deny", deny), ("allow", allow)],
    error: None,
};

/// The result of a parser as a statement of another body.
pub fn lift<S, T>(result: Parse<'_, Option<S>>, wrap: fn(S) -> T) -> Parse<'_, Option<T>> {
    result.map(|(input, statement)| (input, statement.map(wrap)))
}

fn owner<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Meta>> {
    let (input, owner) = free_name("an owner")(input)?;
    Ok((input, Some(Meta::Owner(owner, input.since(word.span())))))
}

fn ticket<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Meta>> {
    let (input, ticket) = free_name("a ticket")(input).map_err(|error| {
        error.map(|mut failure| {
            failure.help = Some("`#` starts a comment: a ticket that has one stands in quotes");
            failure
        })
    })?;
    Ok((input, Some(Meta::Ticket(ticket, input.since(word.span())))))
}

fn reason<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Meta>> {
    let (input, reason) = text("a reason in quotes")(input)?;
    Ok((input, Some(Meta::Reason(reason, input.since(word.span())))))
}

fn expires<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Meta>> {
    let (input, date) = date(input)?;
    let span = input.since(word.span());
    Ok((input, date.map(|date| Meta::Expires(date, span))))
}

fn log<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Meta>> {
    Ok((input, Some(Meta::Log(word.span()))))
}

fn per_time<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Meta>> {
    let (input, rate) = rate(input)?;
    let span = input.since(word.span());
    Ok((input, rate.map(|rate| Meta::Rate(rate.value, span))))
}

/// `allow …`, after its keyword.
pub fn allow<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Rule>> {
    rule(input, word, Action::Allow)
}

/// `deny …`, after its keyword.
pub fn deny<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Rule>> {
    rule(input, word, Action::Deny)
}

fn rule<'a>(input: Input<'a>, word: Token<'a>, action: Action) -> Parse<'a, Option<Rule>> {
    let head = (set, direct_arrow, set, optional_services, opt(title));
    let (input, ((source, _, destination, services, title), meta)) = headed(head, &RULE, word)(input)?;
    let span = input.since(word.span());
    let rule = Rule {
        action,
        source,
        destination,
        services,
        title,
        meta,
        span,
    };
    Ok((input, Some(rule)))
}

/// `->`, where a chain makes no sense.
pub fn direct_arrow(input: Input<'_>) -> Parse<'_, Arrow> {
    if let Some(arrow) = input.peek_kind(TokenKind::ChainArrow) {
        input.report(|| {
            Diagnostic::error("syntax", arrow.span(), "expected `->`, found `~>`")
                .help("chains of hosts, `~>`, stand in `forbid` and `limit`")
                .edit(arrow.span(), "->")
        });
        return Ok((input.advance(), Arrow::Direct));
    }
    let (input, _) = symbol(TokenKind::Arrow, "`->`")(input)?;
    Ok((input, Arrow::Direct))
}

/// A policy block, after its keyword.
pub fn policy<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    let (input, (name, title, body)) =
        (name("the name of a policy"), opt(title), braced(&POLICY, word)).parse(input)?;
    let span = input.since(word.span());
    let policy = PolicyBlock {
        name,
        title,
        body,
        span,
    };
    Ok((input, Some(Item::Policy(policy))))
}

/// A mode, after its keyword.
pub fn mode<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    let (input, (name, title, rules)) =
        (name("the name of a mode"), opt(title), braced(&MODE, word)).parse(input)?;
    let span = input.since(word.span());
    let mode = Mode {
        name,
        title,
        rules,
        span,
    };
    Ok((input, Some(Item::Mode(mode))))
}
