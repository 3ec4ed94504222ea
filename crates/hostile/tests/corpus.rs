//! Every input of `fuzz/corpus`, on every commit and without a fuzzer.

use std::{fs, path::Path};

#[test]
fn no_input_of_the_corpus_breaks_a_promise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in hostile::TARGETS {
        let inputs = fs::read_dir(corpus.join(name)).expect("every target has a corpus");
        let mut count = 0;
        for input in inputs {
            let path = input.expect("it can be read").path();
            println!("{}", path.display());
            target(&fs::read(path).expect("it can be read"));
            count += 1;
        }
        assert!(count >= 8, "the corpus of {name} is nearly empty");
    }
}

/// Small inputs, and each input of the corpus cut and with a byte changed: what a fuzzer does first.
#[test]
fn neither_do_inputs_near_them() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in hostile::TARGETS {
        (0..=u8::MAX).for_each(|byte| target(&[byte, byte]));
        // Opening a log costs some milliseconds.
        let steps = if name == "log" { 6 } else { 24 };
        for input in fs::read_dir(corpus.join(name)).expect("every target has a corpus") {
            let input = fs::read(input.expect("it can be read").path()).expect("it can be read");
            for step in 0..steps.min(input.len()) {
                let at = (step * 7919) % input.len().max(1);
                target(&input[..at]);
                let mut changed = input.clone();
                changed[at] = changed[at].wrapping_add((step * 37 + 1) as u8);
                target(&changed);
            }
        }
    }
}
