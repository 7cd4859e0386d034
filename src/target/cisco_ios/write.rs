//! From terms to blocks: rule by rule, or joined where the list is long.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::entry::{self, Factors, Match, Unwritable};
use super::excess::Excess;
use super::join::{self, Piece, Sets};
use super::list::Block;
use super::naming;
use super::number::{has_own_order, stage, stage_of};
use super::side::Lowering;
use super::term::{Purpose, Term};
use crate::packet::{Family, ServiceSet};
use crate::plan::Origin;

/// A term and the stage it belongs to.
type Staged = (u32, Term);

impl Lowering<'_> {
    /// Adds the blocks of the terms of one list, that of a side in `zone`.
    pub fn write(&mut self, terms: Vec<Term>, zone: &str, family: Family, blocks: &mut Vec<Block>) {
        let mut last = stage::OWN;
        let staged = terms.into_iter().map(|mut term| {
            if term.purpose == Purpose::Guard {
                term.log = self.capability.log_final_deny;
            }
            last = stage_of(&term.purpose, last);
            (last, term)
        });
        let staged: Vec<Staged> = staged.collect();
        if !self.is_long(&staged, family) {
            return self.write_apart(staged, zone, family, blocks);
        }
        let (in_order, free): (Vec<Staged>, Vec<Staged>) =
            staged.into_iter().partition(|(stage, _)| has_own_order(*stage));
        self.write_apart(in_order, zone, family, blocks);
        let mut stages: BTreeMap<u32, Vec<Term>> = BTreeMap::new();
        for (stage, term) in free {
            stages.entry(stage).or_default().push(term);
        }
        for (stage, terms) in stages {
            self.write_joined(stage, &terms, family, blocks);
        }
    }

    /// True where rules would have more entries than may stand apart, and there are groups to join them in.
    fn is_long(&self, staged: &[Staged], family: Family) -> bool {
        if !self.groups.has(family) {
            return false;
        }
        let mut left = self.capability.join_entries;
        let mut of_rules = staged.iter().filter(|(_, term)| term.origin.is_some());
        let mut known: FxHashMap<(*const ServiceSet, bool), usize> = FxHashMap::default();
        of_rules.any(|(_, term)| {
            let service = &term.flow.service;
            let counted = || entry::matches(service, family, term.established).map_or(0, |all| all.len());
            let entries = *known
                .entry((Arc::as_ptr(service), term.established))
                .or_insert_with(counted);
            let is_over = entries > left;
            left = left.saturating_sub(entries);
            is_over
        })
    }

    /// Terms of one rule and purpose that stand together make one block.
    fn write_apart(&mut self, staged: Vec<Staged>, zone: &str, family: Family, blocks: &mut Vec<Block>) {
        let mut last: Option<(Purpose, Option<String>)> = None;
        let mut left = self.capability.refuse_entries;
        let mut excess: Option<Excess> = None;
        for (stage, term) in staged {
            let rule = term.origin.as_ref().map(|origin| origin.id.clone());
            let factors = match Factors::new(&term, family, &mut self.groups) {
                Ok(factors) => factors,
                Err(error) => {
                    self.fail(rule, unwritable(&error).to_owned());
                    continue;
                }
            };
            if excess.is_some() || factors.count() > left {
                // The rest is only counted: all rules together make the list long, not the one that does not fit.
                let excess = excess.get_or_insert_with(|| Excess::of(blocks));
                excess.add(term.origin.as_slice(), factors.count());
                continue;
            }
            let entries = factors.entries();
            left = left.saturating_sub(entries.len());
            let key = (term.purpose.clone(), rule);
            match blocks.last_mut() {
                Some(block) if last.as_ref() == Some(&key) => block.entries.extend(entries),
                _ => {
                    let origins: Arc<[Arc<Origin>]> = term.origin.iter().cloned().collect();
                    blocks.push(Block {
                        stage,
                        remark: naming::remark(&term.purpose.words(), &origins),
                        origins,
                        entries,
                    });
                }
            }
            last = Some(key);
        }
        if let Some(excess) = excess {
            self.refuse(zone, family, &excess);
        }
    }

    /// Terms of one stage and so of one purpose, whose order decides nothing. Entries of the same rules make one block.
    fn write_joined(&mut self, stage: u32, terms: &[Term], family: Family, blocks: &mut Vec<Block>) {
        let mut sets = Sets::new(family);
        let mut kinds = Kinds::default();
        let mut rules = Rules::default();
        let mut pieces = Vec::new();
        for term in terms {
            let rule = rules.number(term);
            match kinds.numbers(term, family) {
                Ok(all) => {
                    let (source, destination) = (&term.flow.source, &term.flow.destination);
                    let (source, destination) = (sets.number(source), sets.number(destination));
                    pieces.extend(all.iter().map(|kind| Piece {
                        kind: *kind,
                        source,
                        destination,
                        rules: vec![rule],
                    }));
                }
                Err(error) => {
                    let rule = term.origin.as_ref().map(|origin| origin.id.clone());
                    self.fail(rule, unwritable(&error).to_owned());
                }
            }
        }
        let words = terms
            .first()
            .map_or_else(String::new, |term| term.purpose.words());
        let mut places: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
        let mut names: FxHashMap<usize, Rc<[String]>> = FxHashMap::default();
        for piece in join::joined(pieces, &mut sets) {
            let kind = &kinds.all[piece.kind];
            let mut name = |set| {
                let named = || entry::addresses(sets.set(set), family, &mut self.groups).into();
                Rc::clone(names.entry(set).or_insert_with(named))
            };
            let (sources, destinations) = (name(piece.source), name(piece.destination));
            let entries = kind
                .service
                .entries(kind.permits, &sources, &destinations, kind.log);
            let place = places.get(&piece.rules).and_then(|place| blocks.get_mut(*place));
            if let Some(block) = place {
                block.entries.extend(entries);
                continue;
            }
            let origins = rules.origins(&piece.rules);
            places.insert(piece.rules, blocks.len());
            blocks.push(Block {
                stage,
                remark: naming::remark(&words, &origins),
                origins,
                entries: entries.collect(),
            });
        }
    }
}

