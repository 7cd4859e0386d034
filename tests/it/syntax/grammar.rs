//! Holds `grammar/septum.ebnf` against the parser: sentences made from it must parse, broken ones must
//! be told about, and both must know the same words.

use std::collections::{BTreeMap, BTreeSet};

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use septum::source::FileId;
use septum::syntax::{keywords, parse};

use super::messages;

const GRAMMAR: &str = include_str!("../../../grammar/septum.ebnf");

#[derive(Debug)]
enum Node {
    Literal(String),
    Class(Vec<char>),
    Rule(String),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    /// At least, at most.
    Repeat(Box<Node>, usize, usize),
}

/// A reader of as much EBNF as the grammar uses.
struct Ebnf<'a> {
    rest: &'a str,
}

pub struct Grammar {
    rules: BTreeMap<String, Node>,
}

impl Ebnf<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
        while self.rest.starts_with('#') {
            self.rest = self
                .rest
                .split_once('\n')
                .map_or("", |(_, rest)| rest)
                .trim_start();
        }
    }

    fn eat(&mut self, what: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn identifier(&mut self) -> Option<String> {
        self.space();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        (!name.is_empty()).then(|| {
            self.rest = rest;
            name.to_owned()
        })
    }

    fn until(&mut self, end: char) -> String {
        let (text, rest) = self.rest.split_once(end).expect("a closing quote");
        self.rest = rest;
        text.to_owned()
    }

    fn choice(&mut self) -> Node {
        let mut choices = vec![self.sequence()];
        while self.eat("|") {
            choices.push(self.sequence());
        }
        Node::Choice(choices)
    }

    fn sequence(&mut self) -> Node {
        let mut parts = Vec::new();
        while let Some(part) = self.part() {
            parts.push(part);
        }
        Node::Sequence(parts)
    }

    fn part(&mut self) -> Option<Node> {
        let node = if self.eat("(") {
            let inner = self.choice();
            assert!(self.eat(")"), "missing ) before {:.40}", self.rest);
            inner
        } else if self.eat("\"") {
            Node::Literal(self.until('"'))
        } else if self.eat("'") {
            Node::Literal(self.until('\''))
        } else if self.eat("[") {
            Node::Class(class(&self.until(']')))
        } else {
            let before = self.rest;
            let name = self.identifier()?;
            if self.eat("::=") {
                self.rest = before;
                return None;
            }
            Node::Rule(name)
        };
        Some(match self.rest.chars().next() {
            Some('?') => self.repeat(node, 0, 1),
            Some('*') => self.repeat(node, 0, 3),
            Some('+') => self.repeat(node, 1, 3),
            _ => node,
        })
    }

    fn repeat(&mut self, node: Node, least: usize, most: usize) -> Node {
        self.rest = &self.rest[1..];
        Node::Repeat(Box::new(node), least, most)
    }
}

fn class(text: &str) -> Vec<char> {
    let chars: Vec<char> = text.chars().collect();
    let mut members = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars.get(at + 1) == Some(&'-') && at + 2 < chars.len() {
            members.extend(chars[at]..=chars[at + 2]);
            at += 3;
        } else {
            members.push(chars[at]);
            at += 1;
        }
    }
    members
}

impl Grammar {
    pub fn read() -> Self {
        let mut reader = Ebnf { rest: GRAMMAR };
        let mut rules = BTreeMap::new();
        while let Some(name) = reader.identifier() {
            assert!(reader.eat("::="), "rule {name}");
            let node = reader.choice();
            assert!(rules.insert(name.clone(), node).is_none(), "{name} twice");
        }
        reader.space();
        assert_eq!(reader.rest, "", "all of the grammar is read");
        Self { rules }
    }

    /// A random sentence, as tokens.
    pub fn sentence(&self, rule: &str, u: &mut Unstructured<'_>) -> Result<Vec<String>> {
        let mut tokens = Vec::new();
        self.generate(&self.rules[rule], rule == rule.to_uppercase(), 0, u, &mut tokens)?;
        Ok(tokens)
    }

