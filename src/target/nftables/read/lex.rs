//! Text to tokens, and tokens to statements.

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Letters, digits and what stands inside names and values: `10.0.0.0/8`, `@set`, `echo-request`, `.`, `:`.
    Word(&'a str),
    /// What stands between quotes.
    Quoted(&'a str),
    /// A brace, a comma, a comparison.
    Mark(&'a str),
    /// The end of a line, or `;`.
    End,
}

/// A token and its line, from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme<'a> {
    pub token: Token<'a>,
    pub line: usize,
}

/// Every token of a text. What is no token becomes a mark of its own, which no statement understands.
pub(super) fn lex(text: &str) -> Vec<Lexeme<'_>> {
    let bytes = text.as_bytes();
    // Most of a file are elements, with a token for every six bytes or so.
    let mut lexemes = Vec::with_capacity(text.len() / 6);
    let (mut at, mut line) = (0, 1);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, kind) = first_token(rest);
        let taken = |from: usize, to: usize| text.get(at + from..at + to).unwrap_or_default();
        let token = match kind {
            Kind::Space => None,
            Kind::Word => Some(Token::Word(taken(0, length))),
            Kind::Quoted => Some(Token::Quoted(taken(1, length - 1))),
            Kind::Mark => Some(Token::Mark(taken(0, length))),
            Kind::Unclosed => Some(Token::Mark("\"")),
            Kind::End => Some(Token::End),
        };
        if let Some(token) = token {
            lexemes.push(Lexeme { token, line });
        }
        // No other token goes over the end of a line.
        match kind {
            Kind::End if rest.first() == Some(&b'\n') => line += 1,
            Kind::Space if rest.first() == Some(&b'\\') => line += 1,
            Kind::Quoted | Kind::Unclosed => {
                let broken = rest.iter().take(length).filter(|byte| **byte == b'\n');
                line += broken.count();
            }
            _ => {}
        }
        at += length;
    }
    lexemes
}

/// What a run of bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing: space, or a comment.
    Space,
    Word,
    Quoted,
    /// A quote that is never closed.
    Unclosed,
    Mark,
    End,
}

/// How many bytes the first token takes, and what it is.
fn first_token(rest: &[u8]) -> (usize, Kind) {
    let until = |end: fn(u8) -> bool| {
        let found = rest.iter().position(|byte| end(*byte));
        found.unwrap_or(rest.len())
    };
    match rest {
        [b'\n' | b';', ..] => (1, Kind::End),
        [b' ' | b'\t', ..] => (until(|byte| byte != b' ' && byte != b'\t'), Kind::Space),
        [b'\r', b'\n', ..] => (1, Kind::Space),
        [b'\\', b'\n', ..] => (2, Kind::Space),
        [b'#', ..] => (until(|byte| byte == b'\n'), Kind::Space),
        [b'"', inner @ ..] => match inner.iter().position(|byte| *byte == b'"') {
            Some(end) => (end + 2, Kind::Quoted),
            None => (rest.len(), Kind::Unclosed),
        },
        [first, ..] if in_word(*first) => (until(|byte| !in_word(byte)), Kind::Word),
        [b'=' | b'!' | b'<' | b'>', b'=', ..]
        | [b'<', b'<', ..]
        | [b'>', b'>', ..]
        | [b'&', b'&', ..]
        | [b'|', b'|', ..] => (2, Kind::Mark),
        [_, after @ ..] => {
            // The rest of a character that is none of ASCII.
            let more = after.iter().take_while(|byte| **byte & 0xc0 == 0x80);
            (1 + more.count(), Kind::Mark)
        }
        [] => (0, Kind::Space),
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'.' | b':' | b'/' | b'@' | b'$' | b'*' | b'-' | b'+')
}

