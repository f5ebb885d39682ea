//! The twin: the whole pipeline on one machine, without an account.
