//! Rules of blocks, of files and of modes.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::emptiness::{self, Side};
use super::names::{self, Scope};
use super::zones::repeated;
use super::{services, sets};
use crate::diagnostic::Diagnostic;
use crate::model::{Endpoint, Metadata, Mode, ModeId, Rule, RuleId, ServiceUse};
use crate::source::Span;
use crate::syntax::tree::{self, Action, Item, Meta, PolicyStatement};

struct Context<'a> {
    block: Option<&'a str>,
    title: Option<&'a str>,
    meta: Metadata,
    mode: Option<ModeId>,
}

/// All rules, those of modes last, and the modes.
pub(super) fn resolve(
    items: &[&Item],
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Rule>, Vec<Mode>) {
    let mut rules = Vec::with_capacity(items.iter().map(|item| count(item)).sum());
    let mut blocks: BTreeMap<&str, Span> = BTreeMap::new();
    for item in items {
        match item {
            Item::Rule(rule) => {
                let context = Context {
                    block: None,
                    title: None,
                    meta: Metadata::default(),
                    mode: None,
                };
                rules.extend(read(rule, &context, scope, diagnostics));
            }
            Item::Policy(block) => {
                if let Some(first) = blocks.insert(&block.name.text, block.name.span) {
                    diagnostics.push(names::duplicate("policy", &block.name, first));
                }
                let meta = metadata(
                    block.body.iter().filter_map(|statement| match statement {
                        PolicyStatement::Meta(meta) => Some(meta),
                        _ => None,
                    }),
                    Metadata::default(),
                    diagnostics,
                );
                let title = block.title.as_ref().map(|title| title.value.as_str());
                let context = Context {
                    block: Some(&block.name.text),
                    title,
                    meta,
                    mode: None,
                };
                for statement in &block.body {
                    let PolicyStatement::Rule(rule) = statement else {
                        continue;
                    };
                    rules.extend(read(rule, &context, scope, diagnostics));
                }
            }
            _ => {}
        }
    }
    let mut modes: Vec<Mode> = Vec::new();
    for item in items {
        let Item::Mode(mode) = item else { continue };
        if let Some(first) = modes.iter().find(|other| *other.name == *mode.name.text) {
            diagnostics.push(names::duplicate("mode", &mode.name, first.span));
            continue;
        }
        let id = ModeId::from_index(modes.len());
        let title = mode.title.as_ref().map(|title| title.value.clone());
        let context = Context {
            block: Some(&mode.name.text),
            title: title.as_deref(),
            meta: Metadata::default(),
            mode: Some(id),
        };
        let first = rules.len();
        for rule in &mode.rules {
            if rule.action == Action::Allow {
                let message = format!("mode `{}` allows something: modes may only deny", mode.name.text);
                diagnostics.push(
                    Diagnostic::error("mode-allows", rule.span, message)
                        .help("put the rule into a policy block, where it holds always"),
                );
                continue;
            }
            rules.extend(read(rule, &context, scope, diagnostics));
        }
        let own = (first..rules.len()).map(RuleId::from_index).collect();
        modes.push(Mode {
            name: mode.name.text.to_string(),
            title,
            span: mode.name.span,
            rules: own,
        });
    }
    number_twins(&mut rules);
    (rules, modes)
}

/// How many rules an item has.
fn count(item: &Item) -> usize {
    match item {
        Item::Rule(_) => 1,
        Item::Policy(block) => {
            let is_rule = |statement: &&PolicyStatement| matches!(statement, PolicyStatement::Rule(_));
            block.body.iter().filter(is_rule).count()
        }
        Item::Mode(mode) => mode.rules.len(),
        _ => 0,
    }
}

