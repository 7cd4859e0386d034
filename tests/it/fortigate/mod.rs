//! FortiGate configurations: what they look like, what they permit, and what they permit while they are loaded.

// A failed unwrap is a failed test, in what the tests share as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod emission;
mod hostile;
mod plans;
mod read;
mod reader;
mod transition;
mod verdict;
