//! One twin for the tests of a binary: it starts with the first of them and is gone with the last.

use anyhow::Result;
use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use tokio::runtime::Runtime;

/// Outlives every test: the twin's servers run on it.
static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
});

/// Runs a test that needs twins of its own.
pub fn alone(test: impl Future<Output = Result<()>>) -> Result<()> {
    runtime()?.block_on(test)
}

fn runtime() -> Result<&'static Runtime> {
    RUNTIME
        .as_ref()
        .map_err(|error| anyhow::anyhow!("starting the runtime: {error}"))
}

/// Something that tests use one after the other. A test that waits for its turn keeps it alive; when none does, it is dropped,
/// whether the last test passed or panicked: a static would outlive the process and leave the twin's processes behind.
#[derive(Debug)]
pub struct Shared<T> {
    held: Mutex<Weak<T>>,
    turn: Mutex<()>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Shared<T> {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self {
            held: Mutex::new(Weak::new()),
            turn: Mutex::new(()),
        }
    }

    /// Runs `test` with what is shared, made now when no test has it.
    pub fn with<F>(
        &self,
        make: impl FnOnce() -> F,
        test: impl AsyncFnOnce(&T) -> Result<()>,
    ) -> Result<()>
    where
        F: Future<Output = Result<T>>,
    {
        let runtime = runtime()?;
        let shared = {
            let mut held = locked(&self.held);
            match held.upgrade() {
                Some(shared) => shared,
                None => {
                    let made = Arc::new(runtime.block_on(make())?);
                    *held = Arc::downgrade(&made);
                    made
                }
            }
        };
        let _turn = locked(&self.turn);
        runtime.block_on(test(&shared))
    }
}

/// A test that panicked has not broken what it held.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
