//! Services: `service NAME = …`, and the expressions after a colon.

use nom::Parser;
use nom::combinator::{cut, opt};

use super::atom::{INNER_KEYWORDS, fail, keyword, name, symbol, title, value_token};
use super::body::{Body, headed, is_statement_keyword};
use super::failure::Failure;
use super::input::{Input, Parse};
use super::value::{self, decimal, is_numeric, not_a};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::lexer::{Token, TokenKind, shortened};
use crate::syntax::tree::{IcmpType, Item, Name, PortProtocol, Service, ServiceStatement, ServiceTerm};

/// What a service holds.
pub static SERVICE: Body<ServiceStatement> = Body {
    of: "a service",
    statements: &[
        ("clear-text", |input, word| {
            Ok((input, Some(ServiceStatement::ClearText(word.span()))))
        }),
        ("carries", |input, word| {
            let (input, what) = name("what the service carries")(input)?;
            let span = input.since(word.span());
            Ok((input, Some(ServiceStatement::Carries(what, span))))
        }),
        ("prefer", |input, word| {
            let (input, other) = name("the name of a service")(input)?;
            let span = input.since(word.span());
            Ok((input, Some(ServiceStatement::Prefer(other, span))))
        }),
    ],
    error: None,
};

/// Protocols with ports.
const WITH_PORTS: [&str; 3] = ["tcp", "udp", "sctp"];

/// Words that terms about a protocol start with.
const PROTOCOLS: [&str; 6] = ["tcp", "udp", "sctp", "icmp", "icmpv6", "proto"];

/// `service NAME "title" = TERMS { … }`
pub fn service<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    let head = (
        name("the name of a service"),
        opt(title),
        symbol(TokenKind::Equals, "`=`"),
        terms,
    );
    let (input, ((name, title, _, terms), body)) = headed(head, &SERVICE, word)(input)?;
    let span = input.since(word.span());
    let service = Service {
        name,
        title,
        terms,
        body,
        span,
    };
    Ok((input, Some(Item::Service(service))))
}

/// `: TERMS`, or nothing.
pub fn optional_services(input: Input<'_>) -> Parse<'_, Vec<ServiceTerm>> {
    match input.peek_kind(TokenKind::Colon) {
        Some(_) => cut(terms).parse(input.advance()),
        None if services_follow(input) => {
            let mut failure = Failure::expected(input, "`:`");
            failure.help = Some("services stand after a colon: `allow a -> b : https`");
            Err(nom::Err::Failure(failure))
        }
        None => Ok((input, Vec::new())),
    }
}

/// Whether what follows on the line can only be meant as services, and no statement of its own.
fn services_follow(input: Input<'_>) -> bool {
    let Some(word) = input
        .peek_kind(TokenKind::Word)
        .filter(|word| !word.first_on_line)
    else {
        return false;
    };
    if PROTOCOLS.contains(&word.text) {
        return true;
    }
    let next = input.advance().peek().filter(|next| !next.first_on_line);
    let over = next.is_none_or(|next| {
        matches!(
            next.kind,
            TokenKind::Comma
                | TokenKind::OpenBrace
                | TokenKind::CloseBrace
                | TokenKind::Semicolon
                | TokenKind::Text
        )
    });
    over && !is_statement_keyword(word.text) && !INNER_KEYWORDS.contains(&word.text)
}

/// Terms with commas between. A number after a comma goes on with the term before it.
pub fn terms(input: Input<'_>) -> Parse<'_, Vec<ServiceTerm>> {
    let mut found = Vec::new();
    let mut input = term(input, &mut found)?;
    while input.peek_kind(TokenKind::Comma).is_some() {
        input = match cut(|input| term(input, &mut found).map(|rest| (rest, ()))).parse(input.advance()) {
            Ok((rest, ())) => rest,
            Err(error) => return Err(error),
        };
    }
    found.shrink_to_fit();
    Ok((input, found))
}

/// One term, added to `found` unless its values are wrong.
fn term<'a>(
    input: Input<'a>,
    found: &mut Vec<ServiceTerm>,
) -> Result<Input<'a>, nom::Err<super::failure::Failure>> {
    const WHAT: &str = "a service, such as `https` or `tcp 443`";
    let token = match value_token(input) {
        Some(token) => token,
        None => {
            let (rest, name) = input
                .peek_kind(TokenKind::Text)
                .map_or_else(|| fail(input, WHAT), |_| name(WHAT)(input))?;
            found.push(ServiceTerm::Name(name));
            return Ok(rest);
        }
    };
    let after = input.advance();
    if let Some(meant) = with_slash(token.text) {
        input.report(|| {
            let message = format!("`{}` is no name of a service", shortened(token.text));
            Diagnostic::error("syntax", token.span(), message)
                .help(format!("write `{meant}`"))
                .edit(token.span(), &meant)
        });
        return without_numbers(after);
    }
    if let Some((port, rest)) = after_colon(token, after) {
        input.report(|| {
            let span = token.span().to(port.span());
            let meant = format!("{} {}", token.text, port.text);
            Diagnostic::error("syntax", span, "a port stands after its protocol without a colon")
                .help(format!("write `{meant}`"))
                .edit(span, meant)
        });
        return without_numbers(rest);
    }
    let (rest, term) = match token.text {
        "any" => (after, ServiceTerm::Any(token.span())),
        "tcp" => with_ports(after, token, PortProtocol::Tcp)?,
        "udp" => with_ports(after, token, PortProtocol::Udp)?,
        "sctp" => with_ports(after, token, PortProtocol::Sctp)?,
        "icmp" => icmp(after, token, false)?,
        "icmpv6" => icmp(after, token, true)?,
        "proto" => return protocols(after, token, found),
        _ if is_numeric(token) => {
            input.report(|| {
                Diagnostic::error(
                    "syntax",
                    token.span(),
                    format!("the port `{}` has no protocol", token.text),
                )
                .help(format!("write `tcp {0}` or `udp {0}`", token.text))
            });
            return without_numbers(after);
        }
        _ => {
            let (rest, name) = name(WHAT)(input)?;
            (rest, ServiceTerm::Name(name))
        }
    };
    found.push(term);
    Ok(rest)
}

