//! Adapters that keep everything in memory: for tests, for trying things out, and as the shortest complete example of
//! each trait. Their capabilities can be set, and what is not supported is refused, never dropped.

mod agreements;
mod company_notes;
mod directory;
mod psa;
mod store;

pub use agreements::MemoryAgreements;
pub use company_notes::MemoryCompanyNotes;
pub use directory::MemoryDirectory;
pub use psa::MemoryPsa;
pub use store::MemoryStore;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks although a thread panicked while it held the lock: the data are whole after every statement here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
