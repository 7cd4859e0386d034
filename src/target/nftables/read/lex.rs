//! Text to tokens.

/// A token, and where it stands. Most of a file are elements of sets, so there are many of these: they hold numbers
/// alone, and a `{` knows its `}`, so that no block is looked through to find its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme {
    pub kind: Kind,
    /// From 1.
    pub line: u32,
    /// The first byte of its text.
    pub start: u32,
    /// How many bytes its text takes; of a `{`, how many tokens after it its `}` stands, and 0 where it has none.
    pub size: u32,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, digits and what stands inside names and values: `10.0.0.0/8`, `@set`, `echo-request`, `.`, `:`.
    Word,
    /// What stands between quotes.
    Quoted,
    /// `{`
    Open,
    /// `}`
    Close,
    /// `,`
    Comma,
    /// A comparison, and whatever is no token: no statement understands that.
    Mark,
    /// The end of a line, or `;`.
    End,
}

/// Every token of a text.
#[derive(Debug, Default)]
pub(super) struct Lexed {
    pub lexemes: Vec<Lexeme>,
    /// The first line that ends in a carriage return outside of a comment. It is no token, lest every line be reported.
    pub carriage_return: Option<u32>,
}

/// Every token of a text. None where the text is too long for them: four gigabytes.
pub(super) fn lex(text: &str) -> Option<Lexed> {
    u32::try_from(text.len()).ok()?;
    let bytes = text.as_bytes();
    let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    // Most of a file are elements, with a token for every six bytes or so.
    let mut lexemes: Vec<Lexeme> = Vec::with_capacity(text.len() / 6);
    // Where every `{` stands that waits for its `}`.
    let mut open: Vec<usize> = Vec::new();
    let mut carriage_return = None;
    let (mut at, mut line) = (0, 1);
    while let Some(first) = bytes.get(at) {
        let (begin, begin_line) = (at, line);
        at += 1;
        let kind = match class(*first) {
            Class::Space => {
                at = skip(bytes, at, |byte| class(byte) == Class::Space);
                continue;
            }
            Class::Comment => {
                at = find(bytes, at, [b'\n', b'\n']);
                continue;
            }
            Class::Word => {
                at = skip(bytes, at, |byte| class(byte) == Class::Word);
                Kind::Word
            }
            Class::Line => {
                line += 1;
                Kind::End
            }
            Class::Semicolon => Kind::End,
            Class::Comma => Kind::Comma,
            Class::Open => {
                open.push(lexemes.len());
                Kind::Open
            }
            Class::Close => {
                close(&mut lexemes, open.pop());
                Kind::Close
            }
            Class::Quote => {
                let mut end = find(bytes, at, [b'"', b'\n']);
                // No other token goes over the end of a line.
                while bytes.get(end) == Some(&b'\n') {
                    line += 1;
                    end = find(bytes, end + 1, [b'"', b'\n']);
                }
                let closed = end < bytes.len();
                let (kind, start, size) = match closed {
                    true => (Kind::Quoted, at, end - at),
                    // A quote that is never closed.
                    false => (Kind::Mark, begin, 1),
                };
                at = end + usize::from(closed);
                lexemes.push(Lexeme {
                    kind,
                    line: begin_line,
                    start: short(start),
                    size: short(size),
                });
                continue;
            }
            Class::Other => match (first, bytes.get(at)) {
                (b'\r', Some(b'\n')) => {
                    carriage_return.get_or_insert(line);
                    continue;
                }
                (b'\\', Some(b'\n')) => {
                    (at, line) = (at + 1, line + 1);
                    continue;
                }
                (b'=' | b'!' | b'<' | b'>', Some(b'='))
                | (b'<', Some(b'<'))
                | (b'>', Some(b'>'))
                | (b'&', Some(b'&'))
                | (b'|', Some(b'|')) => {
                    at += 1;
                    Kind::Mark
                }
                _ => {
                    // The rest of a character that is none of ASCII.
                    at = skip(bytes, at, |byte| byte & 0xc0 == 0x80);
                    Kind::Mark
                }
            },
        };
        lexemes.push(Lexeme {
            kind,
            line: begin_line,
            start: short(begin),
            size: if kind == Kind::Open { 0 } else { short(at - begin) },
        });
        // Mostly a space follows.
        at += usize::from(bytes.get(at) == Some(&b' '));
    }
    Some(Lexed {
        lexemes,
        carriage_return,
    })
}

