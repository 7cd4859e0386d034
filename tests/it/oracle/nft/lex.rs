//! Words of the nft file format. Lines matter: a statement ends at the end of its line or at `;`.

use crate::oracle::ReadError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// Between double quotes; nothing can be escaped in it.
    Text(String),
    /// `{ } ( ) , ; : = == != < > <= >= & | / . @ -`
    Sign(&'static str),
    Newline,
}

#[derive(Clone, Debug)]
pub struct Placed {
    pub token: Token,
    pub line: usize,
}

/// The longer sign stands first.
const SIGNS: [&str; 16] = [
    "==", "!=", "<=", ">=", "{", "}", "(", ")", ",", ";", "=", "<", ">", "&", "|", "@",
];

pub fn tokens(text: &str) -> Result<Vec<Placed>, ReadError> {
    let mut found = Vec::new();
    for (index, whole) in text.lines().enumerate() {
        let line = index + 1;
        let mut rest = whole;
        loop {
            rest = rest.trim_start();
            let Some(start) = rest.chars().next() else { break };
            if start == '#' {
                break;
            }
            if let Some(quoted) = rest.strip_prefix('"') {
                let (inside, after) = quoted
                    .split_once('"')
                    .ok_or_else(|| ReadError::at(line, "a quote is not closed"))?;
                push(&mut found, line, Token::Text(inside.to_owned()));
                rest = after;
                continue;
            }
            if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                push(&mut found, line, Token::Sign(sign));
                rest = &rest[sign.len()..];
                continue;
            }
            let is_word = |c: char| c.is_ascii_alphanumeric() || "._-:/*%".contains(c);
            let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(ReadError::at(line, format!("`{start}` is not understood")));
            }
            let (word, after) = rest.split_at(end);
            rest = after;
            match word {
                "." => push(&mut found, line, Token::Sign(".")),
                "/" => push(&mut found, line, Token::Sign("/")),
                "-" => push(&mut found, line, Token::Sign("-")),
                ":" => push(&mut found, line, Token::Sign(":")),
                _ => push(&mut found, line, Token::Word(word.to_owned())),
            }
        }
        push(&mut found, line, Token::Newline);
    }
    Ok(found)
}

fn push(found: &mut Vec<Placed>, line: usize, token: Token) {
    found.push(Placed { token, line });
}

/// A place in the tokens.
pub struct Cursor {
    tokens: Vec<Placed>,
    at: usize,
}

impl Cursor {
    pub fn new(text: &str) -> Result<Self, ReadError> {
        Ok(Self {
            tokens: tokens(text)?,
            at: 0,
        })
    }

    pub fn line(&self) -> usize {
        let here = self.tokens.get(self.at).or(self.tokens.last());
        here.map_or(1, |placed| placed.line)
    }

    pub fn error(&self, message: impl Into<String>) -> ReadError {
        ReadError::at(self.line(), message)
    }

    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|placed| &placed.token)
    }

    /// The word after the next token.
    pub fn second_word(&self) -> Option<&str> {
        match self.tokens.get(self.at + 1).map(|placed| &placed.token) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The sign after the next token.
    pub fn second_sign(&self) -> Option<&str> {
        match self.tokens.get(self.at + 1).map(|placed| &placed.token) {
            Some(Token::Sign(sign)) => Some(sign),
            _ => None,
        }
    }

    pub fn peek_word(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub fn next(&mut self) -> Result<Token, ReadError> {
        let token = self
            .peek()
            .cloned()
            .ok_or_else(|| self.error("the text ends too early"))?;
        self.at += 1;
        Ok(token)
    }

    pub fn word(&mut self) -> Result<String, ReadError> {
        match self.peek().cloned() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word)
            }
            other => Err(self.error(format!("expected a word, found {other:?}"))),
        }
    }

    pub fn text(&mut self) -> Result<String, ReadError> {
        match self.peek().cloned() {
            Some(Token::Text(text)) => {
                self.at += 1;
                Ok(text)
            }
            other => Err(self.error(format!("expected a quoted text, found {other:?}"))),
        }
    }

    pub fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek_word() == Some(word);
        self.at += usize::from(found);
        found
    }

    pub fn expect(&mut self, sign: &str) -> Result<(), ReadError> {
        if self.take(sign) {
            return Ok(());
        }
        Err(self.error(format!("expected `{sign}`, found {:?}", self.peek())))
    }

    pub fn expect_word(&mut self, word: &str) -> Result<(), ReadError> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(self.error(format!("expected `{word}`, found {:?}", self.peek())))
    }

    pub fn skip_newlines(&mut self) {
        while self.peek() == Some(&Token::Newline) {
            self.at += 1;
        }
    }

    pub fn skip_separators(&mut self) {
        while matches!(self.peek(), Some(Token::Newline | Token::Sign(";"))) {
            self.at += 1;
        }
    }

    pub fn at_separator(&self) -> bool {
        matches!(self.peek(), None | Some(Token::Newline | Token::Sign(";")))
    }

    /// nft 1.0.6 refuses `}` where the statement before it was not ended by a line or `;`.
    pub fn end_statement(&mut self) -> Result<(), ReadError> {
        if !self.at_separator() {
            return Err(self.error(format!(
                "expected the end of the statement, found {:?}",
                self.peek()
            )));
        }
        self.skip_separators();
        Ok(())
    }

    pub fn is_done(&self) -> bool {
        self.peek().is_none()
    }
}
