# Gives the account of the tests what the documentation tells an administrator to give it: List Contents and Read
# Property on the container Deleted Objects, and nothing else. grant.py CONFIGURATION
import sys
import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

CONTAINER = "CN=Deleted Objects,DC=corp,DC=example,DC=com"
HIDDEN = ["show_deleted:1", "sd_flags:1:4"]

settings = LoadParm()
settings.load(sys.argv[1])
db = SamDB(url=settings.get("private dir") + "/sam.ldb", session_info=system_session(), lp=settings)
domain = security.dom_sid(db.get_domain_sid())
found = db.search("DC=corp,DC=example,DC=com", expression="(sAMAccountName=svc-sync)", attrs=["objectSid"])
account = ndr_unpack(security.dom_sid, found[0]["objectSid"][0])
held = db.search(CONTAINER, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=HIDDEN)
text = ndr_unpack(security.descriptor, held[0]["nTSecurityDescriptor"][0]).as_sddl(domain)
head, rest = text.split("(", 1)
changed = security.descriptor.from_sddl("%s(A;;LCRP;;;%s)(%s" % (head, account, rest), domain)
message = ldb.Message()
message.dn = ldb.Dn(db, CONTAINER)
message["nTSecurityDescriptor"] = ldb.MessageElement(ndr_pack(changed), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
db.modify(message, HIDDEN)
