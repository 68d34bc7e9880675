#![doc = include_str!("../README.md")]

pub mod apply;
pub mod capability;
pub mod collect;
mod error;
mod ext;
mod hint;
mod links;
pub mod memory;
pub mod model;
pub mod notes;
pub mod pairing;
pub mod plan;
pub mod policy;
pub mod quantity;
mod read;
pub mod review;
pub mod snapshot;
pub mod store;
mod traits;

pub use error::{Error, ErrorKind, Result, Retry};
pub use ext::{AgreementsExt, DirectoryExt, PsaExt};
pub use hint::{Hint, HintChange};
pub use read::UsersRead;
pub use traits::{
    CheckItem, CheckQuery, CheckStatus, ContactQuery, Directory, DirectoryItem, Page, PageEnd, Psa, UserQuery,
};
