//! The store on the real engine: one engine for all tests, databases of its own for each.

mod access;
mod audit;
mod definitions;
mod derived;
mod features;
mod identity;
mod inserts;
mod kill;
mod people;
mod recent;
mod records;
mod rows;
mod settle;
mod stale;
mod strace;
mod tables;
mod traps;
