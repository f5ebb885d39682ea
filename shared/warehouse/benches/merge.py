"""How long it takes to merge a night of 10,000 conversations into a warehouse of 1 million and of 10 million.

    python3 shared/warehouse/benches/merge.py [SIZE …]          sizes in conversations, usually 1000000 10000000

It starts a PostgreSQL of its own (15 or newer) in a temporary folder, fills one database per size with nights of 10,000 conversations as
their merge would have left them, and merges ROUNDS further nights (5) into each by the real SQL, the sizes taking turns. It prints each
round, the medians and their ratio, and checks that merging a night again leaves every table of curated as it was. A night brings 10,000 new
conversations (a half names its account, three in four call from a contact's number, a third has an external contact), 200 that were read
before, 50 late evaluations, 300 external contacts, 100 accounts of another tier, 50 contacts with a new number and 100 new cases. PostgreSQL stands for
Redshift, with an index where Redshift has a sort key, and one on batch_id, record_no of each table of staging, which Redshift's automatic
sort keys are for. About 7 GB of disk per million conversations. PROFILE=1 prints the slowest statements.
"""

import importlib.util
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("semantics", HERE.parent / "tests" / "semantics.py")
semantics = importlib.util.module_from_spec(spec)
spec.loader.exec_module(semantics)

NIGHT = 10_000
ACCOUNTS, CONTACTS, CASES = 100_000, 150_000, 100_000
SETTINGS = [
    "enable_nestloop = on", "jit = off", "random_page_cost = 1.1", "work_mem = '256MB'", "maintenance_work_mem = '1GB'", "temp_buffers = '64MB'",
    "synchronous_commit = off", "max_parallel_workers_per_gather = 0", "max_parallel_maintenance_workers = 0", "statement_timeout = '600s'",
]
# (table, select over the conversations c: n, id, batch, record_no, start_at, extracted_at)
FIRST = "timestamp '2020-01-01'"
CONVERSATION = f"""
    select
        n,
        'c' || md5('conversation' || n) as id,
        'nightly-' || to_char({FIRST} + (n / {NIGHT}) * interval '1 day', 'YYYYMMDD') as batch,
        1000000001 + n % {NIGHT} as record_no,
        {FIRST} + (n / {NIGHT}) * interval '1 day' + (n % {NIGHT}) * interval '8 seconds' as start_at,
        {FIRST} + (n / {NIGHT} + 1) * interval '1 day' + interval '2 hours' as extracted_at,
        '001' || lpad(upper(to_hex((n * 104729) % {CONTACTS} % {ACCOUNTS})), 12, '0') as account15,
        '003' || lpad(upper(to_hex((n * 104729) % {CONTACTS})), 12, '0') as contact15,
        'x' || md5('external' || (n * 104729) % {CONTACTS}) as external_id,
        '+1' || case when n % 4 = 3 then 3000000000 + n % 5000000 else 2000000000 + (n * 104729) % {CONTACTS} end as number
    from generate_series(cast({{first}} as bigint), cast({{last}} as bigint)) as n
"""
STAGED = {
    '"raw".genesys_conversation': ("batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256",
        "batch, 'conversation', date_trunc('day', start_at), date_trunc('day', start_at) + interval '1 day', record_no, id, extracted_at, 'landing/' || batch, n % 10000, md5(id)", "one"),
    "staging.genesys_conversation": ("batch_id, record_no, extracted_at, window_start, window_end, extraction, conversation_id, conversation_start, "
        "conversation_end, originating_direction, media_types, participant_count",
        "batch, record_no, extracted_at, date_trunc('day', start_at), date_trunc('day', start_at) + interval '1 day', 'job', id, start_at, "
        "start_at + interval '5 minutes', 'inbound', 'voice', 3", "one"),
    "staging.genesys_participant": ("batch_id, record_no, extracted_at, conversation_id, participant_no, user_id, purpose, external_contact_id",
        "batch, record_no, extracted_at, id, k, case k when 2 then 'u' || n % 500 end, (array['customer', 'acd', 'agent'])[k + 1], "
        "case when k = 0 and n % 3 = 0 then external_id end", "three"),
    "staging.genesys_session": ("batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, session_id, media_type, direction, ani",
        "batch, record_no, extracted_at, id, k, 0, 's' || md5(id || k), 'voice', 'inbound', 'tel:' || number", "three"),
    "staging.genesys_segment": ("batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_start, segment_end, "
        "segment_type, queue_id, wrap_up_code",
        "batch, record_no, extracted_at, id, k, 0, 0, start_at + k * interval '10 seconds', start_at + interval '5 minutes', 'interact', "
        "case when k > 0 then 'q' || n % 40 end, case when k = 2 then 'w' || n % 30 end", "three"),
    "staging.genesys_metric": ("batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, metric_no, metric_name, metric_value, emit_date",
        "batch, record_no, extracted_at, id, least(k, 2), 0, k, (array['tConnected', 'tAcd', 'tHandle', 'tTalkComplete', 'tAcw', 'tAnswered'])[k + 1], "
        "1000 + n % 300000, start_at + interval '5 minutes'", "six"),
    "staging.genesys_attribute": ("batch_id, record_no, extracted_at, conversation_id, participant_no, attribute_name, attribute_value",
        "batch, record_no, extracted_at, id, 0, 'sfAccountId', account15", "half"),
    "staging.phone_number": ("batch_id, record_no, extracted_at, said, e164", "batch, record_no, extracted_at, 'tel:' || number, number", "one"),
}
EVERY = {"one": "select *, 0 as k from c", "three": "select * from c cross join generate_series(0, 2) as k",
         "six": "select * from c cross join generate_series(0, 5) as k", "half": "select *, 0 as k from c where n % 2 = 0"}


