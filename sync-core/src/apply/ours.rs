//! Writing only while the tenant is certainly ours.

use crate::store::Hold;
use futures::future::BoxFuture;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// What came of a call that was made only while the tenant was ours.
#[derive(Debug)]
pub(super) enum Called<T> {
    /// It answered.
    Answered(T),
    /// It never began.
    NotBegun,
    /// It had begun, and was given up because the tenant may be another's by now.
    GivenUp,
}

/// A call that is polled only while the lease lasts for longer than one more request may take.
///
/// A process can sleep at any await, also between two tries of one call, and wake up when the tenant is another's. So the
/// lease is looked at before each poll, not once at the beginning.
pub(super) struct WhileOurs<'a, T> {
    hold: &'a dyn Hold,
    needed: Duration,
    begun: bool,
    call: BoxFuture<'a, T>,
}

impl<'a, T> WhileOurs<'a, T> {
    pub(super) const fn new(hold: &'a dyn Hold, needed: Duration, call: BoxFuture<'a, T>) -> Self {
        Self { hold, needed, begun: false, call }
    }
}

impl<T> Future for WhileOurs<'_, T> {
    type Output = Called<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.hold.left() <= self.needed {
            return Poll::Ready(if self.begun { Called::GivenUp } else { Called::NotBegun });
        }
        self.begun = true;
        self.call.as_mut().poll(context).map(Called::Answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RunId;
    use futures::FutureExt as _;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Debug)]
    struct Lease(AtomicU64);

    impl Hold for Lease {
        fn run(&self) -> RunId {
            RunId::new(1)
        }
        fn left(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[test]
    fn a_call_does_not_begin_in_a_lease_that_is_too_short_for_it() {
        let lease = Lease(AtomicU64::new(5));
        let mut call = WhileOurs::new(&lease, Duration::from_secs(5), async { 1 }.boxed());
        assert!(matches!((&mut call).now_or_never(), Some(Called::NotBegun)));
        lease.0.store(6, Ordering::Relaxed);
        assert!(matches!((&mut call).now_or_never(), Some(Called::Answered(1))));
    }

    #[test]
    fn a_call_that_slept_through_the_lease_does_not_go_on() {
        let lease = Lease(AtomicU64::new(9));
        let pending = futures::future::pending::<u8>().boxed();
        let mut call = WhileOurs::new(&lease, Duration::from_secs(5), pending);
        assert!((&mut call).now_or_never().is_none());
        lease.0.store(0, Ordering::Relaxed);
        assert!(matches!((&mut call).now_or_never(), Some(Called::GivenUp)));
    }
}
