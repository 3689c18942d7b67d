//! Placeholder: comparing log, snapshot and copy at the start.
