//! `septum diff`

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use serde::Serialize;

use super::compile;
use super::workspace::{self, Workspace};
use super::{CliError, Outcome, report};
use crate::diff::{PolicyDiff, Version, ZoneChange, diff};
use crate::model::{Describer, Rule};
use crate::network::Network;
use crate::packet::{Budget, FlowSet, PacketSet};
use crate::syntax::tree::Action;

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
    /// Devices whose configuration changes.
    configurations: Vec<ConfigurationChange>,
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
struct ConfigurationChange {
    device: String,
    /// `new`, `gone` or `changed`
    kind: &'static str,
    lines_added: usize,
    lines_removed: usize,
}

/// Compares two policies.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let checkout = tempfile::tempdir()?;
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
    let (old_describer, describer) = (Describer::new(&old.policy), Describer::new(&new.policy));
    let version = |workspace| Version {
        policy: workspace,
        today,
        mode: None,
    };
    let found = diff(
        version(&old.policy),
        version(&new.policy),
        describer.hints(),
        Budget::default(),
    )
    .map_err(|error| CliError::Other(error.to_string()))?;
    let unexpected = match expected {
        Some(rules) => Some(unexpected(&found, &rules, &describer, &old_describer)?),
        None => None,
    };
    let report = Report {
        opened: found
            .opened
            .iter()
            .map(|change| entry(change, &describer, &new))
            .collect(),
        closed: found
            .closed
            .iter()
            .map(|change| entry(change, &old_describer, &old))
            .collect(),
        configurations: configurations(&old, &new, today)?,
        unexpected,
    };
    let text = match arguments.format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&report).unwrap_or_default()),
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

/// The directories of two revisions: checked out below `into`, or the work tree itself.
fn revisions(range: &str, policy: Option<&Path>, into: &Path) -> Result<(PathBuf, PathBuf), CliError> {
    let directory = policy.unwrap_or(Path::new("."));
    let (old, new) = match range.split_once("..") {
        Some((old, new)) => (old, Some(new)),
        None => (range, None),
    };
    let prefix = git(directory, &["rev-parse", "--show-prefix"], &[])?;
    let top = PathBuf::from(git(directory, &["rev-parse", "--show-toplevel"], &[])?);
    let check_out = |revision: &str, name: &str| -> Result<PathBuf, CliError> {
        if revision.is_empty() || revision.starts_with('-') {
            return Err(CliError::Other(format!("`{revision}` is no revision")));
        }
        let target = into.join(name);
        fs::create_dir_all(&target)?;
        let index = into.join(format!("{name}.index")).to_string_lossy().into_owned();
        let tree = format!("{revision}:{prefix}");
        git(&top, &["read-tree", &tree], &[("GIT_INDEX_FILE", &index)])?;
        let to = format!("--prefix={}/", target.to_string_lossy());
        // At the top: below it, only what lies under the present directory would be written.
        git(
            &top,
            &["checkout-index", "--all", &to],
            &[("GIT_INDEX_FILE", &index)],
        )?;
        Ok(target)
    };
    let old = check_out(old, "old")?;
    let new = match new {
        Some(new) => check_out(if new.is_empty() { "HEAD" } else { new }, "new")?,
        None => directory.to_owned(),
    };
    Ok((old, new))
}

fn git(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<String, CliError> {
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .map_err(|error| CliError::Other(format!("cannot run git: {error}")))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(CliError::Other(format!(
            "git {}: {why}",
            arguments.first().unwrap_or(&"")
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
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

/// What changed beyond what the rules of an expectation state, in words.
fn unexpected(
    found: &PolicyDiff,
    rules: &[Rule],
    new: &Describer,
    old: &Describer,
) -> Result<Vec<String>, CliError> {
    let stated = |action: Action| -> Result<PacketSet, CliError> {
        let flows: Vec<FlowSet> = rules
            .iter()
            .filter(|rule| rule.action == action)
            .map(Rule::flow)
            .collect();
        PacketSet::from_flows(&flows, Budget::default()).map_err(|error| CliError::Other(error.to_string()))
    };
    let mut list = Vec::new();
    for (word, changes, action, describer) in [
        ("opened", &found.opened, Action::Allow, new),
        ("closed", &found.closed, Action::Deny, old),
    ] {
        let stated = stated(action)?;
        for change in changes {
            let rest = change
                .set
                .difference(&stated, Budget::default())
                .map_err(|error| CliError::Other(error.to_string()))?;
            let products = rest.products(8);
            list.extend(
                products
                    .flows
                    .iter()
                    .map(|flow| format!("{word}: {}", describer.flow(flow))),
            );
            if !products.complete {
                list.push(format!("{word}: more between {} and {}", change.from, change.to));
            }
        }
    }
    Ok(list)
}

/// Which configurations change, and by how many lines.
fn configurations(
    old: &Workspace,
    new: &Workspace,
    today: jiff::civil::Date,
) -> Result<Vec<ConfigurationChange>, CliError> {
    let texts = |workspace: &Workspace| -> Result<Vec<(String, String)>, CliError> {
        let network = Network::new(&workspace.policy);
        let plans = compile::plans(workspace, &network, today, None);
        let built = compile::compile(workspace, plans, None, &mut Vec::new())?;
        Ok(built
            .into_iter()
            .map(|one| (one.plan.device, one.emitted.text))
            .collect())
    };
    let (before, after) = (texts(old)?, texts(new)?);
    let mut changes = Vec::new();
    for (device, text) in &after {
        match before.iter().find(|(name, _)| name == device) {
            None => changes.push(changed(device, "new", "", text)),
            Some((_, old)) if old != text => changes.push(changed(device, "changed", old, text)),
            Some(_) => {}
        }
    }
    for (device, text) in &before {
        if after.iter().all(|(name, _)| name != device) {
            changes.push(changed(device, "gone", text, ""));
        }
    }
    changes.sort_by(|a, b| a.device.cmp(&b.device));
    Ok(changes)
}

fn changed(device: &str, kind: &'static str, old: &str, new: &str) -> ConfigurationChange {
    let mut balance: std::collections::BTreeMap<&str, i64> = std::collections::BTreeMap::new();
    for line in old.lines() {
        *balance.entry(line).or_default() -= 1;
    }
    for line in new.lines() {
        *balance.entry(line).or_default() += 1;
    }
    let sum = |sign: i64| balance.values().map(|count| (count * sign).max(0)).sum::<i64>();
    let count = |value: i64| usize::try_from(value).unwrap_or(0);
    ConfigurationChange {
        device: device.to_owned(),
        kind,
        lines_added: count(sum(1)),
        lines_removed: count(sum(-1)),
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
    for change in &report.configurations {
        let _ = writeln!(
            out,
            "configuration {} of {}: +{} -{} lines",
            change.kind, change.device, change.lines_added, change.lines_removed
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
    if !report.configurations.is_empty() {
        out.push_str("**Configurations**\n\n| device | change | lines |\n|---|---|---|\n");
        for change in &report.configurations {
            let lines = format!("+{} -{}", change.lines_added, change.lines_removed);
            let _ = writeln!(out, "| {} | {} | {lines} |", cell(&change.device), change.kind);
        }
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
