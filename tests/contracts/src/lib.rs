//! Code agrees with infra and SQL.
