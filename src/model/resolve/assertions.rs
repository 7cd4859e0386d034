//! Assertions and waivers.

use super::names::Scope;
use super::{services, sets};
use crate::diagnostic::Diagnostic;
use crate::model::{Assertion, AssertionKind, Waiver};
use crate::syntax::tree::{self, Item, PolicyStatement};

/// All assertions, in the order of their text.
pub(super) fn resolve(
    items: &[&Item],
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Assertion> {
    let written = items.iter().flat_map(|item| -> Vec<&tree::Assertion> {
        match item {
            Item::Assertion(assertion) => vec![assertion],
            Item::Policy(block) => block
                .body
                .iter()
                .filter_map(|statement| match statement {
                    PolicyStatement::Assertion(assertion) => Some(&**assertion),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    });
    written
        .filter_map(|assertion| read(assertion, scope, diagnostics))
        .collect()
}

fn read(
    written: &tree::Assertion,
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Assertion> {
    let source = sets::endpoint(&written.source, scope, diagnostics);
    let destination = sets::endpoint(&written.destination, scope, diagnostics);
    let service = services::used(&written.services, written.span, scope, diagnostics);
    let kind = match &written.kind {
        tree::AssertionKind::Require => Some(AssertionKind::Require),
        tree::AssertionKind::Forbid(arrow, None) => Some(AssertionKind::Forbid(*arrow, None)),
        tree::AssertionKind::Forbid(arrow, Some(via)) => {
            sets::endpoint(via, scope, diagnostics).map(|via| AssertionKind::Forbid(*arrow, Some(via)))
        }
        tree::AssertionKind::Only => Some(AssertionKind::Only),
        tree::AssertionKind::Limit(count) => Some(AssertionKind::Limit(count.value)),
    };
    let title = written.title.as_ref().map(|title| title.value.clone());
    let assertion = Assertion {
        kind: kind?,
        source: source?,
        destination: destination?,
        service: service?,
        title,
        span: written.span,
    };
    for side in [&assertion.source, &assertion.destination] {
        if side.addresses.is_empty() {
            let message = format!("the assertion says nothing: `{}` holds no address", side.text);
            diagnostics.push(Diagnostic::warning("empty-assertion", side.span, message));
        }
    }
    Some(assertion)
}

/// All waivers. Whether each silences something is for the checks to say.
pub(super) fn waivers(items: &[&Item]) -> Vec<Waiver> {
    let written = items.iter().filter_map(|item| match item {
        Item::Waiver(waiver) => Some(waiver),
        _ => None,
    });
    written
        .map(|waiver| Waiver {
            check: waiver.check.text.to_string(),
            check_span: waiver.check.span,
            subject: waiver.subject.text.to_string(),
            until: waiver.until.value,
            because: waiver.because.value.clone(),
            span: waiver.span,
        })
        .collect()
}
