//! The answer of an LDAP server, as the bytes that arrive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// The most memory a byte of an answer may take: values of no bytes are two bytes long, and each has a place of 16.
const PER_BYTE: usize = 64;
/// Room to read into, and what the runtime takes.
const ROOM: usize = 1 << 18;

/// Counts what is in use, and the most that was.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(in_use, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
}

fuzz_target!(|bytes: &[u8]| {
    RUNTIME.with(|runtime| {
        let before = IN_USE.load(Relaxed);
        MOST.store(before, Relaxed);
        runtime.block_on(ldap_client::fuzzing::read_answer(bytes));
        let most = MOST.load(Relaxed).saturating_sub(before);
        assert!(most <= PER_BYTE * bytes.len() + ROOM, "{most} bytes for an answer of {}", bytes.len());
    });
});
