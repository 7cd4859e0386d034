//! Tests of `packet`: every operation against plain membership.

pub mod arbitrary;
mod between;
mod compare;
mod diagram;
mod sets;
mod witness;
