"""Each rule of the SQL gate refuses what it is for, and lets the portable form pass: python3 infra/lint/test_sql_gate.py"""

import pathlib
import tempfile
import unittest

import sql_gate

HEADER = "-- x: y\n-- Grain   id\n\n"
REFUSED = {
    "truncate": "truncate staging.t;",
    "on-conflict": "insert into a.t (id) select id from a.u on conflict do nothing;",
    "returning": "delete from a.t returning id;",
    "filter-clause": "select count(*) filter (where x) from a.t;",
    "distinct-on": "select distinct on (id) id from a.t;",
    "distinct-from": "select id from a.t where x is not distinct from y;",
    "qualify": "select id from a.t qualify row_number() over (order by id) = 1;",
    "top": "select top 3 id from a.t;",
    "listagg": "select listagg(x, ',') from a.t;",
    "postgresql-aggregate": "select bool_and(x) from a.t;",
    "generate-series": "select n from generate_series(1, 3) as g (n);",
    "values-table": "select n from (values (1), (2)) as v (n);",
    "array": "select array[1, 2] from a.t;",
    "index": "create index i on a.t (id);",
    "constraint": "create table if not exists a.t (\n    id integer primary key\n);",
    "type": "create table if not exists a.t (\n    id text not null\n);",
    "identity": "create table if not exists a.t (\n    id bigint identity(1, 1)\n);",
    "cast": "select x::date from a.t;",
    "sysdate": "select sysdate from a.t;",
    "listed-function": "select nvl(x, y) from a.t;",
    "date-part": "select dateadd(day, 1, x) from a.t;",
    "schema-binding": "create or replace view m.v as select id from a.t with no schema binding;",
    "raw-unquoted": "select id from raw.t;",
    "unload-limit": "unload ('select 1') to 's3' limit 3;",
    "nulls-in-window": "select row_number() over (order by x nulls last) from a.t;",
    "for-update": "select id from a.t for update;",
    "concurrently": "create materialized view m.v as select id from a.t;",
    "merge-alias": "merge into a.t as x using a.u as y on x.id = y.id when matched then update set n = y.n when not matched then insert (id) values (y.id);",
    "merge-clauses": "merge into a.t using a.u as y on a.t.id = y.id when matched then update set n = y.n;",
    "merge-condition": "merge into a.t using a.u as y on a.t.id = y.id when matched and y.n > 1 then delete when not matched then insert (id) values (y.id);",
    "merge-source": "merge into a.t using (select id from a.t) as y on a.t.id = y.id when matched then delete when not matched then insert (id) values (y.id);",
    "statement-end": "select 1; select 2;",
    "comment-semicolon": "-- so it is;\nselect 1;",
    "parameter-in-string": "select to_char(x, 'hh24:mi') from a.t;",
    "parameter-place": "create temp table tmp_x as select id from a.t where b = :batch_id;",
}
ACCEPTED = [
    "merge into a.t using (select id, n from a.u) as y on a.t.id = y.id when matched then update set n = y.n when not matched then insert (id) values (y.id);",
    "select dateadd('day', 1, x), 'truncate; raw.t -- returning' as words from \"raw\".t where b = :batch_id; -- a remark",
    "create table if not exists a.t (\n    id varchar(64) not null, -- primary key of the source\n    payload super,\n    at timestamp default getdate()\n)\ndiststyle auto\nsortkey (id);",
]


class Gate(unittest.TestCase):
    def findings(self, sql, header=HEADER, name="x.sql"):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            path.write_text(header + sql + "\n", encoding="utf-8")
            return {finding.split(": ")[1] for finding in sql_gate.read(path)}

    def test_refused(self):
        for rule, sql in REFUSED.items():
            with self.subTest(rule):
                self.assertIn(rule, self.findings(sql))
        self.assertEqual([], sorted({rule for rule, _, _ in sql_gate.DENIED} - {"lateral"} - set(REFUSED)))

    def test_accepted(self):
        for sql in ACCEPTED:
            with self.subTest(sql):
                self.assertEqual(set(), self.findings(sql))

    def test_header(self):
        self.assertIn("header", self.findings("select 1;", header=""))
        self.assertIn("check-title", self.findings("select 1;", name="checks.sql"))
        self.assertIn("check-select", self.findings("-- fail: a: b\ndelete from a.t;", name="checks.sql"))

    def test_merge_limit(self):
        with tempfile.TemporaryDirectory() as folder:
            curated = pathlib.Path(folder, "curated")
            curated.mkdir()
            (curated / "many.sql").write_text(HEADER + "select 1;\n" * 41, encoding="utf-8")
            (curated / "lost.sql").write_text(HEADER + "select 1;\n", encoding="utf-8")
            (curated / "few.sql").write_text(HEADER + "select 1;\n" * 40, encoding="utf-8")
            (curated / "ORDER").write_text("[few]\nfew.sql\n[many]\nfew.sql\nmany.sql\n", encoding="utf-8")
            findings = sql_gate.order_findings(pathlib.Path(folder))
            self.assertEqual(["merge-statements", "order"], sorted(finding.split(": ")[1] for finding in findings))
            self.assertIn("[many] has 81 statements", str(findings))
            (curated / "ORDER").write_text("few.sql\n[one]\nmany.sql\nlost.sql\n", encoding="utf-8")
            self.assertIn("before the first [transaction]", str(sql_gate.order_findings(pathlib.Path(folder))))


if __name__ == "__main__":
    unittest.main()
