# What a script with python-ldap does: paged searches and a dictionary.
import sys

import ldap
from ldap.controls import SimplePagedResultsControl

url, base, user, password = sys.argv[1:5]
connection = ldap.initialize(url)
connection.simple_bind_s(user, open(password).read())
owners = {}
page = SimplePagedResultsControl(True, size=1000, cookie="")
while True:
    request = connection.search_ext(base, ldap.SCOPE_SUBTREE, "(proxyAddresses=*)", ["proxyAddresses"], serverctrls=[page])
    _, entries, _, controls = connection.result3(request)
    for dn, attributes in entries:
        for address in attributes.get("proxyAddresses", ()):
            owners.setdefault(address.decode().lower(), []).append(dn)
    page.cookie = next(c.cookie for c in controls if c.controlType == page.controlType)
    if not page.cookie:
        break
for address, dns in owners.items():
    if len(dns) > 1:
        print(address)