def columns(db, table):
    schema, plain = table.replace('"', "").split(".")
    return set(db.run(f"select column_name from information_schema.columns where table_schema = '{schema}' and table_name = '{plain}';").split())


def stage(db, first, last, extra=""):
    """The staged rows of conversations, and the mark of their batches."""
    conversation = CONVERSATION.format(first=first, last=last)
    for table, (names, values, every) in STAGED.items():
        assert set(names.split(", ")) <= columns(db, table), f"{table}: {set(names.split(', ')) - columns(db, table)}"
        db.run(f"insert into {table} ({names}) with c as ({conversation}) select {values} from ({EVERY[every]}) as c;")
    db.run(f"""
        insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at)
        with c as ({conversation}) select batch, 'x', 1, 1, max(extracted_at) + interval '1 hour' from c group by batch;
        insert into ops.window_ledger (batch_id, mode, source, object, window_start, window_end, window_no, extraction, received_rows, out_of_window_rows,
            duplicate_rows, landed_rows, staged_rows, quarantined_rows, merged_rows, superseded_rows, is_settled, api_calls, extracted_at)
        with c as ({conversation})
        select batch, 'nightly', 'genesys', 'conversation', date_trunc('day', min(start_at)), date_trunc('day', min(start_at)) + interval '1 day', 1, 'job',
            count(*), 0, 0, count(*), count(*), 0, {extra or 'count(*), 0'}, false, 1, max(extracted_at) from c group by batch;
    """)


def crm(db):
    """Accounts, contacts and cases, staged and in the dimensions: the same in every size."""
    db.run(f"""
        insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('first', 'x', 1, 1, {FIRST});
        insert into staging.salesforce_account (batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, account_id, account_name, customer_tier,
            industry, owner_id)
        select 'first', 2000000000 + a, {FIRST}, false, {FIRST}, {FIRST}, '001' || lpad(upper(to_hex(a)), 12, '0') || 'AAA', 'Account ' || a,
            (array['gold', 'silver', 'bronze'])[a % 3 + 1], 'Retail', '005' from generate_series(0, {ACCOUNTS - 1}) as a;
        insert into staging.salesforce_contact (batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, contact_id, account_id, contact_name, phone)
        select 'first', 3000000000 + a, {FIRST}, false, {FIRST}, {FIRST}, '003' || lpad(upper(to_hex(a)), 12, '0') || 'AAA',
            '001' || lpad(upper(to_hex(a % {ACCOUNTS})), 12, '0') || 'AAA', 'Contact ' || a, '+1' || 2000000000 + a
        from generate_series(0, {CONTACTS - 1}) as a;
        insert into staging.phone_number (batch_id, record_no, extracted_at, said, e164)
        select 'first', 3000000000 + a, {FIRST}, form || 2000000000 + a, '+1' || 2000000000 + a
        from generate_series(0, {CONTACTS - 1}) as a cross join (values ('+1'), ('tel:+1')) as forms (form);
        insert into staging.salesforce_case (batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, case_id, account_id, case_status)
        select 'first', 4000000000 + a, {FIRST}, false, {FIRST}, {FIRST} + a * interval '10 minutes', '500' || lpad(upper(to_hex(a)), 12, '0') || 'AAA',
            '001' || lpad(upper(to_hex((a * 31) % {ACCOUNTS})), 12, '0') || 'AAA', 'New' from generate_series(0, {CASES - 1}) as a;
    """)
    merge(db, "first", "set enable_nestloop = off;")  # nothing is counted yet, and there is no index


