//! What the template gets, and where in its output each entry ended up.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::list::List;
use super::naming;
use super::object_group::{self, Group};
use super::previous::{Succession, kind};
use super::side::{self, SideLists};
use crate::packet::Family;
use crate::plan::Origin;
use crate::target::{EmitError, EmittedLine, template};

/// Columns of a comment.
const COMMENT: usize = 112;

/// The context of `template.j2`. Every text is one line of printable ASCII.
#[derive(Serialize)]
struct Context<'a> {
    device: String,
    groups: Vec<GroupText>,
    lists: Vec<Section<'a>>,
    interfaces: Vec<Interface>,
    stale: Vec<String>,
    /// Lines, the first of each sentence with a dash.
    residual: Vec<String>,
}

impl Context<'_> {
    /// About how many bytes it will take as text.
    fn bytes(&self) -> usize {
        let groups = self
            .groups
            .iter()
            .map(|group| group.heading.len() + group.body.len() + 2);
        let lines = self.lists.iter().flat_map(|list| &list.lines);
        let lines = lines.map(|line| line.len() + 2);
        groups.chain(lines).sum::<usize>() + 4096 + 256 * (self.lists.len() + self.interfaces.len())
    }
}

/// A command and the lines below it as they stand there.
#[derive(Serialize)]
struct GroupText {
    heading: String,
    body: String,
}

/// A command and the lines below it.
#[derive(Serialize)]
struct Section<'a> {
    heading: String,
    lines: Vec<&'a str>,
}

#[derive(Serialize)]
struct Interface {
    name: String,
    zone: String,
    v4: String,
    v6: String,
    entries4: usize,
    entries6: usize,
}

/// All that the configuration is made of.
pub struct Layout<'a> {
    /// The device's name in the policy.
    pub device: &'a str,
    /// The lists, by side.
    pub sides: &'a [SideLists<'a>],
    /// Object groups by name.
    pub groups: &'a BTreeMap<String, Group>,
    /// What goes.
    pub succession: &'a Succession,
    /// What is not exact.
    pub residual: &'a [String],
}

impl Layout<'_> {
    /// Renders the template, and finds the line of each entry in what it made.
    ///
    /// # Errors
    /// When the template does not render.
    pub fn render(&self, text: &str) -> Result<(String, Vec<EmittedLine>), EmitError> {
        let context = self.context();
        let rendered = template::render("cisco-ios/template.j2", text, &context, context.bytes())?;
        let lines = self.provenance(&rendered);
        Ok((rendered, lines))
    }

    fn lists(&self) -> impl Iterator<Item = (Family, &List)> {
        Family::BOTH.into_iter().flat_map(|family| {
            let lists = side::lists(self.sides, family).into_iter();
            lists.map(move |list| (family, list))
        })
    }

    fn context(&self) -> Context<'_> {
        let stale = |which: &str, command: &str| {
            let names = self.succession.stale.get(which).into_iter().flatten();
            names
                .map(|name| format!("no {command} {name}"))
                .collect::<Vec<_>>()
        };
        let groups = self.groups.iter().map(|(name, group)| GroupText {
            heading: format!("{} {name}", object_group::command(group.family)),
            body: [" ", &group.lines.join("\n ")].concat(),
        });
        let lists = self.lists().map(|(family, list)| Section {
            heading: list.heading(family),
            lines: list.lines.iter().map(|line| line.text.as_str()).collect(),
        });
        let interfaces = self.sides.iter().flat_map(|side| {
            side.side.interfaces.iter().map(|interface| Interface {
                name: interface.name.clone(),
                zone: naming::printable(&side.side.zone, 60),
                v4: side.v4.name.clone(),
                v6: side.v6.name.clone(),
                entries4: side.v4.entries,
                entries6: side.v6.entries,
            })
        });
        Context {
            device: naming::printable(self.device, 80),
            groups: groups.collect(),
            lists: lists.collect(),
            interfaces: interfaces.collect(),
            stale: [
                stale(kind::LIST4, "ip access-list extended"),
                stale(kind::LIST6, "ipv6 access-list"),
                stale(kind::GROUP, object_group::command(Family::V4)),
                stale(kind::GROUP6, object_group::command(Family::V6)),
            ]
            .concat(),
            residual: self.residual.iter().flat_map(|text| wrapped(text)).collect(),
        }
    }

    /// Users may replace the template, so entries are found by their text below the heading of their list.
    fn provenance(&self, rendered: &str) -> Vec<EmittedLine> {
        let mut origins: FxHashMap<String, FxHashMap<&str, &[Arc<Origin>]>> = FxHashMap::default();
        for (family, list) in self.lists() {
            let entries = list.lines.iter();
            let known = entries.map(|line| (line.text.as_str(), &*line.origins));
            origins.insert(list.heading(family), known.collect());
        }
        let mut found = Vec::new();
        let mut open = None;
        for (index, line) in rendered.lines().enumerate() {
            let line = line.trim();
            if let Some(list) = origins.get(line) {
                open = Some(list);
            } else if let Some(origins) = open.and_then(|list| list.get(line)) {
                found.extend(origins.iter().map(|origin| EmittedLine {
                    line: index + 1,
                    origin: Arc::clone(origin),
                }));
            }
        }
        found
    }
}

/// A sentence in lines that IOS takes: it reads no more than 254 characters of one.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in naming::printable(text, 1_000).split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < COMMENT => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(format!("- {word}")),
        }
    }
    lines
}
