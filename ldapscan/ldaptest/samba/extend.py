"""Applies the LDIF changes of the schema on standard input to the database of the
DC whose smb.conf is the first argument."""

import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

lp = LoadParm()
lp.load(sys.argv[1])
lp.set("dsdb:schema update allowed", "yes")
db = SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(lp), lp=lp)

# Outside a transaction, each change costs a tenth of a second.
db.transaction_start()
for kind, record in db.parse_ldif(sys.stdin.read()):
    if str(record.dn) == "":  # schemaUpdateNow: what follows needs what went before
        db.transaction_commit()
        db.modify(record)
        db.transaction_start()
    elif kind == ldb.CHANGETYPE_MODIFY:
        db.modify(record)
    else:
        db.add(record)
db.transaction_commit()
