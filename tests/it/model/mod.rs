//! Names, sets and services: what is said about mistakes, and that order means nothing.

mod labels;
mod limits;
mod mistakes;
mod order;
