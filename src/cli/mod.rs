//! The command line: one file a command. Only this module touches files, the clock and the environment.
#![allow(
    clippy::disallowed_methods,
    reason = "files, clock and environment are the business of this module"
)]

mod answer;
mod baseline;
mod build;
mod build_manifest;
mod check;
mod compile;
mod completions;
mod consequence;
mod contain;
mod diff;
mod draft;
mod explain;
mod fix;
mod fmt;
mod graph;
mod init;
mod interrupt;
mod lint;
mod lookup;
mod matrix;
mod mode_trial;
mod outputs;
mod policy_files;
mod progress;
mod proof_report;
mod reach;
mod report;
mod revisions;
mod shallow_json;
mod table;
mod trace;
mod trace_report;
mod verify;
mod workshop;
mod workspace;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// The command-line interface.
#[derive(Debug, Parser)]
#[command(
    name = "septum",
    version,
    about,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(after_help = "Exit codes: 0 clean, 1 findings, 2 bad input or usage.")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a small policy repository that builds
    Init(init::Arguments),
    /// Find what is wrong with a policy
    Check(check::Arguments),
    /// Say what a check finds, why it matters and how to fix it; or list all checks
    Explain(explain::Arguments),
    /// Write the configuration of every managed device
    Build(build::Arguments),
    /// Compare a device's configuration with the policy
    Verify(verify::Arguments),
    /// Print a mode that cuts one device off from all but what is required of it
    Contain(contain::Arguments),
    /// Show what becomes permitted and what stops being permitted between two policies
    Diff(diff::Arguments),
    /// Follow one packet through the network
    Trace(trace::Arguments),
    /// Show who can talk to whom
    Reach(reach::Arguments),
    /// Lay policy files out in the canonical style
    Fmt(fmt::Arguments),
    /// Draw zones and enforcement points
    Graph(graph::Arguments),
    /// Print shell completions or a manual page
    Completions(completions::Arguments),
}

/// Which policy repository a command works on.
#[derive(Debug, Args)]
pub struct Repository {
    /// Policy repository: the directory with septum.yaml [default: .]
    #[arg(value_name = "DIR")]
    operand: Option<PathBuf>,
    /// The same as DIR
    #[arg(short, long = "policy", value_name = "DIR", conflicts_with = "operand")]
    policy: Option<PathBuf>,
    /// The day to check and build for, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<jiff::civil::Date>,
}

impl Repository {
    fn directory(&self) -> PathBuf {
        self.operand
            .clone()
            .or_else(|| self.policy.clone())
            .unwrap_or_else(|| PathBuf::from("."))
    }

    fn today(&self) -> jiff::civil::Date {
        self.as_of.unwrap_or_else(|| jiff::Zoned::now().date())
    }
}

/// Which policy repository a question is about, in which mode and on which day.
#[derive(Debug, Args)]
pub struct Situation {
    /// Policy repository [default: .]
    #[arg(short, long = "policy", value_name = "DIR")]
    policy: Option<PathBuf>,
    /// In an emergency mode
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// The day to ask about, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<jiff::civil::Date>,
}

impl Situation {
    /// The repository; none where it cannot be used, after its mistakes have been reported.
    fn load(&self) -> Result<Option<workspace::Workspace>, CliError> {
        let directory = self.policy.clone().unwrap_or_else(|| PathBuf::from("."));
        let workspace = workspace::load(&directory)?;
        if workspace.broken() {
            report::diagnostics(&workspace.diagnostics, &workspace.sources);
            return Ok(None);
        }
        Ok(Some(workspace))
    }

    fn today(&self) -> jiff::civil::Date {
        self.as_of.unwrap_or_else(|| jiff::Zoned::now().date())
    }
}

/// Why a command could not do its work: exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file could not be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Standard output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    /// Anything else, as a sentence.
    #[error("{0}")]
    Other(String),
}

/// What a command found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to report.
    Clean,
    /// Something that the user must look at.
    Findings,
    /// The input could not be used.
    BadInput,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    // Memory that this thread frees is used again where it works with the others.
    let _ = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .build_global();
    let result = match cli.command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Contain(arguments) => contain::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Reach(arguments) => reach::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Graph(arguments) => graph::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::BadInput) => ExitCode::from(2),
        Err(CliError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::from(2)
        }
    }
}
