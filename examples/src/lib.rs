//! Examples that an embedder would copy: see the folder `examples/`. Each runs offline with
//! `cargo run -p psa-sync-examples --example NAME`, prints what it shows, and fails when that does not hold.
