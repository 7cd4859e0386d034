//! Numbers that are the same on every machine.

/// xorshift64*.
pub struct Dice(u64);

impl Dice {
    pub fn new() -> Self {
        Self(0x5e97)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}