def fill(db, size):
    """`size` conversations as their merges would have left them."""
    crm(db)
    step = 1_000_000  # rows made by one statement
    for first in range(0, size, step):
        stage(db, first, min(first + step, size) - 1)
    conversation = CONVERSATION.format(first=0, last=size - 1)
    shared = ("conversation_key, conversation_id, conversation_start, conversation_end, duration_ms, queue_id, media_type, direction, agent_id, handle_time_ms, talk_time_ms, "
        "abandoned, transferred, was_escalated, handled_by_bot_only, external_contact_count, asked_ambiguous, is_settled, etl_loaded_at, data_source, batch_id, record_no, customer_number")
    values = ("sha2(id, 256), id, start_at, start_at + interval '5 minutes', 300000, 'q' || n % 40, 'voice', 'inbound', 'u' || n % 500, 1000 + n % 300000, 1000, false, false, "
        "false, false, 0, false, false, extracted_at, 'genesys_cloud', batch, record_no, 'tel:' || number")
    db.run(f"""
        insert into curated.fact_customer_interactions ({shared}, asked_account_id, link_method, crm_account_id, customer_tier)
        with c as ({conversation}) select {values}, account15, 'attribute_account', account15 || 'AAA', 'gold' from c where n % 2 = 0;
        insert into curated.fact_customer_interactions ({shared}, link_method, crm_account_id, crm_contact_id, customer_tier)
        with c as ({conversation}) select {values}, 'phone', account15 || 'AAA', contact15 || 'AAA', 'gold' from c where n % 4 = 1;
        insert into curated.fact_anonymous_interactions ({shared}, link_reason)
        with c as ({conversation}) select {values}, 'no_id' from c where n % 4 = 3;
        insert into curated.fact_agent_leg (agent_leg_key, conversation_id, participant_no, session_no, conversation_start, session_id, user_id, queue_id, media_type,
            answered, talk_time_ms, handle_time_ms, batch_id, etl_loaded_at)
        with c as ({conversation}) select sha2(id || '|2|0', 256), id, 2, 0, start_at, 's' || md5(id || 2), 'u' || n % 500, 'q' || n % 40, 'voice', true, 1000,
            1000 + n % 300000, batch, extracted_at from c;
        insert into ops.staged_record (natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start)
        with c as ({conversation}) select id, 'conversation', 'genesys', batch, record_no, extracted_at, '1970-01-01', 'job', start_at from c;
        insert into ops.conversation_reference (object, reference_id, conversation_id, conversation_start)
        with c as ({conversation})
        select 'account', account15, id, start_at from c where n % 4 <> 3 union all
        select 'contact', contact15, id, start_at from c where n % 4 <> 3 union all
        select 'external_contact', external_id, id, start_at from c where n % 3 = 0 union all
        select 'phone', number, id, start_at from c;
    """)
    for table, keys in indexes(db):
        db.run(f"create index on {table} ({keys});")
    db.run("analyze;")


def indexes(db):
    """An index where Redshift has a sort key, and one on the batch for staging."""
    for path in sorted(semantics.SQL.glob("**/*.sql")):
        for table, body, tail in re.findall(r"create table if not exists ([\w.\"]+) \((.*?)\n\)(.*?);", path.read_text(), re.S):
            if key := re.search(r"sortkey \(([^)]*)\)", tail):
                yield table, key.group(1)
            if table.startswith("staging."):
                yield table, "batch_id, record_no"