/// The rules of a stage by number, in the order of their first terms.
#[derive(Default)]
struct Rules<'t> {
    numbers: FxHashMap<Option<&'t str>, usize>,
    all: Vec<Option<Arc<Origin>>>,
}

impl<'t> Rules<'t> {
    fn number(&mut self, term: &'t Term) -> usize {
        let origin = term.origin.as_ref();
        let id = origin.map(|origin| origin.id.as_str());
        *self.numbers.entry(id).or_insert_with(|| {
            self.all.push(origin.cloned());
            self.all.len() - 1
        })
    }

    fn origins(&self, numbers: &[usize]) -> Arc<[Arc<Origin>]> {
        let known = numbers.iter().filter_map(|number| self.all.get(*number));
        known.flatten().cloned().collect()
    }
}

/// What an entry says beside its addresses.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Kind {
    permits: bool,
    service: Match,
    log: bool,
}

/// What a term says beside its addresses.
type Said = (bool, Arc<ServiceSet>, bool, bool);

/// The kinds of entries of a stage by number. Numbers of one are used with that one alone.
#[derive(Default)]
struct Kinds {
    numbers: FxHashMap<Kind, usize>,
    all: Vec<Kind>,
    /// Those of terms that were met: many have the same services.
    of_terms: FxHashMap<Said, Rc<[usize]>>,
}

impl Kinds {
    fn numbers(&mut self, term: &Term, family: Family) -> Result<Rc<[usize]>, Unwritable> {
        let (permits, service) = (term.purpose.permits(), &term.flow.service);
        let said = (permits, Arc::clone(service), term.established, term.log);
        if let Some(known) = self.of_terms.get(&said) {
            return Ok(Rc::clone(known));
        }
        let services = entry::matches(service, family, term.established)?;
        let kinds = services.into_iter().map(|service| Kind {
            permits,
            service,
            log: term.log,
        });
        let numbers: Rc<[usize]> = kinds.map(|kind| self.number(kind)).collect();
        self.of_terms.insert(said, Rc::clone(&numbers));
        Ok(numbers)
    }

    fn number(&mut self, kind: Kind) -> usize {
        *self.numbers.entry(kind).or_insert_with_key(|kind| {
            self.all.push(kind.clone());
            self.all.len() - 1
        })
    }
}

fn unwritable(error: &Unwritable) -> &'static str {
    match error {
        Unwritable::SctpPorts => "sctp ports cannot be matched by an IPv4 access list",
        Unwritable::ProtocolZero => {
            "protocol 0 cannot be told from all protocols, and so not matched apart from others"
        }
    }
}
