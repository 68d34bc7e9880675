//! The form of entities: their paths, what may be done where, and what their fields hold.

mod entities;

pub(crate) use entities::{
    COMPANIES, CONTACT_WEBHOOK_EXCLUDED, CONTACT_WEBHOOK_FIELDS, CONTACT_WEBHOOKS, CONTACTS,
    CONTRACT_SERVICE_ADJUSTMENTS, CONTRACT_SERVICE_UNITS, CONTRACT_SERVICES, CONTRACTS, ENTITIES,
    TERRITORIES, named,
};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number.
    Int,
    /// `true` or `false`; 1 and 0 are not taken.
    Bool,
    /// Text.
    Text,
    /// A number with decimals.
    Decimal,
    /// A moment, `2026-01-06T10:30:00.123Z`.
    Date,
}

impl Kind {
    /// The name in field information.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Int => "integer",
            Self::Bool => "boolean",
            Self::Text => "string",
            Self::Decimal => "double",
            Self::Date => "datetime",
        }
    }
}

/// One field of an entity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The longest text; 0 without a limit.
    pub(crate) length: usize,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    pub(crate) queryable: bool,
    /// The entity it refers to.
    pub(crate) reference: Option<&'static str>,
    /// Values and labels it is restricted to.
    pub(crate) picklist: &'static [(&'static str, &'static str)],
    /// Shown in a create's answer or a read never.
    pub(crate) write_only: bool,
}

impl Field {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            length: 0,
            required: false,
            read_only: false,
            queryable: true,
            reference: None,
            picklist: &[],
            write_only: false,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    const fn not_queryable(mut self) -> Self {
        self.queryable = false;
        self
    }

    const fn to(mut self, entity: &'static str) -> Self {
        self.reference = Some(entity);
        self
    }

    const fn one_of(mut self, values: &'static [(&'static str, &'static str)]) -> Self {
        self.picklist = values;
        self
    }

    const fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }
}

const fn int(name: &'static str) -> Field {
    Field::new(name, Kind::Int)
}

const fn flag(name: &'static str) -> Field {
    Field::new(name, Kind::Bool)
}

const fn text(name: &'static str, length: usize) -> Field {
    Field { length, ..Field::new(name, Kind::Text) }
}

const fn date(name: &'static str) -> Field {
    Field::new(name, Kind::Date)
}

const fn decimal(name: &'static str) -> Field {
    Field::new(name, Kind::Decimal)
}

/// Where records of an entity are written below those of another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    /// Path of the parent, in lower case.
    pub(crate) parent: &'static str,
    /// Path below the parent's id, in lower case.
    pub(crate) path: &'static str,
    /// The field that holds the parent's id.
    pub(crate) field: &'static str,
}

/// What may be done with the records of an entity.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "one per verb, as the vendor's own document has it")]
pub(crate) struct Can {
    pub(crate) query: bool,
    pub(crate) create: bool,
    pub(crate) update: bool,
    pub(crate) delete: bool,
}

/// One entity.
#[derive(Debug)]
pub(crate) struct Entity {
    /// The name of one record, as texts use it.
    pub(crate) name: &'static str,
    /// The path, in lower case.
    pub(crate) path: &'static str,
    /// The path as the vendor writes it.
    pub(crate) shown: &'static str,
    /// What the root path takes.
    pub(crate) root: Can,
    /// What the path below a parent takes.
    pub(crate) child: Option<(Child, Can)>,
    pub(crate) has_udfs: bool,
    pub(crate) fields: &'static [Field],
}

impl Entity {
    /// The field of that name, in any case.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

const READ: Can = Can { query: true, create: false, update: false, delete: false };
const WRITE: Can = Can { query: true, create: true, update: true, delete: false };
const ALL: Can = Can { query: true, create: true, update: true, delete: true };
const MAKE: Can = Can { query: true, create: true, update: false, delete: true };
const SEND: Can = Can { query: false, create: true, update: false, delete: false };
const NO_DELETE: Can = Can { query: false, create: true, update: true, delete: false };
const BELOW: Can = Can { query: false, create: true, update: true, delete: true };

const fn under(
    parent: &'static str,
    path: &'static str,
    field: &'static str,
    can: Can,
) -> Option<(Child, Can)> {
    Some((Child { parent, path, field }, can))
}
