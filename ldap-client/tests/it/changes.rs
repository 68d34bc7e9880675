//! Reading only what changed: an incremental read ends where a whole one does, or says that it cannot.

use crate::{
    rigs::samba::Samba,
    support::{Read, asking_for, check, detail, read, since, status, try_read},
};
use ldap_client::{Changes, Config, Source};
use sync_core::{CheckStatus, ErrorKind, UserQuery, model::Attribute};

const STAFF: &str = "OU=Staff,DC=corp,DC=example,DC=com";

const GROUPS: &str = "OU=Groups,DC=corp,DC=example,DC=com";
const ELSEWHERE: &str = "OU=Elsewhere,DC=corp,DC=example,DC=com";

fn disable(domain: &Samba, name: &str) {
    domain.modify(&format!(
        "dn: CN={name},{STAFF}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 546\n"
    ));
}

fn move_away(domain: &Samba, name: &str) {
    domain.modify(&format!(
        "dn: CN={name},{STAFF}\nchangetype: modrdn\nnewrdn: CN={name}\ndeleteoldrdn: 1\nnewsuperior: {ELSEWHERE}\n"
    ));
}

/// What is done to the domain between two reads.
fn live_on(domain: &Samba) {
    disable(domain, "bob2");
    move_away(domain, "frank");
    domain.modify(&format!("dn: CN=erin,{STAFF}\nchangetype: delete\n"));
    let account = |name: &str, class: &str, control: u32| {
        format!(
            "dn: CN={name},{STAFF}\nchangetype: add\nobjectClass: {class}\nsAMAccountName: {name}\n\
             userAccountControl: {control}\nmail: {name}@example.com\n"
        )
    };
    domain.modify(&account("newcomer", "user", 544));
    domain.modify(&account("PC2$", "computer", 4096));
    domain.modify(&format!(
        "dn: CN=Alice Ærøskøbing,{STAFF}\nchangetype: modify\ndelete: title\n-\nreplace: department\ndepartment: Sales\n"
    ));
}

/// Applies an incremental read to a whole one, as the engine does.
fn applied(mut base: Read, changes: Read) -> Read {
    for anchor in changes.removed {
        base.users.remove(&anchor);
    }
    base.users.extend(changes.users);
    base.end = changes.end;
    base
}

async fn follows(config: Config, domain: &Samba, how: &str) {
    let query = UserQuery::all();
    let base = read(&config, &query).await;
    live_on(domain);
    let changes = read(&config, &since(&query, base.end.resume.clone())).await;
    assert!(changes.find("newcomer").is_some(), "{how}");
    assert_eq!(changes.named("bob2").enabled, Some(false), "{how}");
    let alice = changes.named("alice");
    assert_eq!(alice.attribute(&Attribute::Department), Some("Sales"), "{how}");
    assert_eq!(
        alice.attributes.get(&Attribute::JobTitle),
        Some(&None),
        "{how}: cleared is empty, not unread"
    );
    assert_eq!(
        alice.attribute(&Attribute::Mail),
        Some("alice@example.com"),
        "{how}: a row is a whole record"
    );
    assert_eq!(changes.removed.len(), 1, "{how}: one was deleted");
    assert_eq!(changes.users.len(), 4, "{how}: {:?}", changes.users.keys());

    let incremental = applied(base, changes);
    let whole = read(&config, &query).await;
    assert_eq!(incremental.users, whole.users, "{how}");

    let nothing = read(&config, &since(&query, incremental.end.resume)).await;
    assert!(nothing.users.is_empty() && nothing.removed.is_empty(), "{how}: {nothing:?}");
}

#[tokio::test]
async fn dir_sync_ends_where_a_whole_read_does() {
    let Some(domain) = Samba::start() else { return };
    let mut config = domain.config();
    config.changes = Changes::DirSync;
    follows(config, &domain, "DirSync").await;
}

#[tokio::test]
async fn sequence_numbers_end_where_a_whole_read_does() {
    let Some(domain) = Samba::start() else { return };
    let mut config = domain.config();
    config.changes = Changes::Usn;
    follows(config, &domain, "USN").await;
}

