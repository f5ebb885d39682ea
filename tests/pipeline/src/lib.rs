//! The pipeline end to end on the twin.
