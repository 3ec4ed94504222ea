//! What no input may do: panic, hang, take more than its share, or come out as something else.
//!
//! Each target is a plain function of bytes that panics when a promise does not hold. `scripts/fuzz`
//! drives them with a fuzzer; the tests of this crate run them over `fuzz/corpus`, where every
//! input stays that once found something.

mod body;
mod egress;
mod filters;
mod log;
mod pixel;
mod rules;
mod segment;

pub use body::body;
pub use egress::egress;
pub use filters::filters;
pub use log::log;
pub use pixel::pixel;
pub use rules::rules;

/// The name of a target's corpus, and the target.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 6] = [
    ("body", body),
    ("egress", egress),
    ("filters", filters),
    ("log", log),
    ("pixel", pixel),
    ("rules", rules),
];

/// Runs `work` to its end on a runtime of its own.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(work)
}
