//! Genesys Cloud and Salesforce servers with seeded data, real limits and faults on demand.
