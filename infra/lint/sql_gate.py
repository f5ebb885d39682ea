"""Checks the SQL files of the warehouse: the rules no SQL grammar knows, then sqlfluff's.

    python3 infra/lint/sql_gate.py [--no-sqlfluff] [file or folder …]

Without arguments it reads shared/warehouse/sql. The first part needs nothing but Python: it keeps out what Redshift refuses or does
otherwise than PostgreSQL, so that the same text runs on both. sqlfluff (dialect redshift) is called when this interpreter has it; with
TRIBUTARY_SQLFLUFF=required its absence is an error. Each finding is one line, `file:line: rule: what to do`; ends with 1 if there is any.
"""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SQL = ROOT / "shared" / "warehouse" / "sql"
CONFIG = pathlib.Path(__file__).resolve().parent / ".sqlfluff"
MERGE_STATEMENTS = 40
STATEMENT_BYTES = 100_000
FILE_LINES = 400

# (rule, pattern over one statement without comments and string contents, what to do)
DENIED = [
    ("truncate", r"\btruncate\b", "it commits the transaction on Redshift: use delete"),
    ("on-conflict", r"\bon\s+conflict\b", "Redshift has no upsert clause: use merge, or delete and insert"),
    ("returning", r"\breturning\b", "Redshift cannot return the rows it changed"),
    ("filter-clause", r"\)\s*filter\s*\(", "use sum(case when … end)"),
    ("distinct-on", r"\bdistinct\s+on\b", "use row_number() in a sub-query"),
    ("distinct-from", r"\bis\s+(?:not\s+)?distinct\s+from\b", "compare with coalesce or a case"),
    ("qualify", r"\bqualify\b", "PostgreSQL has none: use row_number() in a sub-query"),
    ("top", r"\bselect\s+(?:distinct\s+)?top\b", "PostgreSQL has none: use limit"),
    ("listagg", r"\blistagg\b", "PostgreSQL has none"),
    ("postgresql-aggregate", r"\b(?:string_agg|array_agg|bool_and|bool_or|json_agg|jsonb_agg)\s*\(", "Redshift has none, or only in part: use min, max, sum over a case"),
    ("generate-series", r"\bgenerate_series\b", "runs on Redshift's leader node alone"),
    ("lateral", r"\blateral\b", "Redshift has none"),
    ("values-table", r"\b(?:from|join)\s*\(\s*values\b", "Redshift has no values list as a table: use union all"),
    ("array", r"\barray\s*\[|\w\[\s*\d*\s*\]", "Redshift has no arrays"),
    ("index", r"\bcreate\s+(?:unique\s+)?index\b", "Redshift has no indexes: use a sort key"),
    ("constraint", r"\b(?:primary\s+key|foreign\s+key|references|unique)\b|\bcheck\s*\(", "Redshift does not enforce it: write a query in checks.sql"),
    ("type", r"\b(?:jsonb|json|uuid|bytea|text|serial|bigserial|timestamptz|interval)\b(?!\s*\()(?=\s*(?:,|not\b|default\b|\)|$))", "not a type of both: use varchar(n), super, timestamp"),
    ("identity", r"\bidentity\s*\(|\bgenerated\b", "numbers have gaps and no order: use sha2 of the natural key"),
    ("cast", r"::", "use cast(… as …): a colon begins a parameter"),
    ("sysdate", r"\bsysdate\b|\bnow\s*\(|\bcurrent_timestamp\b", "use getdate()"),
    ("listed-function", r"\bdecode\s*\(|\bapproximate\b|\bnvl2?\s*\(", "use case or coalesce, which both know"),
    ("date-part", r"\b(?:datediff|dateadd|date_trunc|date_part)\s*\(\s*(?!')", "quote the date part: dateadd('day', …)"),
    ("schema-binding", r"\bwith\s+no\s+schema\s+binding\b", "such a view carries no column grants"),
    ("raw-unquoted", r"(?<![\w.\"])raw\s*\.", "raw is a reserved word: write \"raw\"."),
    ("unload-limit", r"^unload\b.*\blimit\b", "Redshift refuses limit in unload"),
    ("nulls-in-window", r"\bnulls\s+(?:first|last)\b", "order by a case instead: it means the same in both"),
    ("for-update", r"\bfor\s+update\b", "Redshift locks tables, not rows"),
    ("concurrently", r"\bconcurrently\b|\bcreate\s+materialized\b", "not alike in both"),
]
# No quotes around dates parts can be seen once strings are blanked: this one reads the text with its strings.
WITH_STRINGS = {"date-part"}


