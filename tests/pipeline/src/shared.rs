//! One twin for the tests of a binary: it starts with the first of them and is gone with the last.

use anyhow::{Result, bail};
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
    held: Mutex<Held<T>>,
    turn: Mutex<()>,
}

#[derive(Debug)]
enum Held<T> {
    Made(Weak<T>),
    /// Making it failed: it would fail again, and every try costs seconds.
    Failed(String),
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
            held: Mutex::new(Held::Made(Weak::new())),
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
            let known = match &*held {
                Held::Made(known) => known.upgrade(),
                Held::Failed(why) => bail!("as for an earlier test: {why}"),
            };
            match known {
                Some(shared) => shared,
                None => match runtime.block_on(make()) {
                    Ok(new) => {
                        let new = Arc::new(new);
                        *held = Held::Made(Arc::downgrade(&new));
                        new
                    }
                    Err(error) => {
                        *held = Held::Failed(format!("{error:#}"));
                        return Err(error);
                    }
                },
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
