//! Whole-system scenarios: both sides over real HTTP against the sandbox, planned and applied by the library. The
//! scenarios are in `tests/`; there is nothing to use here.
