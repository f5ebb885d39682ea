//! The twin: the whole pipeline on one machine, without an account.
//!
//! The emulator runs the real state machine with the real binaries under the roles of the real template; a Data API
//! server of our own stands before PostgreSQL; fake Genesys and Salesforce servers hold seeded data.

pub mod aws;
pub mod check;
pub mod data_api;
pub mod deploy;
pub mod execution;
pub mod logs;
pub mod machine;
pub mod ministack;
pub mod package;
pub mod postgres;
pub mod process;
pub mod roles;
pub mod settings;
pub mod setup;
pub mod show;
pub mod state;
pub mod summary;
pub mod tables;
pub mod template;
pub mod twin;
pub mod warehouse;

pub use execution::{Execution, Progress, Status};
pub use twin::{Twin, TwinOptions};
