//! Values that are one word: addresses, numbers, dates, rates. A bad one is reported where it stands
//! and left out, and the statement goes on.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::atom::{fail, value_token};
use super::input::{Input, Parse};
use crate::diagnostic::{Diagnostic, suggest};
use crate::source::Span;
use crate::syntax::lexer::{Token, TokenKind, shortened};
use crate::syntax::tree::{Date, Rate, RateUnit, Spanned};

/// A value, or what to say about it.
type Judged<T> = Result<T, Box<Diagnostic>>;

/// One word, judged by `judge`; nothing where it is wrong.
fn judged<'a, T>(
    what: &'static str,
    judge: impl Fn(Token<'a>) -> Judged<T> + Copy,
) -> impl Fn(Input<'a>) -> Parse<'a, Option<Spanned<T>>> + Copy {
    move |input| {
        let Some(token) = value_token(input) else {
            return fail(input, what);
        };
        let value = match judge(token) {
            Ok(value) => Some(Spanned {
                value,
                span: token.span(),
            }),
            Err(problem) => {
                input.report(|| *problem);
                None
            }
        };
        Ok((input.advance(), value))
    }
}

/// A prefix, or an address as a prefix of full length.
pub fn prefix(input: Input<'_>) -> Parse<'_, Option<Spanned<IpNet>>> {
    judged("an address or prefix", judge_prefix)(input)
}

/// A prefix whose length is written. One that was forgotten would make one address of a network.
pub fn network(input: Input<'_>) -> Parse<'_, Option<Spanned<IpNet>>> {
    let Some(token) = value_token(input) else {
        return prefix(input);
    };
    let Ok(address) = token.text.parse::<IpAddr>() else {
        return prefix(input);
    };
    let rest = input.advance();
    let next = value_token(rest).filter(|next| !next.first_on_line);
    let mask = next.and_then(|next| Some((next, next.text.parse::<Ipv4Addr>().ok()?)));
    if let Some((next, mask)) = mask.filter(|_| address.is_ipv4()) {
        let span = token.span().to(next.span());
        let length = ipnet::ipv4_mask_to_prefix(mask).ok();
        input.report(|| {
            let message = format!("`{address} {mask}` has a netmask instead of a length");
            let problem = Diagnostic::error("syntax", span, message);
            match length {
                Some(length) => problem
                    .help(format!("write the netmask as a length: `{address}/{length}`"))
                    .edit(span, format!("{address}/{length}")),
                None => problem.help("write the length of the prefix, such as `/24`"),
            }
        });
        return Ok((rest.advance(), None));
    }
    input.report(|| {
        let (network, host) = if address.is_ipv4() { (24, 32) } else { (64, 128) };
        let message = format!("`{address}` is one address: the length of the prefix is missing");
        Diagnostic::error("syntax", token.span(), message).help(format!(
            "write a length, such as `{address}/{network}`; `{address}/{host}` is this address alone"
        ))
    });
    Ok((rest, None))
}

/// An address without a length.
pub fn address(input: Input<'_>) -> Parse<'_, Option<Spanned<IpAddr>>> {
    judged("an address", judge_address)(input)
}

/// A number from 0 to 4 294 967 295.
pub fn number<'a>(what: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Option<Spanned<u32>>> + Copy {
    judged(what, |token| {
        decimal::<u32>(token.text).ok_or_else(|| {
            not_a("a whole number", token)
                .help("write digits, such as `40`")
                .into()
        })
    })
}

/// An IP protocol number.
pub fn protocol(input: Input<'_>) -> Parse<'_, Option<Spanned<u8>>> {
    judged("a protocol number", |token| {
        decimal::<u8>(token.text).ok_or_else(|| {
            not_a("a protocol number", token)
                .help("the numbers are 0 to 255: `proto 50` is IPsec ESP")
                .into()
        })
    })(input)
}

/// A port or a range of ports.
pub fn ports(input: Input<'_>) -> Parse<'_, Option<Spanned<(u16, u16)>>> {
    let (rest, ports) = judged("a port", judge_ports)(input)?;
    if rest.peek_kind(TokenKind::Minus).is_some() && rest.advance().peek().is_some_and(is_numeric) {
        let spaced = rest.advance().advance();
        let span = spaced.since(input.peek().map_or(input.after_previous(), |token| token.span()));
        if !rest.peek().is_some_and(|minus| minus.diagnosed) {
            input.report(|| {
                Diagnostic::error("syntax", span, "a range of ports is written without spaces")
                    .help("write it like `5000-5100`")
            });
        }
        return Ok((spaced, ports));
    }
    Ok((rest, ports))
}

/// A day of the calendar.
pub fn date(input: Input<'_>) -> Parse<'_, Option<Date>> {
    judged("a date", |token| {
        judge_date(token.text).ok_or_else(|| {
            not_a("a day of the calendar", token)
                .help("dates are year-month-day: `2027-06-30`")
                .into()
        })
    })(input)
}

/// New flows in a unit of time.
pub fn rate(input: Input<'_>) -> Parse<'_, Option<Spanned<Rate>>> {
    judged("a rate", judge_rate)(input)
}

/// Whether a word can only be meant as a number or a range of them.
pub fn is_numeric(token: Token<'_>) -> bool {
    token.kind == TokenKind::Word
        && token.text.starts_with(|c: char| c.is_ascii_digit())
        && token
            .text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'/'))
}

/// Whether a word can only be meant as an address.
pub fn is_address(token: Token<'_>) -> bool {
    if token.kind == TokenKind::Word && token.text.starts_with(|c: char| c.is_alphabetic()) {
        return false;
    }
    let bare = token.text.split(['/', '-']).next().unwrap_or("");
    token.kind == TokenKind::Address
        || (bare.contains('.')
            && bare.starts_with(|c: char| c.is_ascii_digit())
            && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
        || (token.text.contains('/') && bare.bytes().all(|b| b.is_ascii_digit()))
}

/// A decimal number of digits alone: `from_str` would also take a sign.
pub fn decimal<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

/// `` `x` is not a port ``
pub fn not_a(what: &str, token: Token<'_>) -> Diagnostic {
    Diagnostic::error(
        "syntax",
        token.span(),
        format!("`{}` is not {what}", shortened(token.text)),
    )
}

/// The part of a token from byte `from` up to byte `to`.
fn part(token: Token<'_>, from: usize, to: usize) -> Span {
    let start = token.span().start as usize;
    Span::new(token.span().file, start + from, start + to)
}

fn judge_address(token: Token<'_>) -> Judged<IpAddr> {
    match token.text.split_once('/') {
        Some((address, _)) if address.parse::<IpAddr>().is_ok() => Err(Diagnostic::error(
            "syntax",
            token.span(),
            format!("expected one address, found the prefix `{}`", token.text),
        )
        .help("an address here has no length: its zone knows that")
        .edit(token.span(), address)
        .into()),
        _ => token
            .text
            .parse()
            .map_err(|_| bad_address(token, token.text).into()),
    }
}

fn judge_prefix(token: Token<'_>) -> Judged<IpNet> {
    let Some((address, length)) = token.text.split_once('/') else {
        return match token.text.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address)),
            Err(_) => Err(bad_address(token, token.text).into()),
        };
    };
    let Ok(ip) = address.parse::<IpAddr>() else {
        return Err(bad_address(token, address).into());
    };
    let (family, most) = match ip {
        IpAddr::V4(_) => ("IPv4", 32),
        IpAddr::V6(_) => ("IPv6", 128),
    };
    if let Some(net) = decimal(length).and_then(|length| IpNet::new(ip, length).ok()) {
        return Ok(net);
    }
    let place = part(token, address.len(), token.text.len());
    let problem = Diagnostic::error(
        "syntax",
        place,
        format!("`/{}` is not a prefix length of {family}", shortened(length)),
    );
    let netmask = length.parse::<Ipv4Addr>().ok();
    let problem = match netmask.and_then(|mask| ipnet::ipv4_mask_to_prefix(mask).ok()) {
        Some(length) if ip.is_ipv4() => problem
            .help(format!("write the netmask as a length: `/{length}`"))
            .edit(place, format!("/{length}")),
        _ => problem.help(format!("a length is a number from 0 to {most}")),
    };
    Err(problem.into())
}

/// Says why a word is no address.
fn bad_address(token: Token<'_>, address: &str) -> Diagnostic {
    let place = part(token, 0, address.len());
    let shown = shortened(address);
    let problem =
        |family: &str| Diagnostic::error("syntax", place, format!("`{shown}` is not {family} address"));
    if address.contains(':') {
        return problem("an IPv6").help("eight groups of hexadecimal digits, or fewer and one `::`");
    }
    if !is_address(token) {
        return problem("an").help("addresses are like `10.20.0.1` or `2001:db8::1`");
    }
    if let Some((first, last)) = address.split_once('-')
        && first.parse::<IpAddr>().is_ok()
        && last.parse::<IpAddr>().is_ok()
    {
        return Diagnostic::error("syntax", place, format!("`{shown}` is a range of addresses"))
            .help("write it as prefixes, such as `10.0.0.0/30`");
    }
    let problem = problem("an IPv4");
    let octets: Vec<&str> = address.split('.').collect();
    if octets.len() != 4 {
        problem.help(format!("an IPv4 address has four numbers, not {}", octets.len()))
    } else if octets.iter().any(|o| o.len() > 1 && o.starts_with('0')) {
        problem.help("a number with a leading zero is octal to some tools: leave the zero out")
    } else {
        problem.help("each of the four numbers is 0 to 255")
    }
}

fn judge_ports(token: Token<'_>) -> Judged<(u16, u16)> {
    let (first, last) = token.text.split_once('-').unwrap_or((token.text, token.text));
    match (decimal::<u16>(first), decimal::<u16>(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        (Some(first), Some(last)) => Err(Diagnostic::error(
            "syntax",
            token.span(),
            format!("the range `{}` is backwards", token.text),
        )
        .edit(token.span(), format!("{last}-{first}"))
        .help(format!("write `{last}-{first}`"))
        .into()),
        (None, Some(_)) => Err(bad_port(token, first, 0).into()),
        (Some(_), None) => Err(bad_port(token, last, first.len() + 1).into()),
        (None, None) => Err(bad_port(token, token.text, 0).into()),
    }
}

fn bad_port(token: Token<'_>, port: &str, from: usize) -> Diagnostic {
    Diagnostic::error(
        "syntax",
        part(token, from, from + port.len()),
        format!("`{}` is not a port", shortened(port)),
    )
    .help("ports are 0 to 65535, ranges are written `5000-5100`")
}

fn judge_date(text: &str) -> Option<jiff::civil::Date> {
    let mut parts = text.split('-');
    let mut field = |width: usize| parts.next().filter(|part| part.len() == width);
    let (year, month, day) = (field(4)?, field(2)?, field(2)?);
    if parts.next().is_some() {
        return None;
    }
    jiff::civil::Date::new(decimal(year)?, decimal(month)?, decimal(day)?).ok()
}

/// Units of time as written.
const UNITS: [(&str, RateUnit); 4] = [
    ("second", RateUnit::Second),
    ("minute", RateUnit::Minute),
    ("hour", RateUnit::Hour),
    ("day", RateUnit::Day),
];

fn judge_rate(token: Token<'_>) -> Judged<Rate> {
    const SHAPE: &str = "a rate is a number of new flows per unit of time: `10/second`";
    let Some((count, unit)) = token.text.split_once('/') else {
        return Err(not_a("a rate", token).help(SHAPE).into());
    };
    match decimal::<u32>(count) {
        None => return Err(not_a("a rate", token).help(SHAPE).into()),
        Some(0) => {
            return Err(not_a("a rate", token)
                .help("a rate of nothing is a `deny`")
                .into());
        }
        Some(count) => {
            if let Some((_, per)) = UNITS.iter().find(|(word, _)| *word == unit) {
                return Ok(Rate { count, per: *per });
            }
        }
    }
    let problem = Diagnostic::error(
        "syntax",
        part(token, count.len() + 1, token.text.len()),
        format!("`{}` is not a unit of time", shortened(unit)),
    );
    let words = || UNITS.iter().map(|(word, _)| *word);
    let meant = words()
        .find(|word| !unit.is_empty() && word.starts_with(unit))
        .or_else(|| suggest::nearest(&shortened(unit), words()));
    Err(Box::new(match meant {
        Some(word) => {
            let place = part(token, count.len() + 1, token.text.len());
            problem.help(format!("did you mean `{word}`?")).edit(place, word)
        }
        None => problem.help("the units are `second`, `minute`, `hour` and `day`"),
    }))
}