def night(db, number):
    """Stages night `number`; returns its batch."""
    stage(db, number * NIGHT, (number + 1) * NIGHT - 1, extra="null, null")
    batch = db.run(f"with c as ({CONVERSATION.format(first=number * NIGHT, last=number * NIGHT)}) select batch from c;").strip()
    at = f"({FIRST} + {number + 1} * interval '1 day' + interval '2 hours')"
    old = f"({number} * {NIGHT} - 50000 + i * 211)"
    db.run(f"""
        insert into staging.genesys_conversation (batch_id, record_no, extracted_at, window_start, window_end, extraction, conversation_id, conversation_start, media_types,
            participant_count)
        select '{batch}', 1000020000 + i, {at}, {at}, {at}, 'query', 'c' || md5('conversation' || {old}),
            {FIRST} + ({old} / {NIGHT}) * interval '1 day' + ({old} % {NIGHT}) * interval '8 seconds', 'voice', 0 from generate_series(1, 200) as i;
        insert into staging.genesys_evaluation_update (batch_id, record_no, extracted_at, conversation_id, evaluation_id, released, total_score, event_time)
        select '{batch}', 5000000000 + i, {at}, 'c' || md5('conversation' || ({old} - 300000)), 'e' || {number} || '-' || i, true, 90, {at} from generate_series(1, 50) as i;
        insert into staging.genesys_external_contact (batch_id, record_no, extracted_at, asked_id, external_contact_id, salesforce_contact_id)
        select '{batch}', 6000000000 + i, {at}, 'x' || md5('external' || i * 13), 'x', '003' || lpad(upper(to_hex(i * 13)), 12, '0') || 'AAA' from generate_series(1, 300) as i;
        insert into staging.salesforce_account (batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, account_id, account_name, customer_tier, owner_id)
        select '{batch}', 2000000000 + i, {at}, false, {at}, {FIRST}, '001' || lpad(upper(to_hex((i * 977 + {number}) % {ACCOUNTS})), 12, '0') || 'AAA', 'Changed', 'platinum', '005'
        from generate_series(1, 100) as i;
        insert into staging.salesforce_contact (batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, contact_id, account_id, contact_name, phone,
            mobile_phone)
        select '{batch}', 3000000000 + i, {at}, false, {at}, {FIRST}, '003' || lpad(upper(to_hex(contact)), 12, '0') || 'AAA',
            '001' || lpad(upper(to_hex(contact % {ACCOUNTS})), 12, '0') || 'AAA', 'Changed', '+1' || 2000000000 + contact, '+1' || 4000000000 + {number} * 100 + i
        from (select i, (i * 977 + {number}) % {CONTACTS} as contact from generate_series(1, 50) as i) as changed;
        insert into staging.phone_number (batch_id, record_no, extracted_at, said, e164)
        select '{batch}', 3000000000 + i, {at}, '+1' || 4000000000 + {number} * 100 + i, '+1' || 4000000000 + {number} * 100 + i from generate_series(1, 50) as i;
        insert into staging.salesforce_case (batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, case_id, account_id, case_status)
        select '{batch}', 4000000000 + i, {at}, false, {at}, {at} - i * interval '7 minutes', '500' || lpad(upper(to_hex({CASES} + {number} * 100 + i)), 12, '0') || 'AAA',
            '001' || lpad(upper(to_hex((i * 31) % {ACCOUNTS})), 12, '0') || 'AAA', 'New' from generate_series(1, 100) as i;
    """)
    # Redshift counts what a load has brought. A small sample is enough, and leaves what has been read before in memory.
    for table in sorted(set(STAGED)) + ["staging.salesforce_account", "staging.salesforce_contact", "staging.salesforce_case"]:
        db.run(f"set default_statistics_target = 10; analyze {table};")
    return batch


def merge(db, batch, before=""):
    """Seconds of each transaction of the merge; temporary tables are counted after they are made, as Redshift does by itself."""
    took = []
    values = semantics.PARAMETERS | {"batch_id": batch}
    for statements in semantics.stages():
        text = [before]
        for number, statement in enumerate(statements):
            text.append(semantics.bind(statement, values) + ";")
            if made := re.match(r"create temp table (\w+) as", statement):
                text.append(f"analyze {made.group(1)};")
            if os.environ.get("PROFILE"):
                first = " ".join(statement.split())[:90].replace("'", "")
                text.append(f"select 'at {len(took)}.{number} {first} ' || clock_timestamp();")
        begun = time.monotonic()
        out = db.run("\n".join(text))
        took.append(time.monotonic() - begun)
        if os.environ.get("PROFILE"):
            profile(out)
    return took


def profile(out):
    marks = [(line.rsplit(" ", 2)[0], line.rsplit(" ", 1)[1]) for line in out.splitlines() if line.startswith("at ")]
    seconds = [(sum(float(part) * unit for part, unit in zip(re.match(r"(\d+):(\d+):([\d.]+)", at).groups(), (3600, 60, 1))), name) for name, at in marks]
    steps = [(after[0] - before[0], after[1]) for before, after in zip(seconds, seconds[1:])]
    for took, name in sorted(steps, reverse=True)[:6]:
        print(f"    {took:7.3f} s  {name}")


