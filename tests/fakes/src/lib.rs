//! Genesys Cloud and Salesforce servers with seeded data, real limits and faults on demand.
//!
//! Both serve one [`world::World`]. They are strict where the real ones are: what the published definitions do not
//! allow is refused, so that a client which works here sends nothing the vendors would turn down.

pub mod control;
pub mod genesys;
pub mod openapi;
pub mod salesforce;
pub mod server;
pub mod world;
