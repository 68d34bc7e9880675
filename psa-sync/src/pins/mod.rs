//! Support PINs: numbers by which people prove on the telephone who they are.
//!
//! A PIN is made when it is written to the PSA and is kept nowhere else. What is kept is a keyed digest, by which it is
//! recognised; the key lies in a file of its own, so neither the database nor the key alone gives a PIN away.

mod key;
mod make;
mod record;
mod veil;
mod verify;
mod writer;

pub(crate) use key::PinKey;
pub(crate) use record::{FilePins, due};
pub(crate) use veil::veil;
pub(crate) use verify::{Verdict, verify};
pub(crate) use writer::{PinWriter, writes_pins};
