//! Judges a merged batch: data tests, join rate, ledger.
