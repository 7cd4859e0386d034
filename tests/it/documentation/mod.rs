//! Every code block of every page is run: policies compile, inputs are read, sessions are typed into a shell with
//! the real binary, and excerpts of outputs are found in what was put out.
//!
//! The language of a block says what happens to it, and one that is not known here fails:
//!
//! | fence | what is held |
//! |---|---|
//! | `septum` | compiles without an error |
//! | `septum excerpt` | parses without an error; its names are defined elsewhere |
//! | `yaml`, `csv`, `json` | is read by its reader without a finding |
//! | `sh` | every command ends with 0 or 1 (findings) |
//! | `console` | every command ends with 0, or with N where `? N` stands below it, and puts out what stands there |
//! | `diff` | lines that are added to the policy that the page started |
//! | `text` | is part of what the blocks above put out; `…` stands for anything |
//! | `text figure`, `text device` | a drawing; a session on a device, which no test has |
//!
//! Pages are found, not listed.

mod capability;
mod input;
mod inventory;
mod page;
mod shell;
mod transcript;

use std::collections::BTreeSet;

use page::{Block, pages};
use transcript::Transcript;

use crate::sample;

#[test]
fn every_block_of_every_page_is_true() {
    let pages = pages();
    let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    for known in [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "README.md",
        "docs/language.md",
    ] {
        assert!(names.contains(&known), "{known} is not among {names:?}");
    }
    let mut wrong = Vec::new();
    let mut kinds = BTreeSet::new();
    for page in &pages {
        let mut transcript = Transcript::new();
        for block in &page.blocks {
            kinds.insert(block.language.clone());
            if let Err(why) = run(block, &mut transcript) {
                wrong.push(format!("{}:{}: {why}", page.name, block.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for kind in ["septum", "sh", "console", "text", "yaml", "csv", "json"] {
        assert!(kinds.contains(kind), "no page has a block of {kind}");
    }
}

/// Runs one block.
fn run(block: &Block, transcript: &mut Transcript) -> Result<(), String> {
    let text = block.text.as_str();
    match block.language.as_str() {
        "septum" => {
            let errors = sample::policy(text).errors();
            if !errors.is_empty() {
                return Err(errors);
            }
            transcript.build(text)
        }
        "septum excerpt" => input::parses(text),
        "yaml" => input::yaml(text),
        "csv" => input::inventory("devices.csv", text),
        "json" => input::json(text),
        "sh" => transcript.commands(text),
        "console" => transcript.session(text),
        "diff" => transcript.edit(text),
        "text" => transcript.holds(text),
        "text figure" | "text device" => Ok(()),
        other => Err(format!(
            "nothing runs a block of `{other}`: see tests/it/documentation"
        )),
    }
}

#[test]
fn commands_in_the_running_text_exist() {
    let mut count = 0;
    for page in pages() {
        for command in &page.commands {
            assert_eq!(
                input::options_exist(command),
                Ok(true),
                "{}: {command}",
                page.name
            );
            count += 1;
        }
    }
    assert!(count > 10, "{count} commands");
}

#[test]
fn blocks_that_lie_are_caught() {
    let check = |language: &str, text: &str| {
        let block = Block {
            line: 1,
            language: language.to_owned(),
            text: text.to_owned(),
        };
        run(&block, &mut Transcript::new())
    };
    for (language, text) in [
        ("septum", "allow nowhere -> nobody\n"),
        ("septum excerpt", "allow nowhere ->\n"),
        ("yaml", "nmae: clinic\n"),
        ("yaml", "name: clinic\nchecks: { no-such-check: error }\n"),
        ("yaml", "devices:\n  - { name: a, adress: 10.0.0.1 }\n"),
        (
            "yaml",
            "on: push\njobs: { a: { steps: [ { run: septum build --no-such-option } ] } }\n",
        ),
        ("csv", "name,zome\na,b\n"),
        ("json", "{ \"format\": 1, \"findings\": [ { \"chek\": 1 } ] }\n"),
        ("json", "{ \"something\": 1 }\n"),
        ("sh", "septum no-such-command\n"),
        ("sh", "cargo no-such-command\n"),
        ("sh", "no-such-program\n"),
        ("console", "$ septum --version\nseptum 99.0.0\n"),
        ("console", "$ septum no-such-command\n"),
        ("diff", "+zone a { subnet 10.0.0.0/24 }\n"),
        ("console", "output without a command\n"),
        ("text", "nothing put this out\n"),
        ("rust", "fn main() {}\n"),
        ("", "whatever\n"),
    ] {
        assert!(check(language, text).is_err(), "{language}: {text}");
    }
    assert_eq!(check("console", "$ septum --version\nseptum …\n"), Ok(()));
    assert_eq!(
        check("console", "$ septum check nowhere\n? 2\nerror: …\n"),
        Ok(())
    );
    assert_eq!(check("sh", "cargo run --release -- --version\n"), Ok(()));
}
