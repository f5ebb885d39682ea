//! The schema of a warehouse and who reads it, on PostgreSQL behind the Data API: made, upgraded and granted by `migrate`.

mod roles;
mod support;
mod upgrade;
