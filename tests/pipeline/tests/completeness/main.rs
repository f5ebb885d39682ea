//! Nothing missed, nothing twice: under faults, kills, late data and holes, over a year, and with input that must be refused.
//!
//! One binary, so that twins of different tests run side by side: most of a run is waiting.

mod alone;
mod backfill;
mod bad_input;
mod faults;
mod first_load;
mod gaps;
#[cfg(target_os = "linux")] // who holds a connection is read from /proc
mod killed;
mod settlement;
