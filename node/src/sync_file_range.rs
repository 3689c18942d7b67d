//! `sync_file_range` that always answers ENOSYS, for the whole executable: `unsafe`, and so fenced in here.
//! Deliberately not a replacement with the same effect: the point is that callers fall back to a real fsync.
//!
//! sled takes `sync_file_range` for a sync and reuses parts of its file that never reached the disk: power cuts on
//! ext4 left its folder unreadable or silently empty in most cases. With ENOSYS it calls `File::sync_all` after each
//! write of its log, and no cut broke it.
#![expect(unsafe_code, reason = "defining a C symbol and setting errno cannot be done without it")]

use std::io;

use libc::{c_int, c_uint, off64_t};

/// Refuses: callers see `-1` and ENOSYS, as on a kernel without the call.
#[unsafe(no_mangle)]
extern "C" fn sync_file_range(_fd: c_int, _offset: off64_t, _bytes: off64_t, _flags: c_uint) -> c_int {
    // SAFETY: `__errno_location` returns a valid pointer to this thread's errno for as long as the thread lives.
    unsafe {
        *libc::__errno_location() = libc::ENOSYS;
    }
    -1
}

/// Whether calls made through the C library's name really end here; checked before sled is opened.
pub(crate) fn is_refused() -> bool {
    // SAFETY: no memory is passed; file descriptor -1 is never open, so the real call would answer EBADF.
    let answer = unsafe { libc::sync_file_range(-1, 0, 0, 0) };
    answer == -1 && io::Error::last_os_error().raw_os_error() == Some(libc::ENOSYS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_executables_own_symbol_is_called() {
        assert!(super::is_refused());
    }
}
