//! The random source seam: the system's randomness, or all that a thread draws from one seed. It belongs to the thread
//! and not to a node because openraft asks for its random numbers without saying for whom.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;

use rand::rngs::{StdRng, ThreadRng};
use rand::{Rng, SeedableRng, TryRng};

thread_local! {
    static SEEDED: RefCell<Option<StdRng>> = const { RefCell::new(None) };
}

/// From now on all that nodes draw on this thread comes from a seed: for simulation only, since a node that runs like
/// this has ids and nonces that can be guessed.
pub fn seed_thread(seed: u64) {
    SEEDED.set(Some(StdRng::seed_from_u64(seed)));
}

/// Draws from this thread's seed, if it has one.
fn seeded<T>(draw: impl FnOnce(&mut StdRng) -> T) -> Option<T> {
    SEEDED.with_borrow_mut(|seeded| seeded.as_mut().map(draw))
}

/// Random bytes that nobody can guess.
pub(crate) fn fill(bytes: &mut [u8]) -> io::Result<()> {
    if seeded(|rng| rng.fill_bytes(bytes)).is_some() {
        return Ok(());
    }
    getrandom::fill(bytes).map_err(|error| io::Error::other(format!("no randomness: {error}")))
}

/// Random numbers for openraft: when to campaign.
#[derive(Default)]
pub(crate) struct Random(ThreadRng);

impl TryRng for Random {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(seeded(StdRng::next_u32).unwrap_or_else(|| self.0.next_u32()))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(seeded(StdRng::next_u64).unwrap_or_else(|| self.0.next_u64()))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        if seeded(|rng| rng.fill_bytes(bytes)).is_none() {
            self.0.fill_bytes(bytes);
        }
        Ok(())
    }
}
