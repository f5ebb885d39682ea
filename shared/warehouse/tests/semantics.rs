//! The merge over data made by hand, on PostgreSQL: `semantics.py` says what must hold.

use std::path::Path;
use std::process::Command;

#[test]
fn the_merge_means_what_its_rules_say_in_every_order_of_batches() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/semantics.py");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let done = Command::new(&python)
        .arg("-B") // leaves no __pycache__ in the tree
        .arg(&script)
        .output()
        .unwrap_or_else(|error| {
            panic!("{python} cannot be started ({error}): apt-get install python3, or name another in PYTHON")
        });
    assert!(
        done.status.success(),
        "semantics.py:\n{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}
