"""Changes who may do what with an object of the DC whose smb.conf is the first argument. The
second argument is the DN, and the third is SDDL: access control entries to be added behind
those that are there, or a whole access control list in their place."""

import sys

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

smb_conf, dn, sddl = sys.argv[1:]
lp = LoadParm()
lp.load(smb_conf)
db = SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(lp), lp=lp)
controls = ["show_deleted:1", "sd_flags:1:4"]  # DACL_SECURITY_INFORMATION
found = db.search(dn, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=controls)
sid = security.dom_sid(db.get_domain_sid())
if not sddl.startswith("D:"):
    held = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0])
    sddl = held.as_sddl(sid) + sddl
change = ldb.Message(found[0].dn)
descriptor = ndr_pack(security.descriptor.from_sddl(sddl, sid))
change["sd"] = ldb.MessageElement(descriptor, ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
db.modify(change, controls)
