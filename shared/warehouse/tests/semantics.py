"""Runs the merge on PostgreSQL over data made by hand and compares what it leaves.

    python3 shared/warehouse/tests/semantics.py [postgresql://…]

Without a URL it starts a PostgreSQL of its own (15 or newer, from PATH or /usr/lib/postgresql) in a temporary folder, on a socket
alone, and stops it at the end; with one it makes databases semantics_… there. Every order of loading and merging the batches must leave the
same tables, every merge and every batch can be repeated, every expectation must hold, and data tests find what is announced and nothing
else. A world is a pair of files: semantics.sql (what a merge means), late.sql (what comes late or by itself), rights.sql (lists of ids that
miss much at once) and others, each with its `…_expected.sql`; damages.sql breaks the first one in every way that a data test must see. Ends
with 1 and the rows that differ otherwise. WORLDS="late rights" runs these alone.
"""

import concurrent.futures
import functools
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
    "history_names": ",account.customer_tier=Tier__c,account.owner_id=OwnerId,account.owner_id=Owner,account.owner_name=Owner,case.case_status=Status,",
    "match_window_minutes": "15",
    "link_ways": ",attribute,external_contact,phone,",
    "id_prefixes": ",",
    "account_prefixes": ",001,",
    "contact_prefixes": ",003,",
    "case_prefixes": ",500,",
    "match_windows": ",",
    "max_purged_percent": "5",
    "relink_since": "9999-12-31 00:00:00",
    "relink_reasons": ",",
    "business_time_zone": "UTC",
    "service_level_seconds": "20",
    "aggregate_filter": "none",
    "max_unlinked_percent": "30.0",
    "max_variance_percent": "0.5",
}


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
        self.given = {}  # parameters of the merge that are not the usual ones

    def run(self, sql):
        """One session, one transaction."""
        done = subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-At", "-d", self.url],
            input=sql, capture_output=True, text=True, check=False,
        )
        if done.returncode:
            numbered = "\n".join(f"{n:5} {line}" for n, line in enumerate(sql.splitlines(), 1)) if os.environ.get("SHOW_SQL") else ""
            sys.exit(f"{numbered}\npsql: {done.stderr}")
        return done.stdout


class Server:
    """Databases of one server; the one in `url` is left alone."""

    def __init__(self, url):
        self.url = url

    def admin(self, sql):
        done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url], input=sql, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"psql: {done.stderr}")

    def database(self, name, template=None):
        self.admin(f"drop database if exists {name};\ncreate database {name}{f' template {template}' if template else ''};\n")
        return Database(re.sub(r"^(\w+://[^/]*)/[^?]*", rf"\1/{name}", self.url))

    def copy(self, name):
        return self.database(name, "semantics_template")

    def drop(self, db):
        self.admin(f"drop database {re.search(r'://[^/]*/([^?]*)', db.url).group(1)};\n")


def set_up(db):
    """Every table and view, as `migrate` makes them."""
    db.run("drop schema if exists staging, curated, mart, ops, \"raw\", public cascade;\ncreate schema public;\n" + SHIM.read_text())
    ddl = ['create schema "raw"', "create schema staging", "create schema ops", "create schema curated", "create schema mart"]
    for folder in ("raw", "staging", "ops"):
        for path in sorted((SQL / folder).glob("*.sql")):
            if path.name != "checks.sql":
                ddl += statements(path.read_text())
    for table in curated():
        ddl += statements((SQL / "curated" / table / "table.sql").read_text())
    views = sorted((SQL / "mart").glob("*.sql"), key=lambda p: (p.stem not in ("settled_day", "unified_interactions"), p.name))
    for path in views:
        ddl += statements(path.read_text())
    # Twice: migrate may be repeated.
    tables = [portable(s) for s in ddl if not s.startswith("create schema")]
    db.run(";\n".join([portable(s) for s in ddl] + tables) + ";")


def curated():
    """The tables of the schema."""
    return sorted(path.parent.name for path in (SQL / "curated").glob("*/table.sql"))


