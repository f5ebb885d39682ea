//! Copies a run's landed files into raw and staging, in one transaction.
