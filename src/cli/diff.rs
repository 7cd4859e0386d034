//! `septum diff`

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;

use super::answer::json;
use super::interrupt::Interrupts;
use super::revisions::revisions;
use super::workspace::{self, Workspace};
use super::{CliError, Outcome, compile, report};
use crate::diff::{
    Beyond, Fate, RadiusChange, Unexpected, Version, ZoneChange, configuration_changes, diff, radius_changes,
    unexpected,
};
use crate::model::Describer;
use crate::network::Network;
use crate::packet::Budget;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The old policy repository
    #[arg(value_name = "OLD", required_unless_present = "git")]
    old: Option<PathBuf>,
    /// The new policy repository
    #[arg(value_name = "NEW", required_unless_present = "git")]
    new: Option<PathBuf>,
    /// Compare revisions of the repository in Git: REV with the files as they are, or REV..REV
    #[arg(long, value_name = "REV[..REV]", conflicts_with_all = ["old", "new"])]
    git: Option<String>,
    /// Policy repository, with --git [default: .]
    #[arg(short, long = "policy", value_name = "DIR", requires = "git")]
    policy: Option<PathBuf>,
    /// Fail when anything else changed than this file states: `allow` for what may open, `deny` for what may close
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// The day to compare for, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<jiff::civil::Date>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    /// For a merge request
    Markdown,
}

