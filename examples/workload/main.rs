//! Writes policy repositories of a given size, the same on every machine.
//!
//! `cargo run --release --example workload -- star --firewalls 50 --networks 1000 --services 10000 --seed 1 OUT_DIR`

#![allow(clippy::disallowed_methods)]

mod generator;

use std::path::PathBuf;
use std::process::ExitCode;

use generator::{Repository, Shape, Size};

const USAGE: &str = "\
usage: workload SHAPE [OPTION VALUE]... OUT_DIR

shapes
  star         every firewall joins its networks to one core
  dual-core    the same with two cores, both attached to every firewall
  ring         firewalls in a ring
  grid         firewalls in a square grid (25 firewalls: 5 x 5)
  one-service  one service between two groups of hosts: --hosts, --ports
  terms        one firewall and many rules between groups of networks: --terms, --members
  overlaps     one firewall and rules between hosts and networks that overlap: --terms
  denies       one firewall and allows between its zones that single denies cut: --terms
  group        a group of hospitals: --sites, --zones, --devices, --services

options
  --firewalls N  --networks N  --services N  --protocols N  --target PLATFORM
  --seed N  --hosts N  --ports N  --terms N  --members N  --sites N  --zones N  --devices N";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Vec<String>) -> Result<String, String> {
    let mut arguments = arguments.into_iter();
    let shape: Shape = arguments.next().ok_or("no shape")?.parse()?;
    let mut size = Size::default();
    let mut directory = None;
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--") {
            Some(name) => size.set(name, &arguments.next().ok_or(format!("--{name} has no value"))?)?,
            None if directory.is_none() => directory = Some(PathBuf::from(argument)),
            None => return Err(format!("what is `{argument}`?")),
        }
    }
    let directory = directory.ok_or("no OUT_DIR")?;
    let Repository {
        files,
        elementary_rules,
    } = generator::generate(shape, &size);
    std::fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let mut bytes = 0;
    for (name, text) in &files {
        bytes += text.len();
        std::fs::write(directory.join(name), text).map_err(|error| error.to_string())?;
    }
    Ok(format!(
        "{elementary_rules} elementary rules, {} kB in {} files",
        bytes / 1000,
        files.len()
    ))
}
