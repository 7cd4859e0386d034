//! What `septum.yaml` says about checks, held against the table.

use std::collections::{BTreeMap, BTreeSet};

use super::option::SERVICES;
use super::roles::{self, ROLES, Role};
use super::{CHECKS, Check, OptionDefault, OptionSpec, find};
use crate::diagnostic::quote::quoted;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::{Level, Manifest, OptionValue, Setting};
use crate::model::{Service, Waiver};
use crate::syntax::tree::Spanned;

#[derive(Clone, Debug)]
enum Value {
    Number(u32),
    Text(String),
    List(Vec<Spanned<String>>),
}

/// Levels, options and roles with their defaults filled in.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    levels: BTreeMap<String, Level>,
    options: BTreeMap<(&'static str, &'static str), Value>,
    roles: BTreeMap<Role, BTreeSet<String>>,
}

impl Settings {
    /// The settings of a repository, and what is wrong with them.
    pub fn new(manifest: &Manifest) -> (Self, Vec<Diagnostic>) {
        let mut settings = Self::default();
        let mut diagnostics = Vec::new();
        for spec in &ROLES {
            settings
                .roles
                .insert(spec.role, roles::labels(manifest, spec.role));
        }
        for role in &manifest.labels {
            if !ROLES.iter().any(|spec| spec.name == role.name.value) {
                let message = format!("no check knows the role {}", quoted(&role.name.value));
                let names = ROLES.iter().map(|spec| spec.name);
                let help = format!("the roles are {}", names.clone().collect::<Vec<_>>().join(", "));
                diagnostics.push(
                    Diagnostic::error("unknown-role", role.name.span, message)
                        .help(help)
                        .did_you_mean(&role.name.value, names),
                );
            }
        }
        for setting in &manifest.checks {
            let Some(check) = find(&setting.name.value) else {
                diagnostics.push(unknown_check(&setting.name.value, setting.name.span));
                continue;
            };
            if let Some(level) = &setting.value.level {
                settings.levels.insert(check.name.to_owned(), level.value);
            }
            for option in &setting.value.options {
                match read(check, option) {
                    Ok((spec, value)) => {
                        settings.options.insert((check.name, spec.name), value);
                    }
                    Err(diagnostic) => diagnostics.push(*diagnostic),
                }
            }
        }
        (settings, diagnostics)
    }

    /// Waivers of checks that there are not.
    pub fn unknown_waivers(waivers: &[Waiver]) -> Vec<Diagnostic> {
        let unknown = waivers.iter().filter(|waiver| find(&waiver.check).is_none());
        unknown
            .map(|waiver| unknown_check(&waiver.check, waiver.check_span))
            .collect()
    }

    /// Services that an option names and that there are not: a check would pass over them in silence.
    pub fn unknown_services(&self, services: &[Service]) -> Vec<Diagnostic> {
        let known = || services.iter().map(|service| service.name.as_str());
        let options = self.options.iter().filter(|((_, name), _)| *name == SERVICES);
        let mut diagnostics = Vec::new();
        for ((check, _), value) in options {
            let Value::List(named) = value else { continue };
            let unknown = named
                .iter()
                .filter(|name| known().all(|known| known != name.value));
            diagnostics.extend(unknown.map(|name| {
                let message = format!(
                    "`{check}` looks for service {}, which there is not",
                    quoted(&name.value)
                );
                Diagnostic::error("unknown-service", name.span, message).did_you_mean(&name.value, known())
            }));
        }
        diagnostics
    }

    /// How much findings of a check matter; none where it is not run.
    pub fn severity(&self, check: &Check) -> Option<Severity> {
        match self.levels.get(check.name) {
            Some(Level::Allow) => None,
            Some(Level::Warn) => Some(Severity::Warning),
            Some(Level::Error) => Some(Severity::Error),
            None => check.enabled.then_some(check.severity),
        }
    }

    /// Runs a check whatever the file says about it, at its own severity where the file silences it.
    pub fn insist(&mut self, check: &Check) {
        if self.severity(check).is_none() {
            let level = match check.severity {
                Severity::Error => Level::Error,
                _ => Level::Warn,
            };
            self.levels.insert(check.name.to_owned(), level);
        }
    }

