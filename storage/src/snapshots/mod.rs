//! Placeholder: snapshot files.
