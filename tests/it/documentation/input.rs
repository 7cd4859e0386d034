//! Blocks that a reader takes: policies, manifests, inventories, and what calls Septum from elsewhere.

use std::collections::BTreeSet;
use std::process::Command;

use septum::check::Settings;
use septum::diagnostic::Diagnostic;
use septum::source::FileId;
use septum::{inventory, manifest, syntax};
use serde_json::Value;

use super::shell::septum;
use crate::outputs::schema;

fn root(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn none(found: &[Diagnostic]) -> Result<(), String> {
    let messages: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
    if messages.is_empty() {
        Ok(())
    } else {
        Err(messages.join("\n"))
    }
}

/// A part of a policy is spelled as the language is.
pub fn parses(text: &str) -> Result<(), String> {
    none(&syntax::parse(FileId(0), text).diagnostics)
}

/// An inventory is read without a finding, and is not empty.
pub fn inventory(path: &str, text: &str) -> Result<(), String> {
    let (devices, found) = inventory::read(path, FileId(0), text);
    none(&found)?;
    if devices.is_empty() {
        return Err("an inventory without devices".to_owned());
    }
    Ok(())
}

/// What the keys of a YAML file say it is.
pub fn yaml(text: &str) -> Result<(), String> {
    let value: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let keys: BTreeSet<&str> = value
        .as_object()
        .ok_or("no mapping")?
        .keys()
        .map(String::as_str)
        .collect();
    if keys.contains("devices") {
        inventory("devices.yaml", text)
    } else if keys.contains("jobs") {
        workflow(&value)
    } else if keys.contains("include") {
        gitlab(&value)
    } else if keys.contains("repos") {
        pre_commit(&value)
    } else {
        let (manifest, found) = manifest::read(FileId(0), text);
        none(&found)?;
        let (_, wrong) = Settings::new(&manifest);
        none(&wrong)
    }
}

/// A workflow of GitHub: its commands have options that exist, and the action the inputs that it is given.
fn workflow(value: &Value) -> Result<(), String> {
    let mut commands = 0;
    let action: Value = serde_yaml::from_str(&root("action.yml")).unwrap();
    let jobs = value["jobs"].as_object().ok_or("no jobs")?;
    for step in jobs.values().filter_map(|job| job["steps"].as_array()).flatten() {
        for line in step["run"].as_str().unwrap_or_default().lines() {
            commands += usize::from(options_exist(line)?);
        }
        if let Some(version) = step["uses"]
            .as_str()
            .and_then(|uses| uses.strip_prefix("septum/septum@"))
        {
            is_this_version(version)?;
            for input in step["with"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
            {
                if action["inputs"].get(input).is_none() {
                    return Err(format!("action.yml has no input `{input}`"));
                }
            }
            commands += 1;
        }
    }
    if commands == 0 {
        return Err("no step runs septum".to_owned());
    }
    Ok(())
}

/// A pipeline of GitLab: the template and its variables exist.
fn gitlab(value: &Value) -> Result<(), String> {
    for include in value["include"].as_array().ok_or("no list")? {
        let file = include["file"].as_str().ok_or("no file")?;
        is_this_version(include["ref"].as_str().unwrap_or_default())?;
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let template = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
        for variable in value["variables"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            if !template.contains(variable.as_str()) {
                return Err(format!("{file} has no variable `{variable}`"));
            }
        }
    }
    Ok(())
}

/// A configuration of pre-commit: the hooks exist.
fn pre_commit(value: &Value) -> Result<(), String> {
    let known: Value = serde_yaml::from_str(&root(".pre-commit-hooks.yaml")).unwrap();
    let known: Vec<&Value> = known.as_array().unwrap().iter().map(|hook| &hook["id"]).collect();
    for repository in value["repos"].as_array().ok_or("no list")? {
        is_this_version(repository["rev"].as_str().unwrap_or_default())?;
        for hook in repository["hooks"].as_array().ok_or("no hooks")? {
            if !known.contains(&&hook["id"]) {
                return Err(format!("there is no hook {}", hook["id"]));
            }
        }
    }
    Ok(())
}

fn is_this_version(reference: &str) -> Result<(), String> {
    let this = concat!("v", env!("CARGO_PKG_VERSION"));
    if reference == this {
        Ok(())
    } else {
        Err(format!("`{reference}` is not {this}"))
    }
}

/// True for a line that runs septum, with options that its help names.
pub fn options_exist(line: &str) -> Result<bool, String> {
    let mut words = line.split_whitespace();
    if words.next() != Some("septum") {
        return Ok(false);
    }
    let words: Vec<&str> = words
        .take_while(|word| !word.starts_with(['>', '|', '&', ';']))
        .collect();
    let subcommand = words.first().ok_or("septum without a command")?;
    let output = Command::new(septum())
        .args([subcommand, "--help"])
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(format!("there is no command `{subcommand}`"));
    }
    let help = String::from_utf8(output.stdout).unwrap();
    for option in words.iter().filter(|word| word.starts_with('-')) {
        let option = option.split('=').next().unwrap_or_default();
        let known = help
            .split(|c: char| c.is_whitespace() || c == ',')
            .any(|word| word == option);
        if !known {
            return Err(format!("`septum {subcommand}` has no option `{option}`"));
        }
    }
    Ok(true)
}

/// What the keys of a JSON document say it is.
pub fn json(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if value.get("findings").is_some() {
        let schema = serde_json::from_str(&root("docs/findings.schema.json")).unwrap();
        let wrong = schema::violations(&schema, &value);
        return if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("\n"))
        };
    }
    if value.get("vulnerabilities").is_some() {
        let directory = super::shell::site();
        std::fs::write(directory.path().join("kev.json"), text).unwrap();
        let output = Command::new(septum())
            .args(["check", "policies", "--kev", "kev.json"])
            .current_dir(directory.path())
            .output()
            .unwrap();
        return match output.status.code() {
            Some(0 | 1) => Ok(()),
            _ => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        };
    }
    Err("nothing reads a document of these keys".to_owned())
}
