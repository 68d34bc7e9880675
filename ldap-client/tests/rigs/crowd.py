# Adds 1,600 people, and a group of all of them, to a domain: crowd.py CONFIGURATION
# Windows gives 1,500 values of an attribute at once, so such a group comes in pieces.
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

DOMAIN = "DC=corp,DC=example,DC=com"

settings = LoadParm()
settings.load(sys.argv[1])
db = SamDB(url=settings.get("private dir") + "/sam.ldb", session_info=system_session(), lp=settings)
db.transaction_start()
db.add({"dn": "OU=Crowd," + DOMAIN, "objectClass": "organizationalUnit"})
members = []
for number in range(1600):
    account = "crowd%04d" % number
    dn = "CN=%s,OU=Crowd,%s" % (account, DOMAIN)
    db.add({
        "dn": dn, "objectClass": "user", "sAMAccountName": account, "userPrincipalName": account + "@corp.example.com",
        "userAccountControl": "544", "givenName": "Crowd", "sn": "%04d" % number, "mail": account + "@example.com",
    })
    members.append(dn)
db.add({"dn": "CN=Big,OU=Groups," + DOMAIN, "objectClass": "group", "sAMAccountName": "Big", "member": members})
db.transaction_commit()
