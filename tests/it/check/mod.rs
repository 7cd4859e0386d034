//! What checks find: a policy for each thing that one must find, and for each that it must leave alone.

mod case;
mod cases;
mod flat_hospital;
mod property;
mod settings;
mod target_limit;
