//! The suite over the memory adapters, and over adapters that are broken on purpose.

mod agreements;
mod broken_directory;
mod broken_psa;
mod company_notes;
mod memory_directory;
mod memory_psa;
