# Fills a new domain with what the tests read: provision.py CONFIGURATION PASSWORD-OF-THE-READER
# The whole of it is one transaction for the schema and one for the data; entry by entry it would take minutes.
import sys
import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

DOMAIN = "DC=corp,DC=example,DC=com"
SCHEMA = "CN=Schema,CN=Configuration," + DOMAIN

settings = LoadParm()
settings.load(sys.argv[1])
place = settings.get("private dir") + "/sam.ldb"


def opened():
    return SamDB(url=place, session_info=system_session(), lp=settings)


# Attributes of Exchange under the ids that Microsoft gave them; the auxiliary class is made up.
ATTRIBUTES = [
    ("msExchHideFromAddressLists", "1.2.840.113556.1.2.73", "2.5.5.8", 1),
    ("msExchRecipientTypeDetails", "1.2.840.113556.1.4.7000.102.50688", "2.5.5.16", 65),
    ("mailNickname", "1.2.840.113556.1.2.447", "2.5.5.12", 64),
    ("extensionAttribute1", "1.2.840.113556.1.2.423", "2.5.5.12", 64),
    ("extensionAttribute2", "1.2.840.113556.1.2.424", "2.5.5.12", 64),
]

db = opened()
for name, oid, syntax, om in ATTRIBUTES:
    db.add({
        "dn": "CN=%s,%s" % (name, SCHEMA), "objectClass": "attributeSchema", "cn": name, "lDAPDisplayName": name,
        "attributeID": oid, "attributeSyntax": syntax, "oMSyntax": str(om), "isSingleValued": "TRUE",
        "searchFlags": "1",
    })
db.set_schema_update_now()
db.add({
    "dn": "CN=testMailStorage," + SCHEMA, "objectClass": "classSchema", "cn": "testMailStorage",
    "lDAPDisplayName": "testMailStorage", "governsID": "1.2.840.113556.1.5.7000.62.999",
    "objectClassCategory": "3", "subClassOf": "top", "mayContain": [a[0] for a in ATTRIBUTES],
})
db.set_schema_update_now()
change = ldb.Message(ldb.Dn(db, "CN=User," + SCHEMA))
change["auxiliaryClass"] = ldb.MessageElement("testMailStorage", ldb.FLAG_MOD_ADD, "auxiliaryClass")
db.modify(change)
db.set_schema_update_now()

db = opened()
db.transaction_start()
for unit in ["Staff", "Elsewhere", "Groups"]:
    db.add({"dn": "OU=%s,%s" % (unit, DOMAIN), "objectClass": "organizationalUnit"})


def dn(name, unit="Staff"):
    return "CN=%s,OU=%s,%s" % (name, unit, DOMAIN)


def user(account, name=None, unit="Staff", control="512", **more):
    entry = {
        "dn": dn(name or account, unit), "objectClass": "user", "sAMAccountName": account,
        "userPrincipalName": account + "@corp.example.com",
        # 544: in use, and no password needed to be made.
        "userAccountControl": "544" if control == "512" else "546",
    }
    entry.update({key: value for key, value in more.items() if value is not None})
    db.add(entry)
    return entry["dn"]


bob = user("bob", givenName="Bob", sn="Disabled", mail="bob@example.com", control="514")
alice = user(
    "alice", name="Alice Ærøskøbing", givenName="Alice", sn="Ærøskøbing", displayName="Alice Ærøskøbing 東京",
    mail="alice@example.com", title="Engineer", department="Research", company="Contoso",
    physicalDeliveryOfficeName="Room 1", telephoneNumber="+1 555 0100", mobile="+1 555 0101",
    facsimileTelephoneNumber="+1 555 0102", streetAddress="Main Street 1", l="Springfield", st="North",
    postalCode="12345", co="Denmark", c="DK", employeeID="E-1", employeeType="Staff", preferredLanguage="da",
    extensionAttribute1="blue", manager=bob,
    proxyAddresses=[
        "SMTP:alice@example.com", "smtp:a.old@example.com", "smtp:alice@contoso.onmicrosoft.com",
        "X500:/o=Contoso/cn=alice", "SIP:alice@example.com",
    ],
)
user("carol", givenName="Carol", sn="Expired", mail="carol@example.com", accountExpires="132223104000000000")
user("dave", name="Dave (Jr)*\\, Esq", givenName="Dave", sn="Brackets", mail="dave@example.com")
user("erin", givenName="Erin", sn="Proxy", proxyAddresses=["SMTP:erin@example.com"])
user("frank", givenName="Frank", sn="Consistent", mail="frank@example.com",
     **{"mS-DS-ConsistencyGuid": bytes(range(0xF0, 0x100))})
user("bob2", givenName="Bob", sn="Second", mail="bob2@example.com")
user("room1", mail="room1@example.com", control="514", msExchRecipientTypeDetails="16")
user("shared1", mail="shared1@example.com", control="514", msExchRecipientTypeDetails="34359738368")
user("equipment1", mail="equipment1@example.com", control="514", msExchRecipientTypeDetails="32")
user("health1", mail="health1@example.com", msExchRecipientTypeDetails="549755813888")
user("hidden1", mail="hidden1@example.com", msExchHideFromAddressLists="TRUE", msExchRecipientTypeDetails="1")
user("visible1", mail="visible1@example.com", msExchHideFromAddressLists="FALSE", msExchRecipientTypeDetails="1")
user("elsewhere", unit="Elsewhere", mail="elsewhere@example.com")
db.add({"dn": "CN=PC1,OU=Staff," + DOMAIN, "objectClass": "computer", "sAMAccountName": "PC1$",
        "userAccountControl": "4096"})
db.add({"dn": "CN=Partner,OU=Staff," + DOMAIN, "objectClass": "contact", "mail": "partner@example.org"})

def group(name, member):
    entry = {"dn": dn(name, "Groups"), "objectClass": "group", "sAMAccountName": name, "displayName": name + " group"}
    if member:
        entry["member"] = member
    db.add(entry)
    return entry["dn"]


inner = group("Inner", [dn("Dave (Jr)*\\, Esq")])
middle = group("Middle", [inner])
outer = group("Outer", [middle, alice])
primary = group("Primary", [bob])
group("Around", [primary])
group("Empty", [])
# A circle: the innermost group holds the outermost.
change = ldb.Message(ldb.Dn(db, inner))
change["member"] = ldb.MessageElement(outer, ldb.FLAG_MOD_ADD, "member")
db.modify(change)
db.transaction_commit()

# Bob belongs to Primary by his primary group alone: neither `member` nor `memberOf` tells.
sid = db.search(base=primary, scope=ldb.SCOPE_BASE, attrs=["primaryGroupToken"])
change = ldb.Message(ldb.Dn(db, bob))
change["primaryGroupID"] = ldb.MessageElement(str(sid[0]["primaryGroupToken"][0]), ldb.FLAG_MOD_REPLACE, "primaryGroupID")
db.modify(change)

db.newuser("svc-sync", sys.argv[2], userou="OU=Elsewhere", mailaddress="svc-sync@example.com")
gone = user("gone", mail="gone@example.com")
db.delete(gone)
