//! nftables: files and listings, and what they do with a packet.

mod field;
#[cfg(test)]
mod kernel;
mod lex;
#[cfg(test)]
mod packet;
mod read;
mod rule;
mod set;
#[cfg(test)]
mod tests;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use septum::packet::Packet;

pub use self::field::{Seen, State};
use self::lex::Cursor;
use self::rule::{Lookup, Rule, Step, Verdict as RuleVerdict};
use self::set::Set;
use super::{ReadError, Verdict};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Base {
    hook: Hook,
    priority: i32,
    accept: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Chain {
    base: Option<Base>,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    chains: BTreeMap<String, Chain>,
    sets: BTreeMap<String, Set>,
    limits: BTreeSet<String>,
}

/// All tables of a host, by family and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NftRuleset {
    tables: BTreeMap<(String, String), Table>,
}

/// How a chain ended.
enum End {
    Accept,
    Drop,
    /// It fell off or returned.
    Through,
}

impl NftRuleset {
    /// Carries out a file as one transaction: all of it or, on an error, nothing.
    pub fn apply(&mut self, text: &str) -> Result<(), ReadError> {
        let mut next = self.clone();
        read::run(&mut next, text)?;
        *self = next;
        Ok(())
    }

    /// The verdict on a packet that is routed from one interface to another. An `Err` names a rule that reads
    /// bytes which the model of a packet does not hold, such as ports of ESP.
    pub fn try_forward(
        &self,
        iif: &str,
        oif: &str,
        packet: &Packet,
        state: State,
    ) -> Result<Verdict, String> {
        // The hop limit is counted down before the forward hook: nothing that is routed still has 255 there.
        let seen = Seen {
            hop_limit: 63,
            ..seen(iif, oif, packet, state)
        };
        self.hooks(&[Hook::Prerouting, Hook::Forward, Hook::Postrouting], &seen)
    }

    /// As [`Self::try_forward`]; what cannot be told fails the test.
    #[allow(clippy::panic)]
    pub fn forward(&self, iif: &str, oif: &str, packet: &Packet, state: State) -> Verdict {
        self.try_forward(iif, oif, packet, state)
            .unwrap_or_else(|message| panic!("{message}: {packet}"))
    }

    /// The verdict on a packet for the host itself.
    #[allow(clippy::panic)]
    pub fn input(&self, iif: &str, packet: &Packet, state: State) -> Verdict {
        self.hooks(&[Hook::Prerouting, Hook::Input], &seen(iif, "", packet, state))
            .unwrap_or_else(|message| panic!("{message}: {packet}"))
    }

    /// The verdict on a packet that the host itself sends.
    #[allow(clippy::panic)]
    pub fn output(&self, oif: &str, packet: &Packet, state: State) -> Verdict {
        self.hooks(&[Hook::Output, Hook::Postrouting], &seen("", oif, packet, state))
            .unwrap_or_else(|message| panic!("{message}: {packet}"))
    }

    /// Every base chain of every hook must accept: a drop is final, an accept only ends its own chain.
    pub fn hooks(&self, hooks: &[Hook], seen: &Seen<'_>) -> Result<Verdict, String> {
        let v6 = seen.packet.source.is_ipv6();
        for hook in hooks {
            let mut chains: Vec<(&Base, &Table, &str)> = Vec::new();
            for ((family, _), table) in &self.tables {
                let sees = family == "inet" || family == if v6 { "ip6" } else { "ip" };
                for (name, chain) in &table.chains {
                    if let Some(base) = chain.base.as_ref().filter(|base| sees && base.hook == *hook) {
                        chains.push((base, table, name));
                    }
                }
            }
            chains.sort_by_key(|(base, _, _)| base.priority);
            for (base, table, name) in chains {
                // Before routing no outgoing interface is known, after it no incoming one is shown.
                let here = match hook {
                    Hook::Prerouting => Seen { oif: "", ..*seen },
                    _ => *seen,
                };
                let accepted = match table.run(name, &here, 0)? {
                    End::Accept => true,
                    End::Drop => false,
                    End::Through => base.accept,
                };
                if !accepted {
                    return Ok(Verdict::Deny);
                }
            }
        }
        Ok(Verdict::Permit)
    }

    /// What the kernel checks of the whole: references resolve, and jumps are no deeper than it allows.
    fn check(&self, line: usize) -> Result<(), ReadError> {
        for table in self.tables.values() {
            table.check().map_err(|message| ReadError::at(line, message))?;
        }
        Ok(())
    }
}

