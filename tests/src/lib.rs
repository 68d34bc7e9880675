//! Whole-system scenarios over the sandbox.