#[tokio::test]
async fn an_account_that_cannot_see_deletions_gets_no_token() {
    let Some(domain) = Samba::start() else { return };
    let read = read(&domain.reader(), &UserQuery::all()).await;
    assert!(read.end.resume.is_none(), "nobody's departure would be told");
    let mut off = domain.config();
    off.changes = Changes::Off;
    assert!(crate::support::read_all(&off).await.end.resume.is_none());
}

#[tokio::test]
async fn without_the_right_deletions_cannot_be_seen_and_that_is_said_and_nothing_is_concluded() {
    let Some(domain) = Samba::start() else { return };
    let mut config = domain.reader();
    config.read_deleted = true;
    let items = check(&config, &[]).await;
    assert_eq!(status(&items, "read changes"), CheckStatus::Missing);
    let said = detail(&items, "read changes");
    assert!(
        said.contains("cannot see deleted objects") && said.contains("every read is a whole one"),
        "{said}"
    );
    let base = read(&config, &UserQuery::all()).await;
    domain.modify(&format!("dn: CN=erin,{STAFF}\nchangetype: delete\n"));
    let after = read(&config, &UserQuery::all()).await;
    assert!(after.removed.is_empty(), "nobody told it that anybody was deleted: {after:?}");
    assert!(after.end.resume.is_none(), "and no later read may go on as if it would be told");
    let gone: Vec<_> = base.users.keys().filter(|anchor| !after.users.contains_key(*anchor)).collect();
    assert_eq!(gone.len(), 1, "only absent, which counts after its grace");
    for changes in [Changes::DirSync, Changes::Usn] {
        config.changes = changes;
        assert!(read(&config, &UserQuery::all()).await.end.resume.is_none(), "{changes:?}");
    }
}

#[tokio::test]
async fn the_documented_right_is_enough_for_an_ordinary_account_to_be_told_of_deletions() {
    let Some(domain) = Samba::start_granted() else { return };
    for changes in [Changes::Auto, Changes::DirSync, Changes::Usn] {
        let mut config = domain.reader();
        config.changes = changes;
        let items = check(&config, &[]).await;
        assert_eq!(status(&items, "read changes"), CheckStatus::Ok, "{items:?}");
        assert!(detail(&items, "read changes").contains("deletions included"), "{items:?}");
    }
    let mut deleted = domain.reader();
    deleted.read_deleted = true;
    let before = read(&deleted, &UserQuery::all()).await.removed.len();
    follows(domain.reader(), &domain, "as an ordinary account").await;
    assert_eq!(read(&deleted, &UserQuery::all()).await.removed.len(), before + 1);
}

#[tokio::test]
async fn an_account_that_expires_meanwhile_is_a_change_although_nothing_was_written() {
    let Some(domain) = Samba::start() else { return };
    let config = domain.config();
    let query = UserQuery::all();
    // Two seconds from now, as Windows counts.
    let soon = (std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
        + 2
        + 11_644_473_600)
        * 10_000_000;
    domain.modify(&format!("dn: CN=bob,{STAFF}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 544\n-\nreplace: accountExpires\naccountExpires: {soon}\n"));
    let base = read(&config, &query).await;
    // The one thing to wait for is the domain controller's own clock.
    while server_time(&domain) < soon {
        tokio::task::yield_now().await;
    }
    let changes = read(&config, &since(&query, base.end.resume)).await;
    assert_eq!(changes.named("bob").enabled, Some(false));
}

fn server_time(domain: &Samba) -> u64 {
    let _ = domain.search(&["-s", "base", "cn"]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    (now + 11_644_473_600) * 10_000_000
}

async fn expired(config: &Config, query: &UserQuery, token: Option<sync_core::model::DeltaToken>, why: &str) {
    let directory = config.clone().connect().unwrap();
    let broken = try_read(&directory, &since(query, token)).await.unwrap_err();
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::DeltaExpired, 0), "{}", broken.error);
    assert!(broken.error.message().contains(why), "{}", broken.error);
}

