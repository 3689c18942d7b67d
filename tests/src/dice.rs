//! Numbers from a seed; the seed is printed and can be given as `USHER_SEED`.

use std::sync::atomic::{AtomicU64, Ordering};

static SEED: AtomicU64 = AtomicU64::new(0);

/// Draws numbers.
pub struct Dice(u64);

impl Dice {
    /// Dice of their own for each `salt`.
    pub fn new(salt: u64) -> Self {
        Self(seed() ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap_or(0)
    }
    /// True so many times in a hundred.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
    /// One of several.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Lets the seed be this one; to be called before anything is drawn.
pub fn choose_seed(seed: u64) {
    SEED.store(seed, Ordering::SeqCst);
}

/// The seed of this process: the given one, or one that nobody chose.
pub fn seed() -> u64 {
    if SEED.load(Ordering::SeqCst) == 0 {
        let given = std::env::var("USHER_SEED").ok().and_then(|s| s.parse().ok());
        let seed = given.unwrap_or_else(|| {
            u64::try_from(rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_nsec).unwrap_or(0) | 1
        });
        if SEED.compare_exchange(0, seed, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            eprintln!("USHER_SEED={seed}");
        }
    }
    SEED.load(Ordering::SeqCst)
}
