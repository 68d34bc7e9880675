//! What users and groups have in common as rows of a listing.

use serde_json::{Map, Value};

use super::error::Problem;

/// A directory object that can be listed, selected from and filtered.
pub(crate) trait Entity {
    /// Name of the type, such as `user`.
    const TYPE: &'static str;
    /// Name of the collection, such as `users`.
    const SET: &'static str;
    /// The largest page.
    const LARGEST_PAGE: usize = 999;

    /// The object id.
    fn id(&self) -> &str;
    /// The type of this very object, where a listing mixes types.
    fn type_name(&self) -> &'static str {
        Self::TYPE
    }
    /// Whether this very object has the property, where a listing mixes types.
    fn has(&self, _name: &str) -> bool {
        true
    }
    /// The canonical spelling of a property, or nothing if the type has none of that name.
    fn known(name: &str) -> Option<&'static str>;
    /// Every property that a collection can return.
    fn properties() -> Vec<&'static str>;
    /// The properties returned without `$select`.
    fn defaults() -> &'static [&'static str];
    /// Whether a property is served for one object only.
    fn single_only(name: &str) -> bool;
    /// Eight letters `d`, `a`, `-` for eq, ne, not, ge, le, in, startsWith, null.
    fn filters(name: &str) -> &'static str;
    /// Whether `$orderby` takes the property.
    fn sorts(name: &str, advanced: bool) -> bool;
    /// Whether `$search` takes the property.
    fn searches(name: &str) -> bool;
    /// The value of a known property.
    fn property(&self, name: &str) -> Value;
}

/// The properties to return, in the order asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) names: Vec<&'static str>,
    /// Whether the client named them.
    pub(crate) explicit: bool,
}

impl Selection {
    /// Reads `$select`. `collection` refuses what is served for one object only.
    pub(crate) fn read<E: Entity>(select: Option<&str>, collection: bool) -> Result<Self, Problem> {
        let Some(select) = select.map(str::trim).filter(|select| !select.is_empty() && *select != "*") else {
            return Ok(Self { names: E::defaults().to_vec(), explicit: false });
        };
        let mut names = Vec::new();
        for name in select.split(',').map(str::trim) {
            let Some(known) = E::known(name) else {
                let text = format!(
                    "Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
                    E::TYPE
                );
                let message = format!("Parsing OData Select and Expand failed: {text}");
                return Err(Problem::new(400, "Request_BadRequest", message));
            };
            if collection && E::single_only(known) {
                let message = "This operation target is not yet supported.";
                return Err(Problem::new(501, "NotImplemented", message));
            }
            if !names.contains(&known) {
                names.push(known);
            }
        }
        Ok(Self { names, explicit: true })
    }

    /// The object with these properties only. Graph adds `id` to nothing but delta rows.
    pub(crate) fn apply<E: Entity>(&self, entity: &E) -> Map<String, Value> {
        let names = self.names.iter().filter(|name| entity.has(name));
        names.map(|name| ((*name).to_owned(), entity.property(name))).collect()
    }

    /// The tail of `@odata.context`: `users(id,displayName)`.
    pub(crate) fn context(&self, set: &str) -> String {
        if self.explicit { format!("{set}({})", self.names.join(",")) } else { set.to_owned() }
    }
}
