//! The interface from outside: the real router over a real cluster of one node, on a disk in memory.

//mod catalogue;
mod holds;
//mod live;
//mod problems;
mod support;
