//! Genesys Cloud and Salesforce servers with seeded data, real limits and faults on demand.
//!
//! Both serve one [`world::World`]. They are strict where the real ones are: what the published definitions do not
//! allow is refused, so that a client which works here sends nothing the vendors would turn down.

mod befall;
pub mod control;
mod fault;
pub mod genesys;
mod kill;
pub mod openapi;
pub mod preset;
pub mod salesforce;
pub mod server;
pub mod world;
