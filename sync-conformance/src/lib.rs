//! A conformance suite for implementors of the Directory and Psa traits of sync-core.
