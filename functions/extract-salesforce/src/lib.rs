//! Copies one window of a Salesforce object to the landing zone.
