"""What a short script needs to read the same bulk job: simple-salesforce reads it, the rows are written as gzip.

Usage: peer.py URL copy|rows RECORDS ROUNDS, with the URL of a fake Salesforce and how many accounts it has:
    cargo run --release -p fakes -- --conversations 400000 --days 30      (20,000 accounts)
`copy` writes the pages as they come; `rows` parses them and writes a JSON object a row.
"""

import csv
import gzip
import io
import json
import os
import resource
import sys
import tempfile
import time

import requests
from simple_salesforce.bulk2 import SFBulk2Handler

FIELDS = (
    "Id, IsDeleted, SystemModstamp, CreatedDate, LastModifiedDate, MasterRecordId, Name, Type, Industry,"
    " Customer_Tier__c, Lifetime_Value_USD__c, Phone, OwnerId, Owner.Name, ParentId"
)
QUERY = f"SELECT {FIELDS} FROM Account WHERE SystemModstamp >= 2000-01-01T00:00:00Z"


def once(account, what, records):
    start, processor, rows = time.monotonic(), time.process_time(), 0
    path = os.path.join(tempfile.gettempdir(), f"peer-{os.getpid()}.gz")
    with gzip.open(path, "wt", compresslevel=1, newline="") as out:
        for page in account.query_all(QUERY, max_records=50_000, wait=0):
            if what == "copy":
                out.write(page)
                continue
            for row in csv.DictReader(io.StringIO(page)):
                out.write(json.dumps(row) + "\n")
                rows += 1
    took, processor, size = time.monotonic() - start, time.process_time() - processor, os.path.getsize(path)
    os.remove(path)
    if what == "rows" and rows != records:
        sys.exit(f"{rows} rows came, not {records}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"{records / took:.0f} rows/s, {processor / records * 1e6:.1f} processor seconds per million,"
        f" {size / records:.0f} bytes a row, peak {peak:.0f} MB",
        flush=True,
    )


def main():
    url, what, records, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    form = {"grant_type": "client_credentials", "client_id": "twin-client", "client_secret": "twin-secret"}
    token = requests.post(f"{url}/services/oauth2/token", data=form, timeout=10).json()["access_token"]
    account = SFBulk2Handler(token, f"{url}/services/data/v66.0/jobs/").Account
    for _ in range(rounds):
        once(account, what, records)


main()
