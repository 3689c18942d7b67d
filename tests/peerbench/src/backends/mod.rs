pub mod etcd;
pub mod pg;
pub mod redis;
pub mod rest;
pub mod usher;