/// `tcp 443` for `tcp/443` and `443/tcp`, which others write.
fn with_slash(text: &str) -> Option<String> {
    let (left, right) = text.split_once('/')?;
    let is_protocol = |word: &str| WITH_PORTS.contains(&word);
    let (left, right) = (left.to_lowercase(), right.to_lowercase());
    let (protocol, ports) = if is_protocol(&left) {
        (left, right)
    } else {
        (right, left)
    };
    let numbers = ports.starts_with(|c: char| c.is_ascii_digit())
        && ports.chars().all(|c| c.is_ascii_digit() || c == '-');
    (is_protocol(&protocol) && numbers && ports.len() <= 11).then(|| format!("{protocol} {ports}"))
}

/// The port of `tcp:443`, which others write, and what comes after it.
fn after_colon<'a>(word: Token<'a>, after: Input<'a>) -> Option<(Token<'a>, Input<'a>)> {
    let colon = after.peek_glued().filter(|next| next.kind == TokenKind::Colon);
    if colon.is_none() || !WITH_PORTS.contains(&word.text) {
        return None;
    }
    let port = after.advance().peek_glued().filter(|port| is_numeric(*port))?;
    Some((port, after.advance().advance()))
}

/// Past the numbers of a term that is wrong.
fn without_numbers(input: Input<'_>) -> Result<Input<'_>, nom::Err<Failure>> {
    numbers(input, |input| Ok((input.advance(), Some(()))), &mut Vec::new()).map(|(rest, ())| rest)
}

/// What follows while commas are followed by numbers, added to `found`.
fn numbers<'a, T>(
    mut input: Input<'a>,
    item: impl Fn(Input<'a>) -> Parse<'a, Option<T>>,
    found: &mut Vec<T>,
) -> Parse<'a, ()> {
    while input.peek_kind(TokenKind::Comma).is_some() && input.advance().peek().is_some_and(is_numeric) {
        let (rest, value) = item(input.advance())?;
        found.extend(value);
        input = rest;
    }
    Ok((input, ()))
}

