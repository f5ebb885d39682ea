//! Applies the warehouse's DDL once per version.