impl Table {
    fn run(&self, chain: &str, seen: &Seen<'_>, depth: usize) -> Result<End, String> {
        if depth > 16 {
            return Err(format!("chain `{chain}` is too deep"));
        }
        let chain = self
            .chains
            .get(chain)
            .ok_or_else(|| format!("no chain `{chain}`"))?;
        for rule in &chain.rules {
            match rule.run(seen, &|name| self.sets.get(name))? {
                None | Some(RuleVerdict::Continue) => {}
                Some(RuleVerdict::Accept) => return Ok(End::Accept),
                Some(RuleVerdict::Drop) => return Ok(End::Drop),
                Some(RuleVerdict::Return) => return Ok(End::Through),
                Some(RuleVerdict::Jump(next)) => match self.run(&next, seen, depth + 1)? {
                    End::Through => {}
                    end => return Ok(end),
                },
                // A goto leaves no way back: where it ends, this chain ends.
                Some(RuleVerdict::Goto(next)) => return self.run(&next, seen, depth + 1),
            }
        }
        Ok(End::Through)
    }

    fn check(&self) -> Result<(), String> {
        for chain in self.chains.values() {
            for step in chain.rules.iter().flat_map(|rule| &rule.steps) {
                self.check_step(step)?;
            }
        }
        for (name, chain) in &self.chains {
            let targets = self.targets(name);
            if let Some(missing) = targets.iter().find(|target| !self.chains.contains_key(*target)) {
                return Err(format!("there is no chain `{missing}`"));
            }
            if chain.base.is_some() {
                self.check_depth(name, 0)?;
            }
        }
        let in_maps = self
            .sets
            .values()
            .flat_map(|set| &set.elements)
            .filter_map(|e| e.verdict.as_ref());
        match in_maps
            .filter_map(target)
            .find(|name| !self.chains.contains_key(*name))
        {
            Some(missing) => Err(format!("there is no chain `{missing}`")),
            None => Ok(()),
        }
    }

    fn check_step(&self, step: &Step) -> Result<(), String> {
        let (fields, name, is_map) = match step {
            Step::NamedLimit(name) if !self.limits.contains(name) => {
                return Err(format!("there is no limit `{name}`"));
            }
            Step::InSet(fields, _, Lookup::Named(name)) => (fields, name, false),
            Step::Map(fields, Lookup::Named(name)) => (fields, name, true),
            _ => return Ok(()),
        };
        let set = self
            .sets
            .get(name)
            .ok_or_else(|| format!("there is no set `{name}`"))?;
        let kinds: Vec<_> = fields.iter().map(|field| field.kind()).collect();
        if set.kinds != kinds || set.is_map != is_map {
            return Err(format!("`{name}` has another type than what is looked up in it"));
        }
        Ok(())
    }

    /// The chains that a chain jumps or goes to.
    fn targets(&self, chain: &str) -> Vec<String> {
        let mut found = Vec::new();
        let rules = self
            .chains
            .get(chain)
            .map(|chain| chain.rules.as_slice())
            .unwrap_or_default();
        for step in rules.iter().flat_map(|rule| &rule.steps) {
            match step {
                Step::Verdict(verdict) => found.extend(target(verdict).map(str::to_owned)),
                Step::Map(_, lookup) => {
                    let set = match lookup {
                        Lookup::Anonymous(set) => Some(set),
                        Lookup::Named(name) => self.sets.get(name),
                    };
                    let verdicts = set
                        .into_iter()
                        .flat_map(|set| &set.elements)
                        .filter_map(|e| e.verdict.as_ref());
                    found.extend(verdicts.filter_map(target).map(str::to_owned));
                }
                _ => {}
            }
        }
        found
    }

    /// At most 15 chains below a base chain; a loop is deeper than that.
    fn check_depth(&self, chain: &str, depth: usize) -> Result<(), String> {
        if depth > 15 {
            return Err("too many links between chains".to_owned());
        }
        self.targets(chain)
            .iter()
            .try_for_each(|next| self.check_depth(next, depth + 1))
    }
}

fn target(verdict: &RuleVerdict) -> Option<&str> {
    match verdict {
        RuleVerdict::Jump(name) | RuleVerdict::Goto(name) => Some(name),
        _ => None,
    }
}

/// A packet with its usual circumstances: a new TCP flow has SYN alone, all else ACK; limits have tokens; it was sent
/// on the link.
fn seen<'a>(iif: &'a str, oif: &'a str, packet: &'a Packet, state: State) -> Seen<'a> {
    Seen {
        iif,
        oif,
        packet,
        state,
        tcp_flags: if state == State::New { 2 } else { 16 },
        within_limit: true,
        hop_limit: 255,
    }
}

/// A comment holds at most 128 bytes.
fn check_comment(cursor: &Cursor, comment: &str) -> Result<(), ReadError> {
    if comment.len() > 128 {
        return Err(cursor.error("a comment holds at most 128 bytes"));
    }
    Ok(())
}
