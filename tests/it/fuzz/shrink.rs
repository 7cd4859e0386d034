//! The smallest part of an input that still fails, as people can read it.

use std::time::{Duration, Instant};

/// What is left of `input` after leaving out every run of bytes without which it still `fails`. Gives up after half
/// a minute with what it has.
pub fn smallest(input: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let until = Instant::now() + Duration::from_secs(30);
    let mut kept = input.to_vec();
    let mut run = kept.len() / 2;
    while run > 0 {
        let mut at = 0;
        while at < kept.len() && Instant::now() < until {
            let mut shorter = kept.clone();
            shorter.drain(at..(at + run).min(kept.len()));
            if fails(&shorter) {
                kept = shorter;
            } else {
                at += run;
            }
        }
        run /= 2;
    }
    kept
}

#[test]
fn only_what_matters_is_left() {
    let fails = |input: &[u8]| input.windows(2).any(|pair| pair == b"xy");
    assert_eq!(smallest(b"some text with xy inside of it", fails), b"xy");
}
