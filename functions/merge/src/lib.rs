//! Merges a loaded batch into curated, in one transaction.
