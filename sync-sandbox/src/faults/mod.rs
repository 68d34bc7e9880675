//! Faults on request.
/// Armed faults.
#[derive(Debug, Default)]
pub(crate) struct Faults;
/// One fault.
#[derive(Debug, Clone)]
pub struct Fault;