def checksum(db):
    """One number over every row of curated."""
    tables = [f"curated.{table}" for table in semantics.curated()]
    return [db.run(f"select count(*), sum(hashtextextended(t::text, 0)::numeric) from {table} as t;").strip() for table in tables]


def main():
    sizes = [int(word) for word in sys.argv[1:]] or [1_000_000, 10_000_000]
    rounds = int(os.environ.get("ROUNDS", "5"))
    folder = os.environ.get("FOLDER", "/tmp")
    with tempfile.TemporaryDirectory(prefix="tributary-merge-", dir=folder) as work:
        free = shutil.disk_usage(work).free
        if free < sum(sizes) * 7000:
            sys.exit(f"{folder} has {free / 1e9:.0f} GB left, and {sum(sizes) * 7000 / 1e9:.0f} GB are needed: name another folder in FOLDER, or smaller sizes")
        server, url = semantics.own_server(work)
        try:
            admin = semantics.Server(url)
            admin.admin("alter system set shared_buffers = '4GB'; alter system set max_wal_size = '2GB'; alter system set autovacuum = off;".replace("; ", ";\n"))
            data = pathlib.Path(work, "data")
            server.terminate()
            server.wait(60)
            server, url = restart(work, data, server)
            admin = semantics.Server(url)
            databases = {}
            for size in sizes:
                begun = time.monotonic()
                db = admin.database(f"bench_{size}")
                semantics.set_up(db)
                for setting in SETTINGS:
                    admin.admin(f"alter database bench_{size} set {setting};\n")
                fill(db, size)
                databases[size] = db
                print(f"{size:>10,} conversations made in {time.monotonic() - begun:.0f} s", flush=True)
            for db in databases.values():
                warm(db)
            took = {size: [] for size in sizes}
            for turn in range(rounds + 1):  # the first one warms up
                for size, db in databases.items():
                    batch = night(db, size // NIGHT + turn)
                    found = merge(db, batch)
                    if turn:
                        took[size].append(sum(found))
                    print(f"{size:>10,}: {sum(found):6.2f} s ({', '.join(f'{each:.2f}' for each in found)}){'' if turn else ', to warm up'}", flush=True)
            medians = {size: statistics.median(found) for size, found in took.items()}
            for size, median in medians.items():
                print(f"{size:>10,}: median {median:.2f} s, {min(took[size]):.2f} to {max(took[size]):.2f}")
            first = sizes[0]
            for size in sizes[1:]:
                print(f"{size:,} against {first:,}: {medians[size] / medians[first]:.2f} times")
            db = databases[first]
            before = checksum(db)
            again = merge(db, batch_of(db))
            print(f"the last night again: {sum(again):.2f} s, checksums {'equal' if before == checksum(db) else 'DIFFER'}")
        finally:
            server.terminate()
            server.wait(60)


def warm(db):
    """Reads the directories, the facts and their indexes once, where PostgreSQL has pg_prewarm: a warehouse in use is not read from a cold disk."""
    if not int(db.run("select count(*) from pg_available_extensions where name = 'pg_prewarm';")):
        return
    db.run("create extension if not exists pg_prewarm;")
    tables = "'ops.staged_record', 'ops.conversation_reference', 'curated.fact_customer_interactions', 'curated.fact_anonymous_interactions'"
    db.run(f"""
        select pg_prewarm(oid, 'read') from pg_class where oid in (select cast(name as regclass) from unnest(array[{tables}]) as name)
            or oid in (select indexrelid from pg_index where indrelid in (select cast(name as regclass) from unnest(array[{tables}]) as name));
    """)


def batch_of(db):
    return db.run("select max(batch_id) from ops.load_log where batch_id like 'nightly%';").strip()


def restart(work, data, server):
    """The same server again, with the settings that are read at its start."""
    options = {}
    if os.geteuid() == 0:
        owner = os.stat(data)
        options = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    again = subprocess.Popen(
        [server.args[0], "-D", str(data), "-k", work, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "timezone=UTC"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=work, **options,
    )
    url = f"postgresql://tributary@/postgres?host={work}"
    ready = str(pathlib.Path(server.args[0]).with_name("pg_isready"))
    for _ in range(100):
        if subprocess.run([ready, "-q", "-d", url], check=False).returncode == 0:
            return again, url
        time.sleep(0.1)
    again.kill()
    sys.exit("PostgreSQL did not start again")


if __name__ == "__main__":
    main()