    fn generate(
        &self,
        node: &Node,
        glue: bool,
        depth: usize,
        u: &mut Unstructured<'_>,
        out: &mut Vec<String>,
    ) -> Result<()> {
        let mut put = |text: &str| match out.last_mut() {
            Some(last) if glue => last.push_str(text),
            _ => out.push(text.to_owned()),
        };
        match node {
            Node::Literal(text) => put(text),
            Node::Class(members) => put(&u.choose(members)?.to_string()),
            Node::Rule(name) => {
                let token = *name == name.to_uppercase();
                if token && !glue {
                    out.push(String::new());
                }
                self.generate(&self.rules[name], token, depth + 1, u, out)?;
            }
            Node::Sequence(parts) => {
                for part in parts {
                    self.generate(part, glue, depth, u, out)?;
                }
            }
            Node::Choice(choices) => {
                // Deep down, the first alternative ends the recursion.
                let chosen = if depth > 14 {
                    &choices[0]
                } else {
                    u.choose(choices)?
                };
                self.generate(chosen, glue, depth, u, out)?;
            }
            Node::Repeat(inner, least, most) => {
                let most = if depth > 14 { *least } else { *most };
                for _ in 0..u.int_in_range(*least..=most)? {
                    self.generate(inner, glue, depth, u, out)?;
                }
            }
        }
        Ok(())
    }

    fn literals(&self) -> BTreeSet<String> {
        fn walk(node: &Node, out: &mut BTreeSet<String>) {
            match node {
                Node::Literal(text) => {
                    out.insert(text.trim_end_matches(':').to_owned());
                }
                Node::Class(_) | Node::Rule(_) => {}
                Node::Sequence(parts) | Node::Choice(parts) => parts.iter().for_each(|p| walk(p, out)),
                Node::Repeat(inner, ..) => walk(inner, out),
            }
        }
        let mut out = BTreeSet::new();
        self.rules.values().for_each(|node| walk(node, &mut out));
        out
    }
}

#[test]
fn every_sentence_of_the_grammar_parses() {
    let grammar = Grammar::read();
    arbtest(|u| {
        let tokens = grammar.sentence("file", u)?;
        let text = tokens.join(" ");
        let parsed = parse(FileId(0), &text);
        assert!(parsed.diagnostics.is_empty(), "{text}\n{}", messages(&text));
        let statements = parsed.tree.items.len();
        assert!(statements > 0 || tokens.iter().all(|t| t == ";"), "{text}");
        Ok(())
    })
    .size_min(64)
    .size_max(4096);
}

#[test]
fn every_statement_of_the_grammar_is_reached() {
    let grammar = Grammar::read();
    for rule in [
        "zone",
        "device",
        "group",
        "service",
        "policy",
        "rule",
        "assertion",
        "mode",
        "point",
        "waiver",
    ] {
        arbtest(|u| {
            let text = grammar.sentence(rule, u)?.join(" ");
            let parsed = parse(FileId(0), &text);
            assert!(parsed.diagnostics.is_empty(), "{text}\n{}", messages(&text));
            assert_eq!(parsed.tree.items.len(), 1, "{text}");
            Ok(())
        })
        .budget_ms(200);
    }
}

#[test]
fn a_sentence_without_one_of_its_tokens_never_panics_and_keeps_its_places() {
    let grammar = Grammar::read();
    arbtest(|u| {
        let mut tokens = grammar.sentence("file", u)?;
        for _ in 0..u.int_in_range(1..=3)? {
            if tokens.is_empty() {
                break;
            }
            let at = u.choose_index(tokens.len())?;
            match u.int_in_range(0..=2)? {
                0 => drop(tokens.remove(at)),
                1 => tokens.insert(at, tokens[u.choose_index(tokens.len())?].clone()),
                _ => {
                    let other = u.choose_index(tokens.len())?;
                    tokens.swap(at, other);
                }
            }
        }
        let separator = *u.choose(&[" ", "\n"])?;
        super::fuzz::check(&tokens.join(separator));
        Ok(())
    });
}

#[test]
fn the_grammar_and_the_parser_know_the_same_words() {
    let known: BTreeSet<String> = keywords().into_iter().map(str::to_owned).collect();
    let written: BTreeSet<String> = Grammar::read()
        .literals()
        .into_iter()
        .filter(|word| word.len() > 1 && word.starts_with(|c: char| c.is_ascii_lowercase()))
        // Examples of ICMP types, which are names.
        .filter(|word| !["echo-request", "unreachable"].contains(&word.as_str()))
        .collect();
    assert_eq!(known, written);
}
