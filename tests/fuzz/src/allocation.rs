//! What a decoder may allocate: this process's allocator counts, and [`within`] holds a bound. Not a profiler.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Bytes that this thread holds more than when it began to count, and the most of it.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

/// The system's allocator, counted thread by thread.
struct Counted;

fn add(bytes: isize) {
    // A thread that is ending allocates after its locals are gone: nobody counts there.
    let _ = HELD.try_with(|held| {
        let (now, most) = held.get();
        held.set((now + bytes, most.max(now + bytes)));
    });
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; each call goes on to the system's as it came")]
// SAFETY: every call is handed to `System` unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        add(-layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// Runs it on this thread; panics if it ever holds more than so many bytes beyond what it began with.
pub(crate) fn within<T>(bytes_max: usize, work: impl FnOnce() -> T) -> T {
    HELD.set((0, 0));
    let result = work();
    let (_, most) = HELD.get();
    assert!(most <= bytes_max.cast_signed(), "{most} bytes were allocated, at most {bytes_max} are allowed");
    result
}