def blank(text, keep_strings):
    """Comments (and the inside of strings) become spaces; line breaks stay, so that positions still tell the line."""

    def space(match):
        token = match.group(0)
        if token.startswith("'") and keep_strings:
            return token
        inside = re.sub(r"[^\n]", " ", token)
        return "'" + inside[1:-1] + "'" if token.startswith("'") else inside

    return re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", space, text, flags=re.S)


def statements(blanked):
    """(offset, text) of each statement; one ends with `;` at the end of a line."""
    start = 0
    for match in re.finditer(r";[ \t]*(?=\n|\Z)", blanked):
        yield start + len(blanked[start:]) - len(blanked[start:].lstrip()), blanked[start:match.start()].strip()
        start = match.end()
    if blanked[start:].strip():
        yield start + len(blanked[start:]) - len(blanked[start:].lstrip()), blanked[start:].strip()


def merge_findings(text):
    """Redshift's own limits on merge."""
    head = re.match(r"merge\s+into\s+([\w.\"]+)\s+(\w+)", text)
    if not head:
        return
    if head.group(2) != "using":
        yield "merge-alias", "the target of merge takes no alias"
    matched = re.findall(r"\bwhen\s+(not\s+)?matched\b(\s+and\b|\s+by\b)?", text)
    if sorted(bool(negated) for negated, _ in matched) != [False, True]:
        yield "merge-clauses", "merge needs exactly one `when matched` and one `when not matched`"
    if any(condition for _, condition in matched):
        yield "merge-condition", "a clause of merge takes no further condition"
    source = text[: text.find("when matched")].split("using", 1)[-1]
    target = re.escape(head.group(1))
    if re.search(rf"\b(?:from|join)\s+{target}\b", source):
        yield "merge-source", "the source of merge must not read its target"


def read(path):
    findings = []
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path

    def report(offset, rule, advice):
        findings.append(f"{name}:{text.count(chr(10), 0, offset) + 1}: {rule}: {advice}")

    header = re.match(r"(?:--[^\n]*\n)+", text)
    if not header or not re.search(r"^-- Grain\s+\S", header.group(0), re.M):
        report(0, "header", "a comment at the top says what the file makes, with a line `-- Grain   …`")
    if path.parent.parent.name in ("curated",) and path.name == "merge.sql":
        for word in ("Reads", "Params", "Rerun"):
            if header and not re.search(rf"^-- {word}\s+\S", header.group(0), re.M):
                report(0, "header", f"the header of a merge has a line `-- {word}   …`")
    for match in re.finditer(r"^\s*--.*;[ \t]*$", text, re.M):
        report(match.start(), "comment-semicolon", "a comment does not end with `;`, which ends a statement")
    if text.count("\n") > FILE_LINES:
        report(0, "length", f"more than {FILE_LINES} lines: split it")
    code, plain = blank(text, keep_strings=True).lower(), blank(text, keep_strings=False).lower()
    for match in re.finditer(r";(?![ \t]*(?:\n|\Z))", plain):
        report(match.start(), "statement-end", "`;` stands at the end of a line, nowhere else")
    if re.search(r"\S", plain) and not plain.rstrip().endswith(";"):
        report(len(text.rstrip()) - 1, "statement-end", "the last statement ends with `;`")
    for rule, pattern, advice in DENIED:
        for match in re.finditer(pattern, code if rule in WITH_STRINGS else plain, re.M):
            report(match.start(), rule, advice)
    for match in re.finditer(r"'[^'\n]*:[a-z_]\w*[^'\n]*'", code):
        report(match.start(), "parameter-in-string", "a string must not hold `:name`, which reads as a parameter")
    for offset, statement in statements(plain):
        for rule, advice in merge_findings(statement):
            report(offset, rule, advice)
        if len(statement.encode()) > STATEMENT_BYTES:
            report(offset, "statement-bytes", f"more than {STATEMENT_BYTES} bytes: the Data API refuses it")
        if re.match(r"create\s+temp", statement) and ":" in statement:
            report(offset, "parameter-place", "parameters stand in insert, update, delete and select alone: read them from tmp_batch")
        if path.name == "checks.sql" and not re.match(r"(?:select|with)\b", statement):
            report(offset, "check-select", "a check is one select that returns the rows that break its rule")
    if path.name == "checks.sql":
        titles = [m.start() for m in re.finditer(r"^-- (?:fail|warn): \w+: \S.*$", text, re.M)]
        found = [offset for offset, _ in statements(plain)]
        for offset in found:
            if sum(1 for t in titles if t < offset) < found.index(offset) + 1:
                report(offset, "check-title", "above each check stands `-- fail: name: rule` or `-- warn: name: rule`")
        if len(titles) > len(found):
            report(titles[-1], "check-title", "a title without a check")
    return findings


