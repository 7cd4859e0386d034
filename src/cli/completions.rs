//! `septum completions`

use std::io::Write;

use clap::{CommandFactory, ValueEnum};

use super::{Cli, CliError, Outcome};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to print
    #[arg(value_enum)]
    what: What,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Bash,
    Elvish,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
    /// The manual page, in troff
    Man,
}

/// Prints completions or the manual page.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    use clap_complete::Shell;
    let mut command = Cli::command();
    let mut text = Vec::new();
    let shell = match arguments.what {
        What::Bash => Shell::Bash,
        What::Elvish => Shell::Elvish,
        What::Fish => Shell::Fish,
        What::PowerShell => Shell::PowerShell,
        What::Zsh => Shell::Zsh,
        What::Man => {
            manual(&command, &mut text)?;
            std::io::stdout().write_all(&text)?;
            return Ok(Outcome::Clean);
        }
    };
    clap_complete::generate(shell, &mut command, "septum", &mut text);
    std::io::stdout().write_all(&text)?;
    Ok(Outcome::Clean)
}

/// The page of the command, followed by those of its subcommands.
fn manual(command: &clap::Command, text: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(text)?;
    let mut command = command.clone();
    command.build();
    for subcommand in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        clap_mangen::Man::new(subcommand.clone()).render(text)?;
    }
    Ok(())
}
