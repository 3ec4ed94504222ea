//! A message that conforms costs no memory.

#![expect(unsafe_code, reason = "an allocator that counts is unsafe by its trait")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use spec::rules::{Partner, Sets, events, findings};

struct Counting;

thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

// Safety: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.with(|taken| taken.set(taken.get() + 1));
        // Safety: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // Safety: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_message_that_conforms_takes_none() {
    let sets = Sets { partner: Some(Partner { slug: "mailroom" }) };
    let mut messages = Vec::new();
    for event in events::all().filter(|e| e.superseded_by.is_none() && !e.by_platform) {
        let mut message = event.example();
        message["context"]["integration"] =
            serde_json::json!({"name": "mailroom", "version": "1.0.0"});
        message["timestamp"] = "2026-11-02T12:20:45.000Z".into();
        messages.push(message.to_string());
    }
    messages.push(
        r#"{"type":"identify","userId":"u1","traits":{"firstName":"Jane","age":31,"pet":{"name":"Rex"}},"context":{"ip":"203.0.113.7","integration":{"name":"mailroom","version":"1.0.0"}}}"#
            .to_owned(),
    );
    messages.push(
        r#"{"type":"track","userId":"u1","event":"Survey Sent","properties":{"survey_id":"s1"},"context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#
            .to_owned(),
    );
    // The first calls read the facts, and take paper for the notes of the largest message.
    for message in &messages {
        findings(message.as_bytes(), &sets);
    }
    for message in &messages {
        let before = TAKEN.with(Cell::get);
        let found = findings(message.as_bytes(), &sets);
        let after = TAKEN.with(Cell::get);
        assert_eq!((found.len(), after - before), (0, 0), "{message}");
    }
}
