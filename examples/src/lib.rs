//! Examples that an embedder would copy.
