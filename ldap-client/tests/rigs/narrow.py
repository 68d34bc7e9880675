# Hides one attribute of one person, userAccountControl of alice, from every account of the domain. narrow.py CONFIGURATION
import sys
import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

ACCOUNT_CONTROL = "bf967a68-0de6-11d0-a285-00aa003049e2"

settings = LoadParm()
settings.load(sys.argv[1])
db = SamDB(url=settings.get("private dir") + "/sam.ldb", session_info=system_session(), lp=settings)
domain = security.dom_sid(db.get_domain_sid())
found = db.search("DC=corp,DC=example,DC=com", expression="(sAMAccountName=alice)", attrs=["nTSecurityDescriptor"])
text = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0]).as_sddl(domain)
head, rest = text.split("(", 1)
changed = security.descriptor.from_sddl("%s(OD;;RP;%s;;AU)(%s" % (head, ACCOUNT_CONTROL, rest), domain)
message = ldb.Message()
message.dn = found[0].dn
message["nTSecurityDescriptor"] = ldb.MessageElement(ndr_pack(changed), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
db.modify(message, ["sd_flags:1:4"])
