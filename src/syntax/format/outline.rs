//! A file as the formatter sees it: statements as words, bodies of statements, and comments.

use crate::source::Span;
use crate::syntax::lexer::{Lexed, Token, TokenKind};

/// What stands on lines of its own: a statement or a comment.
pub struct Element<'a> {
    /// Line breaks in the source between it and what came before.
    pub breaks: usize,
    /// A statement up to its body, or a comment.
    pub head: Vec<Word<'a>>,
    /// What is between its braces.
    pub body: Option<Body<'a>>,
    /// A comment after it on its last line.
    pub trailing: Option<&'a str>,
}

/// What is between braces.
pub struct Body<'a> {
    /// A comment right after the opening brace.
    pub opening: Option<&'a str>,
    /// What it holds.
    pub elements: Vec<Element<'a>>,
    /// Whether it was written on one line.
    pub on_one_line: bool,
}

/// A token or comment inside a statement.
#[derive(Clone, Copy)]
pub struct Word<'a> {
    /// As written.
    pub text: &'a str,
    /// The kind of token; none for a comment.
    pub kind: Option<TokenKind>,
    /// Whether it stood right after the one before.
    pub glued: bool,
    /// For a comment, whether it stood on a line of its own.
    pub own_line: bool,
}

impl<'a> Element<'a> {
    fn comment(text: &'a str, breaks: usize) -> Self {
        let word = Word {
            text,
            kind: None,
            glued: false,
            own_line: true,
        };
        Self {
            breaks,
            head: vec![word],
            body: None,
            trailing: None,
        }
    }
}

#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    span: Span,
    role: Role,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// A token that starts a statement.
    Start(TokenKind),
    /// A token that goes on with one, or ends it.
    Token(TokenKind),
    /// A comment between the tokens of a statement.
    InnerComment,
    /// A comment elsewhere.
    Comment,
}

impl Role {
    fn kind(self) -> Option<TokenKind> {
        match self {
            Self::Start(kind) | Self::Token(kind) => Some(kind),
            Self::InnerComment | Self::Comment => None,
        }
    }

    /// Whether a token with this role may follow inside a statement.
    fn continues(self) -> bool {
        matches!(self, Self::Token(kind) if !matches!(kind, TokenKind::Semicolon | TokenKind::CloseBrace))
    }
}

/// Takes tokens and comments apart into statements.
pub struct Reader<'a> {
    text: &'a str,
    pieces: Vec<Piece<'a>>,
    next: usize,
    /// Where the last piece ended.
    end: usize,
}

impl<'a> Reader<'a> {
    /// A reader of a text that has been cut into tokens, with the offsets where statements start.
    pub fn new(text: &'a str, lexed: &Lexed<'a>, starts: &[u32]) -> Self {
        let role = |token: Token<'_>| {
            if starts.binary_search(&token.span().start).is_ok() {
                Role::Start(token.kind)
            } else {
                Role::Token(token.kind)
            }
        };
        let mut pieces: Vec<Piece<'a>> = Vec::with_capacity(lexed.tokens.len() + lexed.comments.len());
        pieces.extend(lexed.tokens.iter().map(|token| Piece {
            text: token.text,
            span: token.span(),
            role: role(token),
        }));
        pieces.extend(lexed.comments.iter().map(|span| Piece {
            text: text.get(span.range()).unwrap_or("").trim_end(),
            span: *span,
            role: Role::Comment,
        }));
        pieces.sort_by_key(|piece| piece.span.start);
        mark_inner_comments(&mut pieces);
        Self {
            text,
            pieces,
            next: 0,
            end: 0,
        }
    }

    fn peek(&self) -> Option<Piece<'a>> {
        self.pieces.get(self.next).copied()
    }

    fn advance(&mut self) {
        if let Some(piece) = self.peek() {
            self.end = piece.span.end as usize;
            self.next += 1;
        }
    }

    /// Line breaks between the last piece and the next.
    fn breaks(&self) -> usize {
        let next = self
            .peek()
            .map_or(self.text.len(), |piece| piece.span.start as usize);
        let between = self.text.get(self.end..next).unwrap_or("");
        between.bytes().filter(|b| *b == b'\n').count()
    }

    /// A comment on the line of the last piece.
    fn trailing(&mut self) -> Option<&'a str> {
        let comment = self
            .peek()
            .filter(|piece| piece.role == Role::Comment && self.end > 0)?;
        if self.breaks() > 0 {
            return None;
        }
        self.advance();
        Some(comment.text)
    }

    /// Everything up to the end of the body or file.
    pub fn elements(&mut self) -> Vec<Element<'a>> {
        let mut elements: Vec<Element<'a>> = Vec::new();
        let mut breaks = 0;
        while let Some(piece) = self.peek() {
            breaks += self.breaks();
            match piece.role {
                Role::Token(TokenKind::CloseBrace) => break,
                Role::Token(TokenKind::Semicolon) => {
                    self.advance();
                    let last = elements
                        .last_mut()
                        .filter(|e| breaks == 0 && e.trailing.is_none());
                    if let Some(last) = last {
                        last.trailing = self.trailing();
                    }
                    continue;
                }
                Role::Comment | Role::InnerComment => {
                    self.advance();
                    elements.push(Element::comment(piece.text, breaks));
                }
                Role::Start(_) | Role::Token(_) => elements.push(self.statement(breaks)),
            }
            breaks = 0;
        }
        elements
    }

    fn statement(&mut self, breaks: usize) -> Element<'a> {
        let mut head = Vec::new();
        let mut body = None;
        while let Some(piece) = self.peek() {
            let goes_on = head.is_empty() || piece.role.continues() || piece.role == Role::InnerComment;
            if !goes_on {
                break;
            }
            let own_line = self.breaks() > 0;
            let glued = self.end == piece.span.start as usize;
            self.advance();
            if piece.role.kind() == Some(TokenKind::OpenBrace) {
                body = Some(self.body());
                break;
            }
            head.push(Word {
                text: piece.text,
                kind: piece.role.kind(),
                glued,
                own_line,
            });
        }
        Element {
            breaks,
            head,
            body,
            trailing: self.trailing(),
        }
    }

    fn body(&mut self) -> Body<'a> {
        let open = self.end;
        let opening = self.trailing();
        let elements = self.elements();
        self.advance();
        let inside = self.text.get(open..self.end).unwrap_or("");
        Body {
            opening,
            elements,
            on_one_line: !inside.contains('\n'),
        }
    }
}

/// Marks the comments that stand before a token which goes on with a statement.
fn mark_inner_comments(pieces: &mut [Piece<'_>]) {
    let mut next_continues = false;
    for piece in pieces.iter_mut().rev() {
        match piece.role {
            Role::Comment if next_continues => piece.role = Role::InnerComment,
            Role::Comment => {}
            role => next_continues = role.continues(),
        }
    }
}
