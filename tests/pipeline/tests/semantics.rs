//! The merge over data made by hand, on PostgreSQL: `shared/warehouse/tests/semantics.py` says what must hold.

use anyhow::{Context, Result, ensure};
use std::path::Path;

#[tokio::test]
async fn the_merge_means_what_its_rules_say_in_every_order_of_batches() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .context("tests/pipeline lies two folders deep")?;
    let binaries = local::setup::postgres_alone().await?;
    let mut path = binaries.folder().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let done = tokio::process::Command::new(&python)
        .arg("-B") // leaves no __pycache__ in the tree
        .arg(root.join("shared/warehouse/tests/semantics.py"))
        .env("PATH", path)
        .output()
        .await
        .with_context(|| {
            format!(
                "{python} cannot be started: apt-get install python3, or name another in PYTHON"
            )
        })?;
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    ensure!(done.status.success(), "semantics.py:\n{out}{err}");
    Ok(())
}
