//! Keeps PSA contacts in step with directories: the psa-sync command line.
