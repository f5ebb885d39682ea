use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_redshiftdata::types::ExecutionMode;
use local::data_api::sql::split::split;

use crate::support::Fixture;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "sql"));
    files.sort();
    files
}

/// The tables the functions load are made by the very files that make them on Redshift, and again without harm.
#[tokio::test]
async fn the_tables_of_the_warehouse_can_be_made_twice() {
    let f = Fixture::new().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/warehouse/sql");
    for schema in ["raw", "staging", "ops"] {
        f.ok(&format!("create schema if not exists \"{schema}\""))
            .await;
        let mut made = 0;
        for file in files(&root.join(schema)) {
            let text = fs::read_to_string(&file).unwrap();
            let statements = split(&text).unwrap();
            if !statements.iter().all(|sql| sql.contains("create table")) {
                continue; // what a run does with the tables needs the run's rows
            }
            for _ in 0..2 {
                let described = f.batch(ExecutionMode::Transaction, &statements).await;
                assert_eq!(described.error(), None, "{}", file.display());
            }
            made += 1;
        }
        let tables = f
            .rows(&format!(
                "select count(*) from pg_tables where schemaname = '{schema}'"
            ))
            .await;
        assert_eq!(tables, [[made.to_string()]]);
    }
}
