//! Runs SQL through the Redshift Data API and carries the SQL files.