#[tokio::test]
async fn a_change_in_who_belongs_to_a_group_asked_for_means_a_whole_read() {
    let Some(domain) = Samba::start() else { return };
    let config = domain.config();
    let outer = "CN=Outer,OU=Groups,DC=corp,DC=example,DC=com";
    let query = asking_for(&[outer], &[]);
    let base = read(&config, &query).await;
    let members = |group: &str, how: &str, member: &str| {
        domain.modify(&format!(
            "dn: CN={group},{GROUPS}\nchangetype: modify\n{how}: member\nmember: {member}\n"
        ));
    };
    members("Empty", "add", &format!("CN=carol,{STAFF}"));
    let changes = read(&config, &since(&query, base.end.resume)).await;
    assert!(changes.users.is_empty(), "a group that nobody asked for: {changes:?}");
    disable(&domain, "Alice Ærøskøbing");
    let changes = read(&config, &since(&query, changes.end.resume)).await;
    let alice = changes.named("alice");
    assert!(alice.groups.as_ref().unwrap().contains(outer), "a changed user keeps its groups");
    // Taken out of a group two levels down: neither the group asked for nor the user changes.
    members("Inner", "delete", &format!("CN=Dave (Jr)*\\, Esq,{STAFF}"));
    expired(&config, &query, changes.end.resume, "group").await;
}

#[tokio::test]
async fn a_token_of_another_question_another_base_or_another_life_is_expired() {
    let Some(mut domain) = Samba::start() else { return };
    let config = domain.config();
    let query = UserQuery::all();
    let token = read(&config, &query).await.end.resume;
    expired(&config, &asking_for(&[], &["extensionAttribute1"]), token.clone(), "something else").await;
    let mut elsewhere = config.clone();
    elsewhere.base_dn = Some(STAFF.into());
    expired(&elsewhere, &query, token.clone(), "something else").await;
    let mut off = config.clone();
    off.changes = Changes::Off;
    expired(&off, &query, token.clone(), "off").await;
    expired(&domain.reader(), &query, token.clone(), "Deleted Objects").await;
    expired(&config, &query, Some(sync_core::model::DeltaToken::new("rubbish")), "adapter").await;

    // A domain controller that was restored begins a new life.
    let restored = token.as_ref().unwrap().expose().replace("\"invocation\":\"", "\"invocation\":\"0");
    expired(&config, &query, Some(sync_core::model::DeltaToken::new(restored)), "restored").await;
    let other = token.as_ref().unwrap().expose().replace("\"host\":\"dc1", "\"host\":\"dc2");
    expired(&config, &query, Some(sync_core::model::DeltaToken::new(other)), "another domain controller")
        .await;
    domain.restart();
    let again = read(&config, &since(&query, token)).await;
    assert!(again.users.is_empty(), "a restart alone is no new life");
}

#[tokio::test]
async fn numbers_that_went_back_and_cookies_that_are_none_are_expired() {
    let Some(domain) = Samba::start() else { return };
    let query = UserQuery::all();
    for (changes, from, to, why) in [
        (Changes::Usn, "\"usn\":", "\"usn\":99", "fewer changes"),
        (Changes::DirSync, "\"dir_sync\":\"", "\"dir_sync\":\"AAAA", "does not take it"),
    ] {
        let mut config = domain.config();
        config.changes = changes;
        let token = read(&config, &query).await.end.resume.unwrap();
        let forged = token.expose().replace(from, to);
        expired(&config, &query, Some(sync_core::model::DeltaToken::new(forged)), why).await;
    }
}

#[tokio::test]
async fn who_leaves_the_base_or_the_address_list_is_found_by_a_whole_read() {
    let Some(domain) = Samba::start() else { return };
    let query = UserQuery::all();
    let mut based = domain.config();
    based.base_dn = Some(STAFF.into());
    let mut listed = domain.config();
    listed.source = Source::AddressList;
    let of_base = read(&based, &query).await.end.resume;
    let of_list = read(&listed, &query).await.end.resume;

    // A change elsewhere that is no move does not matter.
    domain.modify("dn: CN=elsewhere,OU=Elsewhere,DC=corp,DC=example,DC=com\nchangetype: modify\nreplace: title\ntitle: x\n");
    let changes = read(&based, &since(&query, of_base)).await;
    assert!(changes.users.is_empty(), "{changes:?}");

    move_away(&domain, "frank");
    expired(&based, &query, changes.end.resume, "base_dn").await;
    domain.modify(&format!(
        "dn: CN=visible1,{STAFF}\nchangetype: modify\nreplace: msExchHideFromAddressLists\nmsExchHideFromAddressLists: TRUE\n"
    ));
    expired(&listed, &query, of_list, "address list").await;
}
