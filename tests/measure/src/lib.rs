//! What the benchmarks of functions share: the function's own binary under a Runtime API, S3 and Secrets Manager in memory,
//! a source whose answers are kept, what the kernel counts of a process, and figures as a person reads them.

mod figures;
mod function;
mod landed;
mod recorded;
mod round;
mod services;
mod settings;

pub use figures::{binaries, list, option, spread};
pub use function::{Function, Usage};
pub use landed::{Landed, check, rows_of};
pub use recorded::{Asked, Recorded};
pub use round::{Round, Source, print, window};
pub use services::{Bucket, Served, s3, secrets_manager};
pub use settings::Folder;