def order_findings(root):
    """The merge as a whole: every file is listed, and each of its transactions fits into one of the Data API."""
    order = root / "curated" / "ORDER"
    if not order.exists():
        return []
    stages, findings = {}, []
    name = order.relative_to(ROOT) if order.is_relative_to(ROOT) else order
    for line in order.read_text(encoding="utf-8").split():
        if line.startswith("["):
            stage = stages.setdefault(line, [])
        elif not stages:
            findings.append(f"{name}:1: order: {line} stands before the first [transaction]")
        else:
            stage.append(line)
    own = {"table.sql", "checks.sql"}
    there = {str(p.relative_to(order.parent)) for p in order.parent.glob("**/*.sql") if p.name not in own}
    for path in sorted(there.symmetric_difference(path for listed in stages.values() for path in listed)):
        findings.append(f"{name}:1: order: {path} is {'not listed' if path in there else 'listed and not there'}")
    for stage, listed in stages.items():
        total = sum(
            len(list(statements(blank((order.parent / path).read_text(encoding="utf-8"), keep_strings=False)))) for path in listed if path in there
        )
        if total > MERGE_STATEMENTS:
            findings.append(f"{name}:1: merge-statements: {stage} has {total} statements, the Data API takes {MERGE_STATEMENTS} in one transaction")
    return findings


def main(arguments):
    use_sqlfluff = "--no-sqlfluff" not in arguments
    targets = [pathlib.Path(a).resolve() for a in arguments if not a.startswith("--")] or [SQL]
    files = sorted({f for t in targets for f in ([t] if t.is_file() else t.glob("**/*.sql"))})
    if not files:
        sys.exit(f"no SQL file in {', '.join(map(str, targets))}")
    findings = [finding for path in files for finding in read(path)]
    findings += [finding for target in targets if target.is_dir() for finding in order_findings(target)]
    for finding in findings:
        print(finding)
    failed = bool(findings)
    linted = "without sqlfluff"
    if use_sqlfluff and importlib.util.find_spec("sqlfluff"):
        done = subprocess.run(
            [sys.executable, "-m", "sqlfluff", "lint", "--nocolor", "--disable-progress-bar", "--config", str(CONFIG), *map(str, targets)],
            cwd=ROOT, check=False,
        )
        failed |= done.returncode != 0
        linted = "with sqlfluff"
    elif use_sqlfluff and os.environ.get("TRIBUTARY_SQLFLUFF") == "required":
        print(f"sqlfluff is required and {sys.executable} has none: pip install sqlfluff==4.5.0")
        failed = True
    print(f"{len(files)} SQL files, {linted}: {'refused' if failed else 'good'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