    /// Does not run a check.
    pub fn silence(&mut self, check: &Check) {
        self.levels.insert(check.name.to_owned(), Level::Allow);
    }

    /// The labels that play a role.
    pub fn labels(&self, role: Role) -> impl Iterator<Item = &str> {
        self.roles.get(&role).into_iter().flatten().map(String::as_str)
    }

    /// True where one of the labels plays the role.
    pub fn plays(&self, role: Role, labels: &BTreeSet<String>) -> bool {
        self.labels(role).any(|label| labels.contains(label))
    }

    /// An option that is a number.
    pub fn number(&self, check: &Check, option: &str) -> u32 {
        match (self.value(check, option), default(check, option)) {
            (Some(Value::Number(number)), _) => *number,
            (_, Some(OptionDefault::Number(number))) => number,
            _ => 0,
        }
    }

    /// An option that is one text.
    pub fn text<'a>(&'a self, check: &Check, option: &str) -> &'a str {
        match (self.value(check, option), default(check, option)) {
            (Some(Value::Text(text)), _) => text,
            (_, Some(OptionDefault::Text(text))) => text,
            _ => "",
        }
    }

    /// An option that is a list.
    pub fn list<'a>(&'a self, check: &Check, option: &str) -> Vec<&'a str> {
        match (self.value(check, option), default(check, option)) {
            (Some(Value::List(list)), _) => list.iter().map(|text| text.value.as_str()).collect(),
            (_, Some(OptionDefault::List(list))) => list.to_vec(),
            _ => Vec::new(),
        }
    }

    fn value(&self, check: &Check, option: &str) -> Option<&Value> {
        self.options
            .iter()
            .find(|((of, name), _)| *of == check.name && *name == option)
            .map(|(_, value)| value)
    }
}

fn default(check: &Check, option: &str) -> Option<OptionDefault> {
    check
        .options
        .iter()
        .find(|spec| spec.name == option)
        .map(|spec| spec.default)
}

/// Said of a name that is in no table.
fn unknown_check(name: &str, span: crate::source::Span) -> Diagnostic {
    let message = format!("there is no check {}", quoted(name));
    Diagnostic::error("unknown-check", span, message)
        .help("`septum explain` lists all checks")
        .did_you_mean(name, CHECKS.iter().map(|check| check.name))
}

fn read(
    check: &'static Check,
    option: &Setting<OptionValue>,
) -> Result<(&'static OptionSpec, Value), Box<Diagnostic>> {
    let name = option.name.value.as_str();
    let Some(spec) = check.options.iter().find(|spec| spec.name == name) else {
        let message = format!("check `{}` has no option {}", check.name, quoted(name));
        let names: Vec<&str> = check.options.iter().map(|spec| spec.name).collect();
        let help = match names.as_slice() {
            [] => "it has no options, only a level".to_owned(),
            names => format!("its options are level, {}", names.join(", ")),
        };
        return Err(Box::new(
            Diagnostic::error("unknown-option", option.name.span, message)
                .help(help)
                .did_you_mean(name, names),
        ));
    };
    let wrong = |span, expected: &str| {
        let message = format!("option `{name}` of `{}` is {expected}", check.name);
        Box::new(
            Diagnostic::error("wrong-value", span, message)
                .help(format!("its default is {}", spec.default.shown())),
        )
    };
    let value = match (&option.value, spec.default) {
        (OptionValue::Text(text), OptionDefault::Number(_)) => match text.value.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => return Err(wrong(text.span, "a whole number")),
        },
        (OptionValue::Text(text), OptionDefault::Text(_)) => Value::Text(text.value.clone()),
        (OptionValue::Text(text), OptionDefault::List(_)) => Value::List(vec![text.clone()]),
        (OptionValue::List(list, _), OptionDefault::List(_)) => Value::List(list.clone()),
        (OptionValue::List(_, span), OptionDefault::Number(_)) => return Err(wrong(*span, "a whole number")),
        (OptionValue::List(_, span), OptionDefault::Text(_)) => return Err(wrong(*span, "one text")),
    };
    Ok((spec, value))
}
