//! Tests of `nftables`.

mod harness;
mod hospital;
mod hostile;
mod load;
mod overlap;
mod packets;
mod plans;
mod random;
mod read;
mod refusals;
mod subject;
mod text;
mod unloadable;
