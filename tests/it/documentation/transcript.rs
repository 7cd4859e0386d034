//! What the blocks of a page put out, from top to bottom.

use std::fs;
use std::path::Path;

use super::shell::{self, Ran};
use crate::sample;

/// The sessions of a page, in one directory.
pub struct Transcript {
    directory: tempfile::TempDir,
    /// Every output so far.
    outputs: Vec<String>,
    builds: usize,
}

impl Transcript {
    /// Before the first block.
    pub fn new() -> Self {
        Self {
            directory: shell::site(),
            outputs: Vec::new(),
            builds: 0,
        }
    }

    /// Builds a policy of the page, so that excerpts of its configuration can be found.
    pub fn build(&mut self, policy: &str) -> Result<(), String> {
        if !policy.contains("target ") {
            return Ok(());
        }
        self.builds += 1;
        let directory = self.directory.path().join(format!("page-{}", self.builds));
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("septum.yaml"), "policies: [\"*.sept\"]\n").unwrap();
        fs::write(directory.join("clinic.sept"), policy).unwrap();
        let command = format!("septum build page-{} --as-of 2027-01-15", self.builds);
        self.commands(&command)
    }

    /// Runs a script, a command a line.
    pub fn commands(&mut self, script: &str) -> Result<(), String> {
        let script = script.replace("\\\n", " ");
        let lines = script.lines().map(str::trim);
        let commands: Vec<String> = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect();
        for (command, ran) in commands.iter().zip(self.run(&commands)?) {
            if !(0..=1).contains(&ran.code) {
                return Err(format!(
                    "`{command}` ends with {}\n{}{}",
                    ran.code, ran.out, ran.err
                ));
            }
        }
        Ok(())
    }

    /// Runs what stands behind `$`, and compares what stands below.
    pub fn session(&mut self, text: &str) -> Result<(), String> {
        let mut steps: Vec<(String, i32, Vec<&str>)> = Vec::new();
        for line in text.lines() {
            match (line.strip_prefix("$ "), line.strip_prefix("? "), steps.last_mut()) {
                (Some(command), _, _) => steps.push((command.to_owned(), 0, Vec::new())),
                (None, Some(code), Some((_, expected, output))) if output.is_empty() => {
                    *expected = code
                        .trim()
                        .parse()
                        .map_err(|_| format!("`{line}`: no exit code"))?;
                }
                (None, _, Some((_, _, output))) => output.push(line),
                (None, _, None) => return Err(format!("`{line}` stands before the first `$ `")),
            }
        }
        let commands: Vec<String> = steps.iter().map(|(command, _, _)| command.clone()).collect();
        for ((command, code, expected), ran) in steps.iter().zip(self.run(&commands)?) {
            if ran.code != *code {
                return Err(format!(
                    "`{command}` ends with {}\n{}{}",
                    ran.code, ran.out, ran.err
                ));
            }
            let terminals = [
                ran.out.clone(),
                ran.err.clone(),
                format!("{}{}", ran.out, ran.err),
                format!("{}{}", ran.err, ran.out),
            ];
            if !expected.is_empty() && !terminals.iter().any(|terminal| is(expected, terminal)) {
                return Err(format!("`{command}` puts out\n{}{}", ran.out, ran.err));
            }
        }
        Ok(())
    }

    fn run(&mut self, commands: &[String]) -> Result<Vec<Ran>, String> {
        let Some(ran) = shell::run(self.directory.path(), commands) else {
            return Ok(Vec::new());
        };
        for ran in &ran {
            self.outputs.extend([ran.out.clone(), ran.err.clone()]);
        }
        Ok(ran)
    }

    /// Adds lines to the policy that a session of the page started.
    pub fn edit(&mut self, diff: &str) -> Result<(), String> {
        let mut started = Vec::new();
        for entry in fs::read_dir(self.directory.path()).unwrap() {
            let path = entry.unwrap().path();
            let ours = path
                .file_name()
                .is_some_and(|name| name == "policies" || name.to_string_lossy().starts_with("page-"));
            if path.is_dir() && !ours {
                started.extend(sample::policy_files(&path));
            }
        }
        let [path] = started.as_slice() else {
            return Err(format!("which policy is edited? {started:?}"));
        };
        let mut text = fs::read_to_string(path).unwrap();
        for line in diff.lines() {
            text.push_str(
                line.strip_prefix('+')
                    .ok_or_else(|| format!("`{line}` adds nothing"))?,
            );
            text.push('\n');
        }
        fs::write(path, text).unwrap();
        Ok(())
    }

    /// Looks for an excerpt in what was put out, on the terminal or into files.
    pub fn holds(&self, excerpt: &str) -> Result<(), String> {
        let excerpt: Vec<&str> = excerpt.lines().collect();
        let mut outputs = self.outputs.clone();
        if !outputs.is_empty() {
            read(self.directory.path(), &mut outputs);
        }
        if outputs.iter().any(|output| is_part(&excerpt, output)) {
            return Ok(());
        }
        Err("nothing above puts this out".to_owned())
    }
}

fn read(directory: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, texts);
        } else {
            texts.extend(fs::read_to_string(&path));
        }
    }
}

/// True where lines are those of an output. Empty ones at the end do not count.
fn is(lines: &[&str], output: &str) -> bool {
    let output: Vec<&str> = output.trim_end().lines().collect();
    let end = lines.iter().rposition(|line| !line.trim().is_empty());
    matches(&lines[..end.map_or(0, |last| last + 1)], &output, true)
}

/// True where lines stand together in an output, however far they are indented there.
fn is_part(lines: &[&str], output: &str) -> bool {
    let output: Vec<&str> = output.lines().map(str::trim).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    (0..output.len()).any(|begin| matches(&lines, &output[begin..], false))
}

/// A line of `…` or `...` alone stands for any number of lines.
fn matches(lines: &[&str], output: &[&str], whole: bool) -> bool {
    match (lines, output) {
        ([], rest) => rest.is_empty() || !whole,
        (["…" | "...", lines @ ..], _) => {
            (0..=output.len()).any(|skip| matches(lines, &output[skip..], whole))
        }
        ([line, lines @ ..], [first, rest @ ..]) => line_matches(line, first) && matches(lines, rest, whole),
        ([_, ..], []) => false,
    }
}

/// `…` in a line stands for anything but nothing.
fn line_matches(pattern: &str, line: &str) -> bool {
    match pattern.split_once('…') {
        None => pattern.trim_end() == line.trim_end(),
        Some((before, after)) => line.strip_prefix(before).is_some_and(|rest| {
            let mut ends = rest
                .char_indices()
                .skip(1)
                .map(|(end, _)| end)
                .chain([rest.len()]);
            !rest.is_empty() && ends.any(|end| line_matches(after, &rest[end..]))
        }),
    }
}
