"""Replicates two DCs from each other, every partition, and returns when both have
what either had. Arguments: an smb.conf, the credentials, and of each DC its
address and the objectGUID of its nTDSDSA object."""

import sys

from samba.auth import system_session
from samba.credentials import Credentials
from samba.drs_utils import drsException, drsuapi_connect, sendDsReplicaSync
from samba.param import LoadParm
from samba.samdb import SamDB

smb_conf, login, ip1, dsa1, ip2, dsa2 = sys.argv[1:]
lp = LoadParm()
lp.load(smb_conf)
creds = Credentials()
creds.guess(lp)
creds.parse_string(login)

db = SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(lp), lp=lp)
partitions = db.search("", scope=0, attrs=["namingContexts"])[0]["namingContexts"]
# The schema comes first, or objects of a new class could not be written.
partitions = sorted(map(str, partitions), key=lambda dn: not dn.startswith("CN=Schema,"))

for ip, source in (ip2, dsa1), (ip1, dsa2):
    drs, handle, _ = drsuapi_connect(ip, lp, creds)
    for dn in partitions:
        try:
            sendDsReplicaSync(drs, handle, source, dn, 0)
        except drsException as err:
            # The other was restarted, which is noticed only now.
            if "WERR_NETNAME_DELETED" not in str(err):
                sys.exit("%s: %s: %s" % (ip, dn, err))
            sendDsReplicaSync(drs, handle, source, dn, 0)
