//! Directory to PSA contact sync.
