"""Runs the merge on PostgreSQL over data made by hand and compares what it leaves.

    python3 shared/warehouse/tests/semantics.py [postgresql://…]

Without a URL it starts a PostgreSQL of its own (15 or newer, from PATH or /usr/lib/postgresql) in a temporary folder, on a socket
alone, and stops it at the end. Every order of loading and merging the batches must leave the same tables, every merge can be repeated,
every expectation of semantics_expected.sql must hold, and every `fail` check must pass. Ends with 1 and the rows that differ otherwise.
"""

import glob
import itertools
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SQL = HERE.parent / "sql"
SHIM = HERE.parents[2] / "infra" / "local" / "sql" / "shim.sql"
PARAMETERS = {
    "case_id_names": ",sfCaseId,",
    "account_id_names": ",sfAccountId,",
    "contact_id_names": ",sfContactId,",
    "escalated_names": ",escalated,",
    "bot_handled_names": ",botHandled,",
    "match_window_minutes": "15",
    "max_unlinked_percent": "30.0",
}
CURATED = [
    "dim_salesforce_account", "dim_salesforce_contact", "dim_salesforce_case", "salesforce_opportunity", "dim_agent", "dim_queue",
    "dim_wrapup_code", "external_contact", "fact_agent_leg", "fact_customer_interactions", "fact_anonymous_interactions", "quarantine",
]


def statements(text):
    """Splits at a `;` that ends a line; drops comments of whole lines and after code."""
    lines = []
    for line in text.splitlines():
        code = line.strip()
        if code and not code.startswith("--"):
            lines.append(re.sub(r"\s+-- .*$", "", line))
    return [s.strip() for s in re.split(r";[ \t]*(?:\n|$)", "\n".join(lines)) if s.strip()]


def bind(sql, values):
    """Puts `:name` in as a quoted literal, the way the Data API takes parameters: as text."""
    return re.sub(r"(?<![:\w]):([a-z_]+)\b", lambda m: "'" + values[m.group(1)].replace("'", "''") + "'", sql)


def portable(ddl):
    """Takes the table attributes away that PostgreSQL does not know."""
    return re.sub(r"\n(?:diststyle \w+|sortkey \([^)]*\)|distkey \([^)]*\))", "", ddl)


def named(text, kind):
    """`-- kind: name: rule` and the statement under it."""
    found = []
    for match in re.finditer(rf"^-- ({kind}): (\w+): (.*)\n((?:.*\n)*?.*;)$", text, re.M):
        found.append((match.group(1), match.group(2), match.group(3), statements(match.group(4))[0]))
    return found


class Database:
    def __init__(self, url):
        self.url = url

    def run(self, sql, tuples=True):
        """One session, one transaction."""
        done = subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", *(["-At"] if tuples else []), "-d", self.url],
            input=sql, capture_output=True, text=True, check=False,
        )
        if done.returncode:
            numbered = "\n".join(f"{n:5} {line}" for n, line in enumerate(sql.splitlines(), 1)) if os.environ.get("SHOW_SQL") else ""
            sys.exit(f"{numbered}\npsql: {done.stderr}")
        return done.stdout


def set_up(db):
    db.run("drop schema if exists staging, curated, mart, ops, \"raw\", public cascade;\ncreate schema public;\n" + SHIM.read_text())
    ddl = ['create schema "raw"', "create schema staging", "create schema ops", "create schema curated", "create schema mart"]
    for folder in ("raw", "staging", "ops"):
        for path in sorted((SQL / folder).glob("*.sql")):
            if path.name != "checks.sql":
                ddl += statements(path.read_text())
    for table in CURATED:
        ddl += statements((SQL / "curated" / table / "table.sql").read_text())
    views = sorted((SQL / "mart").glob("*.sql"), key=lambda p: p.stem != "unified_interactions")
    for path in views:
        ddl += statements(path.read_text())
    # Twice: migrate may be repeated.
    tables = [portable(s) for s in ddl if not s.startswith("create schema")]
    db.run(";\n".join([portable(s) for s in ddl] + tables) + ";")


def merge(db, batch):
    order = (SQL / "curated" / "ORDER").read_text().split()
    found = [s for path in order for s in statements((SQL / "curated" / path).read_text())]
    assert len(found) <= 40, f"{len(found)} statements in the merge"
    db.run("\n".join(bind(s, PARAMETERS | {"batch_id": batch}) + ";" for s in found))
    return len(found)


def dump(db):
    out = {}
    for table in CURATED:
        out[f"curated.{table}"] = db.run(f"select * from curated.{table} as t order by cast(t as text);")
    out["mart.unified_interactions"] = db.run("select * from mart.unified_interactions order by conversation_id;")
    return out


def differences(first, second, title):
    wrong = []
    for table, rows in first.items():
        if rows != second[table]:
            ours, theirs = set(rows.splitlines()), set(second[table].splitlines())
            wrong.append(f"{title}: {table}\n  - " + "\n  - ".join(sorted(ours - theirs)) + "\n  + " + "\n  + ".join(sorted(theirs - ours)))
    return wrong


