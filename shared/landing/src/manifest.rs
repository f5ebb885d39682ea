//! Manifests: the only way `COPY` learns of a file. A prefix would also load whatever else begins alike.

use model::payload::LandedFile;
use serde::Serialize;

/// What `COPY … MANIFEST` reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The files, each once.
    pub entries: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// `s3://bucket/key`.
    pub url: String,
    /// Always `true`: a missing file must fail the load, not shorten it.
    pub mandatory: bool,
}

/// The manifest of `files`. A key that occurs twice is named once: `COPY` would load it twice.
pub fn manifest<'a>(bucket: &str, files: impl Iterator<Item = &'a LandedFile>) -> Manifest {
    let keys: std::collections::BTreeSet<_> = files.map(|file| file.key.as_str()).collect();
    let entries = keys
        .into_iter()
        .map(|key| Entry {
            url: format!("s3://{bucket}/{key}"),
            mandatory: true,
        })
        .collect();
    Manifest { entries }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_named_twice_is_loaded_once() {
        let file = LandedFile {
            table: None,
            key: "a/b.csv.gz".to_owned(),
            rows: 1,
            bytes: 2,
        };
        let manifest = manifest("bucket", [&file, &file].into_iter());
        assert_eq!(
            serde_json::to_string(&manifest).unwrap(),
            r#"{"entries":[{"url":"s3://bucket/a/b.csv.gz","mandatory":true}]}"#
        );
    }
}
