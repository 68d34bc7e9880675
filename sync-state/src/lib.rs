//! Links between directory users and PSA contacts, kept in files.
