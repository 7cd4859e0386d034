//! Assertions: what they say when they fail, and their verdicts against all packets and chains listed one by one.

mod difference;
mod forbid;
mod harness;
mod hospital;
mod modes;
mod property;
mod reach;
mod require;
