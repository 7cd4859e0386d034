//! Renders a platform's template. Templates only lay out text: they get plain values already named, ordered and
//! escaped. A user may replace them, so an undefined name is an error and the work is bounded.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::EmitError;

/// Steps a template may take for each byte of its own text and each element of its context, with room to spare.
const FUEL: u64 = 500_000_000;

/// Renders `template` with `context`. The result ends in exactly one newline. `room` is about how many bytes it will have:
/// large ones are not moved while they grow.
///
/// # Errors
/// When the template does not parse, uses an undefined name, or runs out of fuel.
pub fn render(
    name: &str,
    template: &str,
    context: &impl Serialize,
    room: usize,
) -> Result<String, EmitError> {
    let failed = |error: minijinja::Error| EmitError::Template {
        name: name.to_owned(),
        message: match error.line() {
            Some(line) => format!("line {line}: {error}"),
            None => error.to_string(),
        },
    };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_template(name, template).map_err(failed)?;
    let mut bytes = Vec::with_capacity(room);
    environment
        .get_template(name)
        .and_then(|t| t.render_captured_to(context, &mut bytes).map(drop))
        .map_err(failed)?;
    let mut rendered = String::from_utf8(bytes).map_err(|error| EmitError::Template {
        name: name.to_owned(),
        message: error.to_string(),
    })?;
    rendered.truncate(rendered.trim_end_matches('\n').len());
    rendered.push('\n');
    Ok(rendered)
}