/// Splits tokens at the ends that stand in no braces. A `}` too many is a statement of its own.
pub(super) fn statements<'t, 'a>(tokens: &'t [Lexeme<'a>]) -> Vec<&'t [Lexeme<'a>]> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    let mut cut = |from: usize, to: usize| {
        if let Some(statement) = tokens.get(from..to).filter(|statement| !statement.is_empty()) {
            found.push(statement);
        }
    };
    for (at, lexeme) in tokens.iter().enumerate() {
        match lexeme.token {
            Token::Mark("{") => depth += 1,
            Token::Mark("}") if depth == 0 => {
                cut(start, at);
                cut(at, at + 1);
                start = at + 1;
            }
            Token::Mark("}") => depth -= 1,
            Token::End if depth == 0 => {
                cut(start, at);
                start = at + 1;
            }
            _ => {}
        }
    }
    cut(start, tokens.len());
    found
}

/// Why a statement is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: usize,
    pub why: String,
}

impl Fault {
    pub(super) fn new(line: usize, why: impl Into<String>) -> Self {
        Self {
            line,
            why: why.into(),
        }
    }
}

/// Reads a statement from left to right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Lexeme<'a>],
    line: usize,
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(super) fn new(tokens: &'t [Lexeme<'a>]) -> Self {
        Self {
            tokens,
            line: tokens.first().map_or(1, |lexeme| lexeme.line),
        }
    }

    /// The line of the next token, or of the last.
    pub(super) fn line(&self) -> usize {
        self.tokens.first().map_or(self.line, |lexeme| lexeme.line)
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.first().map(|lexeme| lexeme.token)
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        (self.tokens, self.line) = (rest, first.line);
        Some(first.token)
    }

    /// Takes the token if it is the next one.
    pub(super) fn eat(&mut self, token: Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        self.eat(Token::Word(word))
    }

    pub(super) fn eat_mark(&mut self, mark: &str) -> bool {
        self.eat(Token::Mark(mark))
    }

    /// Leaves out the ends of lines, inside braces.
    pub(super) fn skip_ends(&mut self) {
        while self.eat(Token::End) {}
    }

    pub(super) fn word(&mut self, wanted: &str) -> Result<&'a str, Fault> {
        match self.peek() {
            Some(Token::Word(word)) => {
                self.next();
                Ok(word)
            }
            _ => Err(self.fault(format!("expected {wanted}"))),
        }
    }

    pub(super) fn quoted(&mut self, wanted: &str) -> Result<&'a str, Fault> {
        match self.peek() {
            Some(Token::Quoted(text)) => {
                self.next();
                Ok(text)
            }
            _ => Err(self.fault(format!("expected {wanted}"))),
        }
    }

    pub(super) fn number(&mut self, wanted: &str) -> Result<u64, Fault> {
        let word = self.word(wanted)?;
        word.parse().map_err(|_| self.fault(format!("expected {wanted}")))
    }

    /// The tokens inside braces that open here.
    pub(super) fn block(&mut self) -> Result<&'t [Lexeme<'a>], Fault> {
        if !self.eat_mark("{") {
            return Err(self.fault("expected `{`"));
        }
        let mut depth = 1_usize;
        let inner = self.tokens;
        let mut length = 0;
        while let Some(token) = self.next() {
            match token {
                Token::Mark("{") => depth += 1,
                Token::Mark("}") => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(inner.get(..length).unwrap_or_default());
            }
            length += 1;
        }
        Err(self.fault("a `{` is never closed"))
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'t [Lexeme<'a>] {
        self.tokens
    }

    /// Fails where something is left.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        self.skip_ends();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unknown()),
        }
    }

    /// The next token is not known here.
    pub(super) fn unknown(&self) -> Fault {
        let shown = match self.peek() {
            None => return self.fault("the statement is not complete"),
            Some(Token::End) => "the end of the line".to_owned(),
            Some(Token::Word(word) | Token::Quoted(word) | Token::Mark(word)) => {
                format!("`{}`", word.chars().take(40).collect::<String>())
            }
        };
        self.fault(format!("{shown} is not known here"))
    }

    pub(super) fn fault(&self, why: impl Into<String>) -> Fault {
        Fault::new(self.line(), why)
    }
}
