//! Reads a ruleset: a file of commands, or a listing by `nft list ruleset`, with or without `-n`.
//!
//! The kernel's rules of the game (<https://wiki.nftables.org/wiki-nftables/index.php/Configuring_chains>): every base
//! chain of a hook must accept a packet, `goto` leaves no way back, and where a base chain ends its policy decides.
//! Commands are carried out on an empty kernel. Whatever is not modelled exactly is reported.

mod arms;
mod blocks;
mod command;
mod compile;
mod cube;
mod cursor;
mod declare;
mod disjoint;
mod elements;
mod field;
mod hooks;
mod interfaces;
mod lex;
mod lookup;
mod memo;
mod names;
mod plain;
mod protocols;
mod rate;
mod reserved;
mod rule;
mod sets;
mod table;
mod value;
mod walk;

use cursor::{Fault, Tokens};

use crate::syntax::tree::Rate;
use crate::target::readback::{NotUnderstood, ReadBack};

/// How much of a line a report shows.
const SHOWN: usize = 200;

/// How closely elements of sets are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Together, where they make a product.
    Rules,
    /// Each for itself, with its line.
    Lines,
}

/// What the configuration does, rules of one rate left out where one is given. Never fails: what is not understood is
/// reported by line.
pub(super) fn read(text: &str, detail: Detail, without: Option<Rate>) -> ReadBack {
    let Some(lexed) = lex::lex(text) else {
        return too_long();
    };
    let (tables, mut faults) = command::run(Tokens::new(text, &lexed.lexemes));
    drop(lexed.lexemes);
    faults.extend(lexed.carriage_return.map(|line| {
        let why = "the line ends in a carriage return, which nft refuses: end lines in line feeds alone";
        Fault::new(lex::wide(line), why)
    }));
    let program = compile::compile(&tables, detail, without, &mut faults);
    let filters = hooks::filters(&program, &mut faults);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut not_understood: Vec<NotUnderstood> = faults
        .into_iter()
        .map(|fault| {
            let line = lines
                .get(fault.line.saturating_sub(1))
                .copied()
                .unwrap_or_default();
            NotUnderstood {
                line: fault.line,
                text: line.trim().chars().take(SHOWN).collect(),
                why: fault.why,
            }
        })
        .collect();
    not_understood.sort();
    not_understood.dedup();
    ReadBack {
        filters,
        not_understood,
        rates: program.rates,
        ..ReadBack::default()
    }
}

/// Of a text of which not even the places can be told.
fn too_long() -> ReadBack {
    ReadBack {
        not_understood: vec![NotUnderstood {
            line: 1,
            text: String::new(),
            why: "the text is longer than four gigabytes".to_owned(),
        }],
        ..ReadBack::default()
    }
}
