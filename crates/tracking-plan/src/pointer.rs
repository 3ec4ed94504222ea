//! JSON pointers (RFC 6901), and the dotted names that the field shows to people.

/// Appends one step to a pointer.
pub(crate) fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    for c in step.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// `pointer` and one step more.
pub(crate) fn join(pointer: &str, step: &str) -> String {
    let mut out = pointer.to_owned();
    push(&mut out, step);
    out
}

/// The steps of a pointer.
pub(crate) fn steps(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
}

/// As people read it: `properties.products.0.sku`; `(root)` for the whole.
pub fn dotted(pointer: &str) -> String {
    if pointer.is_empty() {
        return "(root)".to_owned();
    }
    steps(pointer).collect::<Vec<_>>().join(".")
}
