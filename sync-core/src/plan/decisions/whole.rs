//! A list of decisions compared, shown, written and read as a whole, whatever it is packed into.

use super::Decisions;
use crate::plan::Decision;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::SeqAccess, de::Visitor, ser::SerializeSeq,
};
use std::fmt;

impl PartialEq for Decisions {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Decisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.changes()).finish()
    }
}

impl Serialize for Decisions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for decision in self.iter() {
            list.serialize_element(&decision)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Decisions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Decisions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of decisions")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Decisions, A::Error> {
                let mut decisions = Decisions::new();
                while let Some(decision) = seq.next_element::<Decision>()? {
                    decisions.push_owned(&decision);
                }
                Ok(decisions)
            }
        }
        deserializer.deserialize_seq(List)
    }
}
