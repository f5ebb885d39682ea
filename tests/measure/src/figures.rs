//! Figures for a person: options from the environment, medians with their range.

use anyhow::{Context as _, Result};
use std::error::Error;
use std::str::FromStr;

/// The variable `name` as a number, else `otherwise`.
pub fn option<T: FromStr<Err: Error + Send + Sync + 'static>>(
    name: &str,
    otherwise: T,
) -> Result<T> {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .with_context(|| format!("{name}={text:?} is no number")),
        Err(_) => Ok(otherwise),
    }
}

/// The values of the variable `name`, separated by commas, else those of `otherwise`.
pub fn list<T: FromStr<Err: Error + Send + Sync + 'static>>(
    name: &str,
    otherwise: &str,
) -> Result<Vec<T>> {
    let text = std::env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    text.split(',')
        .map(|one| {
            one.trim()
                .parse()
                .with_context(|| format!("{name}={text:?}: {one:?} cannot be read"))
        })
        .collect()
}

/// What is measured: the function just built, under its name, and with `BESIDE` another build of it under its path. Rounds of
/// the two alternate, so that what else the machine does weighs on both alike.
pub fn binaries(own: &str) -> Vec<(String, String)> {
    let mut binaries = vec![("this build".to_owned(), own.to_owned())];
    if let Ok(path) = std::env::var("BESIDE") {
        binaries.push((path.clone(), path));
    }
    binaries
}

/// Least, median, most; the values are sorted by it and there must be one.
pub fn spread(values: &mut [f64]) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (
        values[0],
        values[values.len() / 2],
        values[values.len() - 1],
    )
}
