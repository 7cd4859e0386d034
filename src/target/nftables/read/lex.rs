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

const MARKS: [&str; 17] = [
    "==", "!=", "<=", ">=", "<<", ">>", "&&", "||", "{", "}", ",", "<", ">", "=", "&", "|", "!",
];

/// Every token of a text. What is no token becomes a mark of its own, which no statement understands.
pub(super) fn lex(text: &str) -> Vec<Lexeme<'_>> {
    let mut lexemes = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let (length, token) = token(rest, first);
        let (taken, after) = rest.split_at(length);
        if let Some(token) = token {
            lexemes.push(Lexeme { token, line });
        }
        // No other token goes over the end of a line.
        if matches!(first, '\n' | '"' | '\\') {
            line += taken.matches('\n').count();
        }
        rest = after;
    }
    lexemes
}

/// How many bytes the first token takes, and which it is; none for space and comments.
fn token(rest: &str, first: char) -> (usize, Option<Token<'_>>) {
    let until = |end: fn(char) -> bool| rest.find(end).unwrap_or(rest.len());
    match first {
        '\n' | ';' => (1, Some(Token::End)),
        ' ' | '\t' => (until(|c| c != ' ' && c != '\t'), None),
        '\r' if rest.starts_with("\r\n") => (1, None),
        '\\' if rest.starts_with("\\\n") => (2, None),
        '#' => (until(|c| c == '\n'), None),
        '"' => {
            let inner = rest.get(1..).unwrap_or_default();
            match inner.find('"') {
                Some(end) => (end + 2, inner.get(..end).map(Token::Quoted)),
                None => (rest.len(), Some(Token::Mark("\""))),
            }
        }
        _ if in_word(first) => {
            let end = until(|c| !in_word(c));
            (end, rest.get(..end).map(Token::Word))
        }
        _ => {
            let known = MARKS.into_iter().find(|mark| rest.starts_with(mark));
            let length = known.map_or(first.len_utf8(), str::len);
            (length, rest.get(..length).map(Token::Mark))
        }
    }
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '@' | '$' | '*' | '-' | '+')
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
