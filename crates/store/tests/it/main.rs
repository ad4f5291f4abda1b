//! The store on the real engine: one engine for all tests, databases of its own for each.

mod access;
mod definitions;
mod identity;
mod inserts;
mod kill;
mod rows;
mod settle;
mod strace;
mod tables;
mod traps;
