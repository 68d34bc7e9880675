//! Rolling windows of the published limits.
/// The windows of one sandbox.
#[derive(Debug, Default)]
pub(crate) struct Limits;