@functools.cache
def stages():
    """The statements of each transaction of the merge."""
    found = []
    for line in (SQL / "curated" / "ORDER").read_text().split():
        if line.startswith("["):
            found.append([])
        else:
            found[-1] += statements((SQL / "curated" / line).read_text())
    for stage in found:
        assert len(stage) <= 40, f"{len(stage)} statements in one transaction of the merge"
    return found


def merge(db, batch, **other):
    """All transactions of a merge: one session each, as the Data API has it."""
    values = PARAMETERS | db.given | {"batch_id": batch} | other
    for stage in stages():
        db.run("\n".join(bind(s, values) + ";" for s in stage))
    return sum(map(len, stages()))


def dump(db, without=()):
    """Every row of every curated table and of the wide view; `without` are columns that do not count."""
    names = [f"curated.{table}" for table in curated()] + ["mart.unified_interactions"]
    minus = "".join(f" - '{column}'" for column in without)
    # What was refused for a while depends on what came first: only what is refused now is a function of the data.
    queries = [
        f"select '== {name}';\nselect line from (select cast(to_jsonb(t){minus} as text) as line from {name} as t where to_jsonb(t) ->> 'resolved_at' is null)"
        " as l order by line;"
        for name in names
    ]
    out, name = {}, None
    for line in db.run("\n".join(queries)).splitlines():
        if line.startswith("== "):
            name = line[3:]
            out[name] = []
        else:
            out[name].append(line)
    return out


def differences(first, second, title):
    wrong = []
    for table, rows in first.items():
        if rows != second[table]:
            ours, theirs = set(rows), set(second[table])
            wrong.append(f"{title}: {table}\n  - " + "\n  - ".join(sorted(ours - theirs)) + "\n  + " + "\n  + ".join(sorted(theirs - ours)))
    return wrong


def test(server):
    """Each pair of files is a world of its own: `<name>.sql` has its batches, `<name>_expected.sql` what must come of them."""
    wrong = []
    template = server.database("semantics_template")
    set_up(template)
    worlds = sorted(path.stem for path in HERE.glob("*.sql") if (HERE / f"{path.stem}_expected.sql").exists())
    names = (os.environ.get("WORLDS") or " ".join(worlds)).split()
    # Those with the most orders first: two worlds at once then end at about the same time.
    names.sort(key=lambda name: (HERE / f"{name}.sql").read_text().count("-- batch: "), reverse=True)
    with concurrent.futures.ThreadPoolExecutor(2) as both:
        for found in both.map(lambda name: world(server, name), names):
            wrong += found
    return wrong


def world(server, name):
    wrong, reference = orders(server, name)
    if name == "semantics":
        wrong += damages(reference)
    if name == "rights":
        wrong += allowed(reference)
    return wrong


