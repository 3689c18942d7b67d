//! Placeholder: the state's copy in sled.
