"""Adds the LDIF records on standard input to the database of the DC whose
smb.conf is the first argument, in transactions of 20,000."""

import re
import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

lp = LoadParm()
lp.load(sys.argv[1])
# Without batch_mode and a cache for the index, adds slow down as they get more.
db = SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(lp), lp=lp,
           options=["batch_mode:1", "transaction_index_cache_size:2000000"])

# ldb knows neither the version line of RFC 2849 nor a comment after the last record.
ldif = open(0, encoding="utf-8").read()
ldif = re.sub(r"^#.*\n(?: .*\n)*", "", ldif, flags=re.MULTILINE)
ldif = re.sub(r"\A\s*version:.*\n", "", ldif).strip("\n")

added = 0
db.transaction_start()
for _, record in db.parse_ldif(ldif):
    try:
        db.add(record)
    except Exception as err:
        sys.exit("%s: %s" % (record.dn, err))
    added += 1
    if added % 20000 == 0:
        db.transaction_commit()
        db.transaction_start()
db.transaction_commit()