def test(db):
    wrong = []
    sections = dict(re.findall(r"^-- batch: (\w+)\n((?:(?!^-- batch:).*\n?)*)", (HERE / "semantics.sql").read_text(), re.M))
    reference = None
    count = 0
    for order in itertools.permutations(sections):
        for together in (False, True):
            set_up(db)
            if together:
                for batch in sections:
                    db.run(sections[batch])
            for batch in order:
                if not together:
                    db.run(sections[batch])
                count = merge(db, batch)
            now = dump(db)
            if reference is None:
                reference = now
                for _, name, rule, sql in named((HERE / "semantics_expected.sql").read_text(), "expect"):
                    rows = db.run(sql + ";")
                    if rows:
                        wrong.append(f"expected {name}: {rule}\n{rows}")
                ledger = db.run("select batch_id, source, object, staged_rows, merged_rows, superseded_rows from ops.window_ledger order by 1, 2, 3, 4;")
                expected = "a|genesys|conversation|21|20|1\na|genesys|queue|2|2|0\na|genesys|user|2|2|0\na|salesforce|account|2|1|1\na|salesforce|account|4|4|0\n"
                if expected not in ledger:
                    wrong.append(f"ledger:\n{ledger}")
                wrong += checks(db, sections)
            for batch in order:
                merge(db, batch)
            wrong += differences(now, dump(db), f"all merged again after {order}")
            wrong += differences(reference, now, f"order {order}, loaded {'together' if together else 'one by one'}")
    print(f"{count} statements in the merge; {len(reference)} tables compared over {2 * len(list(itertools.permutations(sections)))} orders")
    return wrong


def checks(db, batches):
    """Data tests pass on good tables, and each one can fail: a broken ledger and a doubled row are found."""
    wrong = []
    every = [(path, c) for path in sorted(SQL.glob("**/checks.sql")) for c in named(path.read_text(), "fail|warn")]
    for batch in batches:
        for path, (kind, name, rule, sql) in every:
            rows = db.run(f"select count(*) from (\n{bind(sql, PARAMETERS | {'batch_id': batch})}\n) as breaches;").strip()
            # Of the conversations that a and b brought last, half stay without a link; what c brought, b has replaced.
            breached = name == "join_rate" and batch in ("a", "b")
            if (rows != "0") != breached:
                wrong.append(f"check {path.parent.name}/{name} ({kind}) on {batch}: {rows} rows; {rule}")
    print(f"{len(every)} checks")
    for name, damage in {
        "one_row_per_conversation": "insert into curated.fact_customer_interactions select * from curated.fact_customer_interactions where conversation_id = 'c-case'",
        "every_conversation_arrived": "delete from curated.fact_anonymous_interactions where conversation_id = 'c-na'",
        "no_overlap": "update curated.dim_salesforce_account set valid_to = '2026-01-07' where customer_tier = 'gold'",
        "no_gap": "update curated.dim_salesforce_account set valid_to = '2026-01-03' where customer_tier = 'gold'",
        "one_current_row": "update curated.dim_salesforce_account set is_current = true",
        "staged_closes": "update ops.window_ledger set merged_rows = merged_rows + 1",
        "raw_conversations": "delete from \"raw\".genesys_conversation where natural_id = 'c-case'",
        "quarantine_rows": "delete from staging.quarantine",
        "refused_link_is_quarantined": "delete from curated.quarantine",
        "batch_merged": "update ops.load_log set merged_at = null",
    }.items():
        sql = next(c[3] for _, c in every if c[1] == name)
        rows = db.run(f"begin;\n{damage};\nselect count(*) from (\n{bind(sql, PARAMETERS | {'batch_id': 'a'})}\n) as breaches;\nrollback;").strip()
        if rows in ("", "0"):
            wrong.append(f"check {name} does not see: {damage}")
    return wrong


def own_server(work):
    """Starts PostgreSQL on a socket in `work`; as an unprivileged user when we are root, since it refuses root."""
    folders = [os.path.dirname(os.path.realpath(shutil.which("initdb") or ""))] + sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    binaries = next((f for f in folders if os.path.exists(f + "/initdb") and os.path.exists(f + "/pg_isready")), None)
    if binaries is None:
        sys.exit("PostgreSQL 15 or newer is not installed: apt-get install postgresql")
    user = {}
    if os.geteuid() == 0:
        name = next((u for u in ("postgres", "nobody") if u in {p.pw_name for p in pwd.getpwall()}), None)
        if name is None:
            sys.exit("running as root, and neither a user postgres nor nobody exists to run PostgreSQL as")
        account = pwd.getpwnam(name)
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(work, account.pw_uid, account.pw_gid)
    data = work + "/data"
    subprocess.run(
        [binaries + "/initdb", "-D", data, "-U", "tributary", "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, cwd=work, **user,
    )
    server = subprocess.Popen(
        [binaries + "/postgres", "-D", data, "-k", work, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "timezone=UTC"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=work, **user,
    )
    url = f"postgresql://tributary@/postgres?host={work}"
    for _ in range(100):
        if subprocess.run([binaries + "/pg_isready", "-q", "-d", url], check=False).returncode == 0:
            return server, url
        if server.poll() is not None:
            break
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            pass
    server.kill()
    sys.exit("PostgreSQL did not start")


def main():
    if len(sys.argv) > 1:
        wrong = test(Database(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix="tributary-sql-", dir="/tmp") as work:
            server, url = own_server(work)
            try:
                wrong = test(Database(url))
            finally:
                server.terminate()
                server.wait(30)
    if wrong:
        sys.exit("\n\n".join(wrong))


if __name__ == "__main__":
    main()
