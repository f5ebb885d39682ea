//! The Salesforce REST API, and records turned into rows.
