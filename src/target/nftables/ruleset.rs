//! The typed file that the template lays out: every name is already safe, every text already escaped.

use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Serialize, Serializer};

use super::elements::Elements;
use super::kind::Kind;
use crate::packet::Family;

/// What the template gets.
#[derive(Debug, Default, Serialize)]
pub struct Ruleset {
    /// The device.
    pub device: String,
    /// The table that owns everything.
    pub table: &'static str,
    /// Sentences for the reader.
    pub notes: Vec<String>,
    /// Chains; base chains last, so that what they refer to stands above.
    pub chains: Vec<Chain>,
    /// Sets.
    pub sets: Vec<Set>,
    /// Places of sets, and of maps, by the hash of what they hold.
    #[serde(skip)]
    by_content: FxHashMap<u64, Vec<usize>>,
    /// Verdict maps.
    pub maps: Vec<Set>,
    /// Rates that several rules share.
    pub limits: Vec<Object>,
    /// What earlier versions may have left, in the order in which it can go.
    pub obsolete: Vec<Object>,
}

impl Ruleset {
    /// Nothing yet.
    pub fn new(device: String, table: &'static str) -> Self {
        Self {
            device,
            table,
            ..Self::default()
        }
    }

    /// Every set and map: all that holds elements.
    fn filled(&self) -> impl Iterator<Item = &Set> {
        self.sets.iter().chain(&self.maps)
    }

    /// The name under which a set or map is found that holds these elements: of one that is there, if it holds the same.
    pub fn hold(&mut self, name: String, kind: Kind, family: Family, elements: Elements) -> String {
        let body = kind.body(family);
        let filled = if kind.is_map() {
            &mut self.maps
        } else {
            &mut self.sets
        };
        let hash = FxBuildHasher.hash_one((body, &elements.text));
        let alike = self.by_content.entry(hash).or_default();
        let same = |set: &&Set| set.body == body && set.elements.text == elements.text;
        let there = alike.iter().filter_map(|number| filled.get(*number)).find(same);
        if let Some(set) = there {
            return set.name.clone();
        }
        alike.push(filled.len());
        filled.push(Set {
            name: name.clone(),
            body,
            elements,
        });
        name
    }

    /// How many elements all sets and maps hold.
    pub fn elements(&self) -> usize {
        self.filled().map(|set| set.elements.count).sum()
    }

    /// About how many bytes it will take as text.
    pub fn bytes(&self) -> usize {
        /// Around the elements of a set, and beside what a rule tests.
        const FRAME: usize = 300;
        let sets: usize = self.filled().map(|set| set.elements.text.len() + FRAME).sum();
        let chains = self.chains.iter().map(|chain| {
            let rules = chain.rules.iter();
            let rules: usize = rules
                .map(|rule| rule.statement.len() + rule.comment.len() + 32)
                .sum();
            rules + FRAME
        });
        sets + chains.sum::<usize>() + 16 * FRAME
    }

    /// How many rules all chains hold.
    pub fn rules(&self) -> usize {
        self.chains.iter().map(|chain| chain.rules.len()).sum()
    }
}

/// A chain.
#[derive(Debug, Default, Serialize)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// What it is about, for the reader.
    pub title: String,
    /// The hook of a base chain, whose policy is always to drop.
    pub hook: Option<&'static str>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

impl Chain {
    /// Adds a rule of the platform's own: no policy rule stands behind it.
    pub fn add(&mut self, statement: impl Into<String>, comment: impl Into<String>) {
        self.rules.push(Rule {
            statement: statement.into(),
            comment: comment.into(),
        });
    }
}

/// A rule.
#[derive(Clone, Debug, Serialize)]
pub struct Rule {
    /// Tests and verdict.
    pub statement: String,
    /// Where it comes from.
    pub comment: String,
}

/// A set or a verdict map.
#[derive(Debug, Serialize)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// Its type and flags.
    pub body: &'static str,
    /// What it holds, as lines.
    #[serde(serialize_with = "lines")]
    pub elements: Elements,
}

fn lines<S: Serializer>(elements: &Elements, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&elements.text)
}

/// An object that is only declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Object {
    /// `chain`, `set`, `map` or `limit`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its declaration between braces; empty for a chain.
    pub body: String,
}
