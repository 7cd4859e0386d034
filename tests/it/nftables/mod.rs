//! Tests of `nftables`.

mod harness;
mod hostile;
mod load;
mod packets;
mod plans;
mod read;
mod refusals;
mod text;