def orders(server, name):
    """Loads and merges the batches in every order, one by one and all loaded before the first merge; the tables must be the same."""
    wrong = []
    batches = (HERE / f"{name}.sql").read_text()
    sections = dict(re.findall(r"^-- batch: (\w+)\n((?:(?!^-- batch:).*\n?)*)", batches, re.M))
    given = dict(re.findall(r"^-- set: (\w+): (.*)$", batches, re.M))
    assert given.keys() <= PARAMETERS.keys(), f"{name}.sql sets {given.keys() - PARAMETERS.keys()}"
    expected = (HERE / f"{name}_expected.sql").read_text()
    reference, kept, count, tried = None, None, 0, 0
    every = list(itertools.permutations(sections))
    # All loaded together says nothing about the order of loading: a few orders of merging do.
    runs = [(order, False) for order in every] + [(order, True) for order in every[:: max(1, len(every) // 6)]]
    for order, together in runs:
        db = server.copy(f"semantics_{name}_{tried}")
        db.given = given
        if together:
            db.run("\n".join(sections.values()))
        for batch in order:
            if not together:
                db.run(sections[batch])
            count = merge(db, batch)
        now = dump(db)
        left_open = db.run(
            "select batch_id, object, window_no, staged_rows, merged_rows, superseded_rows from ops.window_ledger "
            "where staged_rows is distinct from merged_rows + superseded_rows;"
        )
        if waiting := db.run("select object, reference_id from ops.link_pending;"):
            wrong.append(f"{name}: links wait to be decided again after {order}\n{waiting}")
        if left_open:
            wrong.append(f"{name}: the ledger does not close after {order}\n{left_open}")
        if reference is None:
            reference, kept = now, db
            for _, rule_name, rule, sql in named(expected, "expect"):
                rows = db.run(sql + ";")
                if rows:
                    wrong.append(f"{name}: expected {rule_name}: {rule}\n{rows}")
            for rule, change in re.findall(r"^-- given: (.*)\n((?:(?!-- ).*\n?)*)", expected, re.M):
                if rows := db.run(f"begin;\n{change}\nrollback;"):
                    wrong.append(f"{name}: given {rule}\n{rows}")
            wrong += checks(db, name, sections, expected)
        if tried % 3 == 0:
            for batch in order:
                merge(db, batch)
            wrong += differences(now, dump(db), f"{name}: all merged again after {order}")
        wrong += differences(reference, now, f"{name}: order {order}, loaded {'together' if together else 'one by one'}")
        if db is kept:
            wrong += replayed(db, name, sections)
            wrong += filled(db, name)
        else:
            server.drop(db)
        tried += 1
    print(f"{name}: {count} statements in the merge; {len(reference)} tables compared over {tried} orders of {len(sections)} batches")
    return wrong, kept


def replayed(db, name, batches):
    """Every batch once more, from its landed files under another run: but for the run's name and numbers the tables stay what they are."""
    own = ("batch_id", "first_batch_id", "last_batch_id", "record_no")
    before = dump(db, own)
    for batch in batches:
        copies = [f"insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('z{batch}', 'x', 1, 1, '2026-02-01')"]
        tables = db.run("select table_schema || '.' || table_name from information_schema.tables where table_schema = 'staging' order by 1;").split()
        for table in tables + ["ops.window_ledger"]:
            schema, plain = table.split(".")
            columns = db.run(
                f"select column_name from information_schema.columns where table_schema = '{schema}' and table_name = '{plain}' order by ordinal_position;"
            ).split()
            changed = {"batch_id": f"'z{batch}'", "extraction": "'replay'", "merged_rows": "null", "superseded_rows": "null"}
            if table == "ops.window_ledger":
                changed |= {"mode": "'replay'", "api_rows": "null"}
            values = ", ".join(changed.get(c, c) for c in columns)
            landed = " and mode <> 'left_out'" if table == "ops.window_ledger" else ""  # nothing to replay
            copies.append(f"insert into {table} ({', '.join(columns)}) select {values} from {table} where batch_id = '{batch}'{landed}")
        db.run(";\n".join(copies) + ";")
        merge(db, "z" + batch)
    wrong = differences(before, dump(db, own), f"{name}: every batch replayed")
    for batch in batches:
        wrong += [f"{name}, replayed: {breach}" for breach in breaches(db, "z" + batch) if breach.startswith("fail") and "closes" in breach]
    return wrong


def filled(db, name):
    """What `migrate` fills in a warehouse of an earlier version is what the merges of its batches would have left; twice is once."""
    text = "".join(path.read_text() for path in sorted((SQL / "migrations").glob("version_3_*.sql")))
    tables = set(re.findall(r"^-- fill: ((?:curated|ops)\.\w+)$", text, re.M))
    before, wrong = dump(db), []
    db.run("".join(f"delete from {table};\n" for table in sorted(tables)))
    for time in ("once", "twice"):
        for fill in statements(text):
            db.run(fill + ";")
        wrong += differences(before, dump(db), f"{name}: filled {time}")
    return wrong


def allowed(db):
    """Whoever knows that so many are gone allows it: with the next merge, even of a batch without any record, all of them are."""
    before, batch = dump(db), "e"
    db.run("insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows) values ('e', 'x', 0, 0);")
    open_rows = (
        "select (select count(*) from curated.salesforce_opportunity where not is_deleted) || ' ' "
        "|| (select count(*) from curated.salesforce_purged where is_refused);"
    )
    merge(db, batch, max_purged_percent="100")
    found = db.run(open_rows).strip()
    wrong = [] if found == "28 0" else [f"rights: with every list believed, open opportunities and refused records are {found}"]
    merge(db, batch)
    return wrong + differences(before, dump(db), "rights: believed and refused again")


def every_check():
    return [(path, c) for path in sorted(SQL.glob("**/checks.sql")) for c in named(path.read_text(), "fail|warn")]


def breaches(db, batch):
    """`kind folder/name: rows; rule` of each data test that finds rows for the batch."""
    every = every_check()
    queries = [f"select {n}, count(*) from (\n{bind(c[3], PARAMETERS | db.given | {'batch_id': batch})}\n) as found having count(*) > 0;" for n, (_, c) in enumerate(every)]
    found = []
    for line in db.run("\n".join(queries)).splitlines():
        number, rows = line.split("|")
        path, (kind, name, rule, _) = every[int(number)]
        found.append(f"{kind} {path.parent.name}/{name}: {rows} rows; {rule}")
    return found


def checks(db, name, batches, expected):
    """Data tests find what `-- breach: batch: test: why` announces, and nothing else."""
    wrong = []
    announced = set(re.findall(r"^-- breach: (\w+): (\w+): ", expected, re.M))
    for batch in batches:
        found = {re.match(r"\w+ [^/]+/(\w+):", breach).group(1): breach for breach in breaches(db, batch)}
        wanted = {test for of, test in announced if of == batch}
        wrong += [f"{name}: check on {batch}: {found[test]}" for test in sorted(found.keys() - wanted)]
        wrong += [f"{name}: check {test} does not see what it should on {batch}" for test in sorted(wanted - found.keys())]
    print(f"{name}: {len(every_check())} checks on {len(batches)} batches")
    return wrong


def damages(db):
    """Each rule can fail: broken tables are seen, and what only looks broken is not."""
    wrong = []
    changes = re.findall(
        r"^-- (damage|harmless): ((?:\w+/)?\w+)\b.*\n((?:(?!^-- (?:damage|harmless):).*\n?)*)", (HERE / "damages.sql").read_text(), re.M
    )
    announced = re.findall(r"^-- breach: \w+: (\w+): ", "".join(path.read_text() for path in HERE.glob("*_expected.sql")), re.M)
    seen = {name for kind, name, _ in changes if kind == "damage"} | set(announced)
    # A rule of several tables is shown for each of them, as folder/name.
    called = {}
    for path, check in every_check():
        called.setdefault(check[1], []).append((f"{path.parent.name}/{check[1]}", check))
    named_checks = {}
    for name, of in called.items():
        named_checks |= {full: check for full, check in of}
        if len(of) == 1:
            named_checks[name] = of[0][1]
        wrong += [f"nothing shows that the check {full} can find anything" for full, _ in of if not {full, name if len(of) == 1 else full} & seen]
    for kind, name, change in changes:
        if name not in named_checks:
            wrong.append(f"damages.sql: {name} is no check, or one of several tables: write folder/name")
            continue
        sql = named_checks[name][3]
        rows = db.run(f"begin;\n{change}\nselect count(*) from (\n{bind(sql, PARAMETERS | {'batch_id': 'a'})}\n) as breaches;\nrollback;").strip()
        if (rows in ("", "0")) != (kind == "harmless"):
            wrong.append(f"check {name} finds {rows or 'no'} rows after:\n{change}")
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
        [binaries + "/postgres", "-D", data, "-k", work, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "timezone=UTC", "-c", "jit=off"],
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
        wrong = test(Server(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix="tributary-sql-", dir="/tmp") as work:
            server, url = own_server(work)
            try:
                wrong = test(Server(url))
            finally:
                server.terminate()
                server.wait(30)
    if wrong:
        sys.exit("\n\n".join(wrong))


if __name__ == "__main__":
    main()
