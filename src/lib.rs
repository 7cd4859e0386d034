//! Septum: a micro-segmentation policy compiler that proves what it writes.
//!
//! Data flows in one direction, each arrow a function from values to values:
//! source text -> [`syntax`] -> [`model`] -> [`network`] -> [`plan`] -> [`target`] -> proof.

pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod diff;
pub mod inventory;
pub mod manifest;
pub mod model;
pub mod network;
pub mod packet;
pub mod plan;
pub mod proof;
pub mod reach;
pub mod source;
pub mod standard;
pub mod syntax;
pub mod target;
pub mod trace;
pub mod yaml;
