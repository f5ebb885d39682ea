//! The SQL gate (`infra/lint/sql_gate.py`) accepts what is shipped and refuses what Redshift would, with file and line.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HEADER: &str = "-- planted: a test of the gate\n-- Grain   id\n\n";

/// Rule and a statement that breaks it. Each stands on line 4 of its file.
const PLANTED: [(&str, &str); 8] = [
    (
        "on-conflict",
        "insert into staging.t (id) select id from staging.u on conflict do nothing;\n",
    ),
    (
        "merge-condition",
        "merge into curated.t using staging.u as u on curated.t.id = u.id when matched and u.n > 1 then update set n = u.n when not \
         matched then insert (id) values (u.id);\n",
    ),
    ("raw-unquoted", "select id from raw.genesys_conversation;\n"),
    ("truncate", "truncate staging.t;\n"),
    (
        "distinct-from",
        "select id from staging.t where a is distinct from b;\n",
    ),
    ("date-part", "select dateadd(day, 1, at) from staging.t;\n"),
    (
        "constraint",
        "create table if not exists staging.t (id varchar(8) primary key);\n",
    ),
    ("returning", "delete from staging.t returning id;\n"),
];

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("sql-gate-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path.canonicalize()?))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The interpreter with sqlfluff where `.ci/run` has made one, else the one of this machine.
fn python() -> PathBuf {
    let of_the_gate = super::path(".local/lint-venv/bin/python");
    if of_the_gate.is_file() {
        return of_the_gate;
    }
    std::env::var_os("PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from)
}

fn gate(options: &[&str], target: Option<&Path>) -> Result<Output> {
    Command::new(python())
        .arg(super::path("infra/lint/sql_gate.py"))
        .args(options)
        .args(target)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .context("the SQL gate needs Python: install python3, or name one in PYTHON")
}

#[test]
fn the_shipped_sql_passes() -> Result<()> {
    let done = gate(&[], None)?;
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    if said.contains("without sqlfluff") {
        eprintln!(
            "sqlfluff is not installed here: the deny list alone was run. `.ci/run` runs both."
        );
    } else {
        assert!(said.contains("with sqlfluff"), "{said}");
    }
    Ok(())
}

#[test]
fn planted_sql_that_redshift_refuses_is_named_with_file_and_line() -> Result<()> {
    let folder = Folder::new("planted")?;
    for (rule, statement) in PLANTED {
        std::fs::write(
            folder.0.join(format!("{rule}.sql")),
            format!("{HEADER}{statement}"),
        )?;
    }
    let done = gate(&["--no-sqlfluff"], Some(&folder.0))?;
    let said = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{said}");
    for (rule, _) in PLANTED {
        let finding = format!("{rule}.sql:4: {rule}: ");
        assert!(said.contains(&finding), "no {finding:?} in\n{said}");
    }
    Ok(())
}

#[test]
fn a_file_without_fault_passes_and_a_missing_folder_does_not() -> Result<()> {
    let folder = Folder::new("clean")?;
    assert!(
        !gate(&["--no-sqlfluff"], Some(&folder.0))?.status.success(),
        "an empty folder passes"
    );
    std::fs::write(
        folder.0.join("good.sql"),
        format!("{HEADER}select id from \"raw\".t;\n"),
    )?;
    let done = gate(&["--no-sqlfluff"], Some(&folder.0))?;
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stdout)
    );
    Ok(())
}
