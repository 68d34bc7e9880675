//! Which of a user's addresses goes to the contact.

use super::Fields;
use crate::{
    model::{email_key, is_tenant_default_domain},
    snapshot::UserView,
};

impl<'a> Fields<'a> {
    /// The address that the user's contact should have: the one asked for, else the other one. Never a sign-in name that
    /// is no address (a tenant's own domain, the mangled name of a guest).
    pub(crate) fn email(&self, user: UserView<'a>) -> Option<&'a str> {
        if self.email_from_sign_in
            && let Some(name) = routable_sign_in_name(user)
        {
            return Some(name);
        }
        user.main_email()
    }

    /// The place of that address among those of the snapshot.
    pub(crate) fn email_place(&self, user: UserView<'_>) -> Option<usize> {
        let row = user.row();
        if self.email_from_sign_in
            && let Some(key) = routable_sign_in_name(user).and_then(email_key)
            && let Some(at) = user.email_keys().position(|k| k == key)
        {
            return Some(row.addresses().start + at);
        }
        row.main_address()
    }
}

/// The sign-in name, where it can be an address.
fn routable_sign_in_name(user: UserView<'_>) -> Option<&str> {
    let name = user.principal_name();
    let key = email_key(name)?;
    (!is_tenant_default_domain(&key) && !key.contains("#ext#")).then_some(name)
}

/// Whether a tenant's own `onmicrosoft.com` address would replace another one.
pub(super) fn default_domain_over_real(new: &str, old: Option<&str>) -> bool {
    let is_default = |text: &str| email_key(text).is_some_and(|key| is_tenant_default_domain(&key));
    is_default(new) && old.is_some_and(|old| !is_default(old))
}
