//! Chooses the windows of a run and tells their cost.
