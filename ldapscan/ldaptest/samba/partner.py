"""Adds to the DNS zones of the DC whose smb.conf is the first argument the records
of a partner, whose host name and address are the other two: one beside each
of the DC's own. A DC registers no loopback address itself."""

import sys

from samba.auth import system_session
from samba.dcerpc import dnsp
from samba.param import LoadParm
from samba.provision.sambadns import ARecord, SRVRecord, add_host_record
from samba.samdb import SamDB

smb_conf, host, ip = sys.argv[1:]
lp = LoadParm()
lp.load(smb_conf)
db = SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(lp), lp=lp)
own = db.host_dns_name()

own_node, own_records = db.dns_lookup(own)
own_ip = own_records[0].data
add_host_record(db, own_node.parent(), "DC=" + host.split(".")[0], ip, None)
for zones in "DomainDnsZones", "ForestDnsZones":
    nodes = db.search("DC=%s,%s" % (zones, db.domain_dn()), expression="(objectClass=dnsNode)", attrs=["dnsRecord"])
    for node in nodes:
        name = node.dn.get_rdn_value()
        if "dnsRecord" not in node or name.endswith(".pdc") or node.dn == own_node:
            continue
        records = db.dns_extract(node["dnsRecord"])
        for r in list(records):
            if r.wType == dnsp.DNS_TYPE_SRV and r.data.nameTarget == own:
                records.append(SRVRecord(host, r.data.wPort))
            elif r.wType == dnsp.DNS_TYPE_A and r.data == own_ip:
                records.append(ARecord(ip))
        db.dns_replace_by_dn(node.dn, records)
