//! Paths in the fields of actions: names between dots, `\` before a dot or backslash that belongs
//! to a name.

/// The keys that lead to a field, outermost first.
pub(crate) type Keys = Vec<Box<[u8]>>;

/// The keys of a path; `None` when a name in it is empty. An empty path leads to the whole.
pub(crate) fn keys(path: &str) -> Option<Keys> {
    let path = path.strip_prefix("$.").unwrap_or(path);
    let mut keys = Keys::new();
    if path.is_empty() {
        return Some(keys);
    }
    let mut key = String::new();
    let mut chars = path.chars();
    loop {
        match chars.next() {
            Some('\\') => key.push(chars.next()?),
            Some(c) if c != '.' => key.push(c),
            dot => {
                if key.is_empty() {
                    return None;
                }
                keys.push(std::mem::take(&mut key).into_bytes().into());
                if dot.is_none() {
                    return Some(keys);
                }
            }
        }
    }
}