/// A comparison, ready to be shown.
#[derive(Debug, Serialize)]
struct Report {
    opened: Vec<Entry>,
    closed: Vec<Entry>,
    /// Pairs of zones that no managed device separates any more, or does now.
    unfiltered: Vec<Path>,
    /// Zones from which chains of hosts reach other devices than before.
    blast_radius: Vec<Radius>,
    /// Devices whose configuration changes.
    configurations: Vec<Configuration>,
    /// What changed and was not expected; none without `--expect`.
    unexpected: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Entry {
    from: String,
    to: String,
    packets: Vec<String>,
    complete: bool,
    example: String,
}

#[derive(Debug, Serialize)]
struct Path {
    from: String,
    to: String,
    /// `opened` or `closed`
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct Radius {
    zone: String,
    before: usize,
    after: usize,
    gained: Vec<String>,
    lost: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Configuration {
    device: String,
    /// `new`, `gone`, `changed`, or `comments` where rules stand on other lines of the policy and nothing else changes
    kind: &'static str,
    lines_added: usize,
    lines_removed: usize,
}

/// The kind of a change that no device notices.
const COMMENTS: &str = "comments";

impl Report {
    /// The devices whose configuration does the same as before, and the changes of the others.
    fn by_substance(&self) -> (Vec<&str>, Vec<&Configuration>) {
        let (comments, changes): (Vec<&Configuration>, _) = self
            .configurations
            .iter()
            .partition(|change| change.kind == COMMENTS);
        (
            comments.iter().map(|change| change.device.as_str()).collect(),
            changes,
        )
    }
}

/// Compares two policies.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let checkout = tempfile::tempdir()?;
    let path = checkout.path().to_owned();
    let _interrupts = Interrupts::after(move || drop(std::fs::remove_dir_all(path)))?;
    let (old, new) = match &arguments.git {
        Some(range) => revisions(range, arguments.policy.as_deref(), checkout.path())?,
        None => match (&arguments.old, &arguments.new) {
            (Some(old), Some(new)) => (old.clone(), new.clone()),
            _ => {
                return Err(CliError::Other(
                    "name two policy repositories, or --git".to_owned(),
                ));
            }
        },
    };
    let (old, mut new) = (workspace::load(&old)?, workspace::load(&new)?);
    for workspace in [&old, &new] {
        if workspace.broken() {
            report::diagnostics(&workspace.diagnostics, &workspace.sources);
            return Ok(Outcome::BadInput);
        }
    }
    let expected = match &arguments.expect {
        Some(path) => {
            let text = workspace::read_text(path)?;
            match new.ask(&path.display().to_string(), &text) {
                Ok(rules) => Some(rules),
                Err(found) => {
                    report::diagnostics(&found, &new.sources);
                    return Ok(Outcome::BadInput);
                }
            }
        }
        None => None,
    };
    let today = arguments.as_of.unwrap_or_else(|| jiff::Zoned::now().date());
    let [old_describer, describer] = [&old.policy, &new.policy].map(|policy| match arguments.format {
        Format::Json => Describer::new(policy).in_full(),
        Format::Text | Format::Markdown => Describer::new(policy),
    });
    let version = |policy| Version {
        policy,
        today,
        mode: None,
    };
    let (before, after) = (version(&old.policy), version(&new.policy));
    let gave_up = |error: crate::packet::GaveUp| CliError::Other(error.to_string());
    let found = diff(before, after, describer.hints(), Budget::default()).map_err(gave_up)?;
    let unexpected = match expected {
        Some(rules) => {
            let (hints, budget) = (describer.hints(), Budget::default());
            let beyond = unexpected((before, after), &found.paths, &rules, hints, budget).map_err(gave_up)?;
            Some(sentences(&beyond, &describer, &old_describer))
        }
        None => None,
    };
    let entries = |changes: &[ZoneChange], describer: &Describer, workspace: &Workspace| -> Vec<Entry> {
        let entry = |change| entry(change, describer, workspace);
        changes.iter().map(entry).collect()
    };
    let path = |change: &crate::diff::PathChange| Path {
        from: change.from.clone(),
        to: change.to.clone(),
        kind: if change.opened { "opened" } else { "closed" },
    };
    let report = Report {
        opened: entries(&found.opened, &describer, &new),
        closed: entries(&found.closed, &old_describer, &old),
        unfiltered: found.paths.iter().map(path).collect(),
        blast_radius: radius_changes(before, after).into_iter().map(radius).collect(),
        configurations: configurations(&old, &new, today)?,
        unexpected,
    };
    let text = match arguments.format {
        Format::Json => json(&report)?,
        Format::Text => text(&report),
        Format::Markdown => markdown(&report),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(match &report.unexpected {
        Some(list) if list.is_empty() => Outcome::Clean,
        Some(_) => Outcome::Findings,
        None if found.is_empty() => Outcome::Clean,
        None => Outcome::Findings,
    })
}

fn entry(change: &ZoneChange, describer: &Describer, workspace: &Workspace) -> Entry {
    Entry {
        from: change.from.clone(),
        to: change.to.clone(),
        packets: change.flows.iter().map(|flow| describer.flow(flow)).collect(),
        complete: change.complete,
        example: describer.packet(&workspace.policy, &change.witness),
    }
}

fn radius(change: RadiusChange) -> Radius {
    Radius {
        zone: change.zone,
        before: change.before,
        after: change.after,
        gained: change.gained,
        lost: change.lost,
    }
}

/// What was not expected, in words.
fn sentences(beyond: &Unexpected, new: &Describer, old: &Describer) -> Vec<String> {
    let mut list = Vec::new();
    let mut say = |word: &str, changes: &[Beyond], describer: &Describer| {
        for change in changes {
            let flows = change.products.flows.iter();
            list.extend(flows.map(|flow| format!("{word}: {}", describer.flow(flow))));
            if !change.products.complete {
                list.push(format!("{word}: more between {} and {}", change.from, change.to));
            }
        }
    };
    say("opened", &beyond.opened, new);
    say("closed", &beyond.closed, old);
    let paths = beyond.unfiltered.iter();
    list.extend(paths.map(|path| format!("no longer filtered: {} -> {}", path.from, path.to)));
    list
}

/// Which configurations change, and by how many lines.
fn configurations(
    old: &Workspace,
    new: &Workspace,
    today: jiff::civil::Date,
) -> Result<Vec<Configuration>, CliError> {
    let texts = |workspace: &Workspace, which: &str| -> Result<BTreeMap<String, String>, CliError> {
        let network = Network::new(&workspace.policy);
        let plans = compile::plans(workspace, &network, today, None);
        let mut findings = Vec::new();
        let built = compile::compile(workspace, &plans, None, &mut findings)?;
        if !findings.is_empty() {
            report::diagnostics(&findings, &workspace.sources);
            report::status(&format!("note: `septum build` refuses the {which} policy"));
        }
        let texts = built
            .into_iter()
            .map(|one| (one.plan.device.clone(), one.emitted.text));
        Ok(texts.collect())
    };
    let files = [old, new].map(|workspace| workspace.sources.files().map(|(_, file)| file.path()));
    let files: BTreeSet<&str> = files.into_iter().flatten().collect();
    let files: Vec<&str> = files.into_iter().collect();
    let changes = configuration_changes(&texts(old, "old")?, &texts(new, "new")?, &files);
    let shown = changes.into_iter().map(|change| Configuration {
        device: change.device,
        kind: match change.fate {
            Fate::New => "new",
            Fate::Gone => "gone",
            Fate::Changed => "changed",
            Fate::CommentsChanged => COMMENTS,
        },
        lines_added: change.added,
        lines_removed: change.removed,
    });
    Ok(shown.collect())
}

/// How many devices a line names.
const NAMED: usize = 4;

impl Path {
    fn said(&self) -> String {
        let (from, to) = (&self.from, &self.to);
        match (self.kind, from == to) {
            ("opened", true) => format!("no longer isolated: members of {from} reach each other"),
            ("opened", false) => format!("no longer filtered: {from} -> {to}"),
            (_, true) => format!("now isolated: members of {from}"),
            (_, false) => format!("now filtered: {from} -> {to}"),
        }
    }
}

impl Radius {
    /// `12 -> 40 devices (+ pacs-1, ct-1; - ris-1)`
    fn said(&self) -> String {
        let few = |sign: &str, names: &[String]| {
            let more = names.len().saturating_sub(NAMED);
            let mut named: Vec<String> = names.iter().take(NAMED).cloned().collect();
            if more > 0 {
                named.push(format!("and {more} more"));
            }
            (!names.is_empty()).then(|| format!("{sign} {}", named.join(", ")))
        };
        let changes = [few("+", &self.gained), few("-", &self.lost)];
        let changes: Vec<String> = changes.into_iter().flatten().collect();
        format!(
            "{} -> {} devices ({})",
            self.before,
            self.after,
            changes.join("; ")
        )
    }
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    if report.opened.is_empty() && report.closed.is_empty() {
        out.push_str("the policies permit the same\n");
    }
    for (word, sign, entries) in [("opened", '+', &report.opened), ("closed", '-', &report.closed)] {
        for entry in entries {
            let _ = writeln!(out, "{word} from {} to {}", entry.from, entry.to);
            for packets in &entry.packets {
                let _ = writeln!(out, "  {sign} {packets}");
            }
            if !entry.complete {
                let _ = writeln!(out, "  {sign} and more");
            }
            let _ = writeln!(out, "    example: {}", entry.example);
        }
    }
    for path in &report.unfiltered {
        let _ = writeln!(out, "{}", path.said());
    }
    for radius in &report.blast_radius {
        let _ = writeln!(out, "blast radius of {}: {}", radius.zone, radius.said());
    }
    let (comments, changes) = report.by_substance();
    for change in changes {
        let _ = writeln!(
            out,
            "configuration {} of {}: +{} -{} lines",
            change.kind, change.device, change.lines_added, change.lines_removed
        );
    }
    if !comments.is_empty() {
        let names = comments.join(", ");
        let _ = writeln!(
            out,
            "only comments changed of {names} (rules stand on other lines)"
        );
    }
    for line in report.unexpected.iter().flatten() {
        let _ = writeln!(out, "not expected: {line}");
    }
    if report.unexpected.as_ref().is_some_and(Vec::is_empty) {
        out.push_str("nothing changed that was not expected\n");
    }
    out
}

/// Text in a Markdown table cell.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('`', "'")
        .replace(['\n', '\r'], " ")
}

fn markdown(report: &Report) -> String {
    let mut out = String::from("### What this change permits and denies\n\n");
    if report.opened.is_empty() && report.closed.is_empty() {
        out.push_str("The policies permit the same.\n");
    }
    for (title, entries) in [("Opened", &report.opened), ("Closed", &report.closed)] {
        if entries.is_empty() {
            continue;
        }
        let _ = writeln!(
            out,
            "**{title}**\n\n| from | to | packets | example |\n|---|---|---|---|"
        );
        for entry in entries {
            let more = if entry.complete { "" } else { "<br>and more" };
            let packets: Vec<String> = entry.packets.iter().map(|packets| cell(packets)).collect();
            let _ = writeln!(
                out,
                "| {} | {} | {}{more} | `{}` |",
                cell(&entry.from),
                cell(&entry.to),
                packets.join("<br>"),
                cell(&entry.example)
            );
        }
        out.push('\n');
    }
    if !report.unfiltered.is_empty() {
        out.push_str("**Filtering**\n\n");
        for path in &report.unfiltered {
            let _ = writeln!(out, "- {}", cell(&path.said()));
        }
        out.push('\n');
    }
    if !report.blast_radius.is_empty() {
        out.push_str(
            "**Blast radius**: devices that chains of hosts reach\n\n| from | devices |\n|---|---|\n",
        );
        for radius in &report.blast_radius {
            let _ = writeln!(out, "| {} | {} |", cell(&radius.zone), cell(&radius.said()));
        }
        out.push('\n');
    }
    let (comments, changes) = report.by_substance();
    if !changes.is_empty() {
        out.push_str("**Configurations**\n\n| device | change | lines |\n|---|---|---|\n");
        for change in changes {
            let lines = format!("+{} -{}", change.lines_added, change.lines_removed);
            let _ = writeln!(out, "| {} | {} | {lines} |", cell(&change.device), change.kind);
        }
    }
    if !comments.is_empty() {
        let names = cell(&comments.join(", "));
        let _ = writeln!(
            out,
            "\nOnly comments change (rules stand on other lines): {names}"
        );
    }
    match &report.unexpected {
        Some(list) if list.is_empty() => out.push_str("\nNothing changed that was not expected.\n"),
        Some(list) => {
            out.push_str("\n**Not expected**\n\n");
            for line in list {
                let _ = writeln!(out, "- {}", cell(line));
            }
        }
        None => {}
    }
    out
}