/// Tells a `{` that its `}` is the next token.
fn close(lexemes: &mut [Lexeme], open: Option<usize>) {
    let next = lexemes.len();
    if let Some(open) = open
        && let Some(lexeme) = lexemes.get_mut(open)
    {
        lexeme.size = u32::try_from(next - open).unwrap_or(0);
    }
}

/// The first byte from `at` on that is not such a one.
fn skip(bytes: &[u8], mut at: usize, such: impl Fn(u8) -> bool) -> usize {
    while bytes.get(at).is_some_and(|byte| such(*byte)) {
        at += 1;
    }
    at
}

/// The first place from `at` on where one of two bytes stands, or the end.
fn find(bytes: &[u8], mut at: usize, wanted: [u8; 2]) -> usize {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    let [one, other] = wanted.map(|byte| u64::from_le_bytes([byte; 8]));
    // Eight at a time. The top bit of a byte is set where it is equal, and the lowest such bit never errs.
    let equal = |left: u64| left.wrapping_sub(ONES) & !left & TOPS;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let eight = u64::from_le_bytes(*eight);
        let found = equal(eight ^ one) | equal(eight ^ other);
        if found != 0 {
            return at + wide(found.trailing_zeros() / 8);
        }
        at += 8;
    }
    skip(bytes, at, |byte| !wanted.contains(&byte))
}

/// As a place in memory.
pub(super) fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What a byte begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Word,
    Space,
    Line,
    Semicolon,
    Comment,
    Quote,
    Open,
    Close,
    Comma,
    Other,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = class_of(byte as u8);
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> Class {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(Class::Other)
}

const fn class_of(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Class::Word,
        b'_' | b'.' | b':' | b'/' | b'@' | b'$' | b'*' | b'-' | b'+' => Class::Word,
        b' ' | b'\t' => Class::Space,
        b'\n' => Class::Line,
        b';' => Class::Semicolon,
        b'#' => Class::Comment,
        b'"' => Class::Quote,
        b'{' => Class::Open,
        b'}' => Class::Close,
        b',' => Class::Comma,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_where_they_first_stand() {
        arbtest::arbtest(|u| {
            let count = u.int_in_range(0..=40)?;
            let bytes: Vec<u8> = (0..count)
                .map(|_| {
                    u.choose(&[b'"', b'\n', b'!', b'#', 0x0b, 0x8a, 0xa2, 0xff, 0])
                        .copied()
                })
                .collect::<Result<_, _>>()?;
            let at = u.int_in_range(0..=bytes.len())?;
            let naive = (at..bytes.len()).find(|at| matches!(bytes.get(*at), Some(b'"' | b'\n')));
            assert_eq!(find(&bytes, at, [b'"', b'\n']), naive.unwrap_or(bytes.len()));
            Ok(())
        });
    }

    #[test]
    fn a_brace_knows_its_end() {
        arbtest::arbtest(|u| {
            let count = u.int_in_range(0..=30)?;
            let text: String = (0..count)
                .map(|_| u.choose(&["{", "}", "a", ",", "\n", "\"{\"", "#{\n"]).copied())
                .collect::<Result<_, _>>()?;
            let tokens = lex(&text).unwrap_or_default().lexemes;
            for (at, open) in tokens
                .iter()
                .enumerate()
                .filter(|(_, token)| token.kind == Kind::Open)
            {
                let mut depth = 0;
                let end = tokens.iter().skip(at).position(|token| {
                    depth += i32::from(token.kind == Kind::Open) - i32::from(token.kind == Kind::Close);
                    depth == 0
                });
                assert_eq!(wide(open.size), end.unwrap_or(0), "{text}");
            }
            Ok(())
        });
    }
}
