//! What the warehouse holds, as one checksum a table: the twin's own, which the command line uses as well.

pub use local::tables::{
    Checksums, OF_THE_BATCH, OF_THE_READING, RESULTS, checksums, checksums_until, differences,
};