fn read(
    rule: &tree::Rule,
    context: &Context<'_>,
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Rule> {
    let meta = metadata(rule.meta.iter(), context.meta.clone(), diagnostics);
    let source = sets::endpoint(&rule.source, scope, diagnostics);
    let destination = sets::endpoint(&rule.destination, scope, diagnostics);
    let service = services::used(&rule.services, rule.span, scope, diagnostics);
    let (source, destination, service) = (source?, destination?, service?);
    let rule = Rule {
        id: plain_id(
            context.block.unwrap_or("rule"),
            &said(rule.action, &source, &destination, &service),
        ),
        block: context.block.map(str::to_owned),
        title: rule
            .title
            .as_ref()
            .map(|title| title.value.clone())
            .or_else(|| context.title.map(str::to_owned)),
        action: rule.action,
        source,
        destination,
        service,
        meta,
        mode: context.mode,
        span: rule.span,
    };
    diagnostics.extend(empty_rule(&rule));
    Some(rule)
}

fn said(action: Action, source: &Endpoint, destination: &Endpoint, service: &ServiceUse) -> String {
    let word = match action {
        Action::Allow => "allow",
        Action::Deny => "deny",
    };
    [
        word,
        " ",
        &source.text,
        " -> ",
        &destination.text,
        " : ",
        &service.text,
    ]
    .concat()
}

/// The block's name and a digest of what the rule says, so that no other edit changes it.
fn plain_id(block: &str, said: &str) -> String {
    let digest = Sha256::digest(said.as_bytes());
    let digits = digest.iter().take(3).flat_map(|byte| [byte >> 4, byte & 15]);
    let clean = block.chars().take(40).map(|c| match c {
        '.' | '_' => c,
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    });
    let mut id = String::with_capacity(block.len().min(40) + 7);
    id.extend(clean.chain(['-']));
    id.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    id
}

/// Numbers the rules that share an id, by what they are and never by where they stand: moving a statement changes no
/// id.
fn number_twins(rules: &mut [Rule]) {
    let mut by_id: Vec<(usize, &Rule)> = rules.iter().enumerate().collect();
    by_id.sort_unstable_by_key(|(index, rule)| (rule.id.as_str(), *index));
    let mut numbered: Vec<(usize, String)> = Vec::new();
    for twins in by_id
        .chunk_by_mut(|(_, one), (_, other)| one.id == other.id)
        .filter(|twins| twins.len() > 1)
    {
        twins.sort_by_cached_key(|(_, rule)| identity(rule));
        let ranks = twins.iter().enumerate().skip(1);
        numbered.extend(ranks.map(|(rank, (index, rule))| (*index, format!("{}-{}", rule.id, rank + 1))));
    }
    for (index, id) in numbered {
        if let Some(rule) = rules.get_mut(index) {
            rule.id = id;
        }
    }
}

/// Everything about a rule but its place.
fn identity(rule: &Rule) -> String {
    let Metadata {
        owner,
        ticket,
        reason,
        expires,
        log,
        rate,
    } = &rule.meta;
    let said = said(rule.action, &rule.source, &rule.destination, &rule.service);
    let day = expires.map(|(day, _)| day);
    let (title, block, mode) = (&rule.title, &rule.block, rule.mode.is_some());
    format!("{mode} {said} {title:?} {block:?} {owner:?} {ticket:?} {reason:?} {day:?} {log} {rate:?}")
}

/// Metadata of a block or rule over what it inherits.
fn metadata<'a>(
    statements: impl Iterator<Item = &'a Meta>,
    inherited: Metadata,
    diagnostics: &mut Vec<Diagnostic>,
) -> Metadata {
    let mut meta = inherited;
    let mut said: Vec<&str> = Vec::new();
    for statement in statements {
        let (word, span) = match statement {
            Meta::Owner(name, span) => {
                meta.owner = Some(name.text.to_string());
                ("owner", *span)
            }
            Meta::Ticket(name, span) => {
                meta.ticket = Some(name.text.to_string());
                ("ticket", *span)
            }
            Meta::Reason(text, span) => {
                meta.reason = Some(text.value.clone());
                ("reason", *span)
            }
            Meta::Expires(date, span) => {
                meta.expires = Some((date.value, *span));
                ("expires", *span)
            }
            Meta::Log(span) => {
                meta.log = true;
                ("log", *span)
            }
            Meta::Rate(rate, span) => {
                meta.rate = Some(*rate);
                ("rate", *span)
            }
        };
        if said.contains(&word) {
            diagnostics.push(repeated(word, span));
        }
        said.push(word);
    }
    meta
}

/// Said of a rule that holds no packet. It then yields nothing, and never `any`.
fn empty_rule(rule: &Rule) -> Option<Diagnostic> {
    fn side(endpoint: &Endpoint) -> Side<'_> {
        Side {
            text: &endpoint.text,
            span: Some(endpoint.span),
            addresses: &endpoint.addresses,
        }
    }
    let (source, destination) = (side(&rule.source), side(&rule.destination));
    let (place, why) = emptiness::reason(&rule.flow(), source, destination, &rule.service, rule.span)?;
    Some(
        Diagnostic::warning("empty-rule", place, format!("the rule holds no packet: {why}"))
            .help("nothing is written for it; remove it, or give both sides an address of one family"),
    )
}
