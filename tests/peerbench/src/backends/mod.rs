//! The systems under test, one file each.

pub mod etcd;
pub mod pg;
pub mod redis;
pub mod rest;
pub mod usher;