/// One value or more, the later ones numbers.
fn values<'a, T>(input: Input<'a>, item: impl Fn(Input<'a>) -> Parse<'a, Option<T>>) -> Parse<'a, Box<[T]>> {
    let (input, first) = item(input)?;
    // Most have one value.
    let mut found: Vec<T> = first.into_iter().collect();
    let (input, ()) = numbers(input, item, &mut found)?;
    Ok((input, found.into()))
}

fn with_ports<'a>(input: Input<'a>, word: Token<'a>, protocol: PortProtocol) -> Parse<'a, ServiceTerm> {
    let starts_port = |token: &Token<'_>| token.text.starts_with(|c: char| c.is_ascii_digit());
    let same_line = |token: &Token<'_>| !token.first_on_line && !is_reserved(token.text);
    let (input, destination) = match value_token(input) {
        Some(token) if starts_port(&token) => values(input, value::ports)?,
        Some(token) if token.text != "from" && same_line(&token) => {
            return Err(nom::Err::Failure(super::failure::Failure {
                help: Some("names of services stand alone, without a protocol"),
                ..super::failure::Failure::expected(input, "a port")
            }));
        }
        _ => (input, Box::default()),
    };
    let (input, source) = match keyword("from", "`from`")(input) {
        Ok((rest, _)) => cut(|input| values(input, value::ports)).parse(rest)?,
        Err(_) => (input, Box::default()),
    };
    let span = input.since(word.span());
    let term = ServiceTerm::Ports {
        protocol,
        destination,
        source,
        span,
    };
    Ok((input, term))
}

fn protocols<'a>(
    input: Input<'a>,
    word: Token<'a>,
    found: &mut Vec<ServiceTerm>,
) -> Result<Input<'a>, nom::Err<super::failure::Failure>> {
    let (input, numbers) = cut(|input| values(input, value::protocol)).parse(input)?;
    let mut start = word.span();
    for number in numbers {
        let span = number.span;
        found.push(ServiceTerm::Protocol(number, start.to(span)));
        start = span;
    }
    Ok(input)
}

/// Words that end a list of services. No ICMP type has such a name.
fn is_reserved(word: &str) -> bool {
    word == "unless" || is_statement_keyword(word)
}

fn icmp<'a>(input: Input<'a>, word: Token<'a>, v6: bool) -> Parse<'a, ServiceTerm> {
    let (input, types) = match value_token(input) {
        Some(token) if token.kind == TokenKind::Word && !is_reserved(token.text) => values(input, icmp_type)?,
        _ => (input, Box::default()),
    };
    let span = input.since(word.span());
    Ok((input, ServiceTerm::Icmp { v6, types, span }))
}

/// `echo-request`, `3`, `3/4`
fn icmp_type(input: Input<'_>) -> Parse<'_, Option<IcmpType>> {
    let Some(token) = input.peek_kind(TokenKind::Word) else {
        return fail(input, "an ICMP type");
    };
    let (kind, code) = match token.text.split_once('/') {
        Some((kind, code)) => (kind, Some(code)),
        None => (token.text, None),
    };
    let numeric = kind.starts_with(|c: char| c.is_ascii_digit());
    if kind.is_empty() || kind.contains('.') || (numeric && decimal::<u8>(kind).is_none()) {
        input.report(|| {
            not_a("an ICMP type", token).help("a type is a name or 0 to 255, with `/code` or without")
        });
        return Ok((input.advance(), None));
    }
    let known_code = code.map(decimal::<u8>);
    if known_code == Some(None) {
        let code = code.unwrap_or("");
        input.report(|| {
            let end = token.span().end as usize;
            let place = Span::new(token.span().file, end - code.len(), end);
            let shown = crate::syntax::lexer::shortened(code);
            Diagnostic::error("syntax", place, format!("`{shown}` is not an ICMP code"))
                .help("a code is a number from 0 to 255")
        });
        return Ok((input.advance(), None));
    }
    let start = token.span().start as usize;
    let name = Name {
        text: input.name(kind),
        span: Span::new(token.span().file, start, start + kind.len()),
    };
    let icmp_type = IcmpType {
        name,
        code: known_code.flatten(),
        span: token.span(),
    };
    Ok((input.advance(), Some(icmp_type)))
}
