//! Copies one window of Genesys Cloud records to the landing zone.
