//! `septum explain`

use std::fmt::Write as _;
use std::io::Write as _;

use super::{CliError, Outcome, lint};
use crate::check::{CHECKS, Check, OptionDefault};
use crate::diagnostic::Severity;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The check, such as `dead-rule` [default: list all]
    #[arg(value_name = "CHECK")]
    check: Option<String>,
}

/// Prints what a check finds, or which checks there are.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let text = match &arguments.check {
        Some(name) => documentation(lint::named(name)?),
        None => list(),
    };
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(Outcome::Clean)
}

/// The level of a check that `septum.yaml` says nothing about.
fn level(check: &Check) -> &'static str {
    match check.severity {
        _ if !check.enabled => "allow",
        Severity::Error => "error",
        Severity::Warning | Severity::Note => "warn",
    }
}

fn list() -> String {
    let width = CHECKS.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in CHECKS {
        let _ = writeln!(
            text,
            "{:width$}  {:5}  {}",
            check.name,
            level(check),
            check.summary
        );
    }
    text
}

/// The documentation, and what `septum.yaml` says where it says nothing.
fn documentation(check: &Check) -> String {
    let mut text = format!("{}: {}\n\n", check.name, check.summary);
    text.push_str(check.documentation().trim_end());
    text.push_str("\n\n# In septum.yaml\n");
    text.push_str(match check.enabled {
        true => "The defaults; `level` is allow, warn or error:\n",
        false => "The defaults; `level` is allow, warn or error, and with allow it does not run:\n",
    });
    let _ = writeln!(
        text,
        "```yaml\nchecks:\n  {}:\n    level: {}",
        check.name,
        level(check)
    );
    for option in check.options {
        let value = match option.default {
            OptionDefault::Text(value) => format!("{value:?}"),
            OptionDefault::Number(_) | OptionDefault::List(_) => option.default.shown(),
        };
        let _ = writeln!(text, "    {}: {value}  # {}", option.name, option.meaning);
    }
    text.push_str("```\n");
    text
}
