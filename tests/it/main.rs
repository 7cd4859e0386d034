//! All integration tests, as one binary. One module an area.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a failed unwrap is a failed test, and tests read files and the clock"
)]

mod assertions;
mod check;
mod check_cli;
mod cisco_ios;
mod cli;
mod documentation;
mod fortigate;
mod fuzz;
mod inventory;
mod layering;
mod manifest;
mod model;
mod network;
mod nftables;
mod oracle;
mod outputs;
mod packet;
mod policies;
mod proof;
mod said;
mod sample;
mod session;
mod syntax;
