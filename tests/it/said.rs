//! What the author of a rule said, for plans that tests write by hand.

use std::sync::Arc;

use septum::plan::{Origin, Said};
use septum::syntax::tree::Action;

/// Of a rule with this id.
pub fn origin(id: &str) -> Origin {
    Origin {
        id: id.to_owned(),
        location: "hospital.sept:24".to_owned(),
        cited: None,
        ticket: None,
        owner: None,
        title: None,
    }
}

/// A rule that is neither logged nor counted, and how its source, destination and service are called.
pub fn said(action: Action, id: &str, [source, destination, service]: [&str; 3]) -> Arc<Said> {
    Arc::new(Said {
        action,
        source: source.into(),
        destination: destination.into(),
        service: service.into(),
        log: false,
        rate: None,
        origin: Arc::new(origin(id)),
    })
}
