//! Properties that are read again and again into the same place.

use super::Property;
use serde::{Deserialize, Deserializer, de};
use std::{fmt, marker::PhantomData};

/// A property whose place takes one value after the other.
pub(crate) trait Refilled<'de> {
    /// Back to "not read".
    fn forget(&mut self);

    /// Whether nothing was read yet.
    fn is_absent(&self) -> bool;

    /// Reads the value.
    fn refill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>;
}

/// Reads a value into its place.
pub(crate) struct Refill<'p, P>(pub(crate) &'p mut P);

impl<'de, P: Refilled<'de>> de::DeserializeSeed<'de> for Refill<'_, P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.refill(deserializer)
    }
}

impl<'de, T: Deserialize<'de>> Refilled<'de> for Property<T> {
    fn forget(&mut self) {
        *self = Self::Absent;
    }

    fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    fn refill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        *self = Self::deserialize(deserializer)?;
        Ok(())
    }
}

/// A property that is a list, and keeps the room for its items from one object to the next.
#[derive(Debug)]
pub(crate) struct Items<T> {
    read: Property<()>,
    items: Vec<T>,
}

impl<T> Items<T> {
    /// `None` for "not read"; no items for "read and empty".
    pub(crate) fn read(&self) -> Option<&[T]> {
        self.read.read().map(|_| self.items.as_slice())
    }
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { read: Property::Absent, items: Vec::new() }
    }
}

impl<'de, T: Deserialize<'de>> Refilled<'de> for Items<T> {
    fn forget(&mut self) {
        self.read = Property::Absent;
        self.items.clear();
    }

    fn is_absent(&self) -> bool {
        matches!(self.read, Property::Absent)
    }

    fn refill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        self.read = deserializer.deserialize_option(List(&mut self.items, PhantomData))?;
        Ok(())
    }
}

struct List<'i, 'de, T>(&'i mut Vec<T>, PhantomData<&'de ()>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for List<'_, 'de, T> {
    type Value = Property<()>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_none<E: de::Error>(self) -> Result<Property<()>, E> {
        Ok(Property::Null)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Property<()>, E> {
        Ok(Property::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Property<()>, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Property<()>, A::Error> {
        while let Some(item) = list.next_element()? {
            self.0.push(item);
        }
        Ok(Property::Value(()))
    }
}
