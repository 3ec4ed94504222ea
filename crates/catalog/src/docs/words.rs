//! Reading Markdown just well enough: which names it holds, and whom it speaks as.

/// Whether `text` holds `name` as words of its own, escaped or not.
pub(super) fn names(text: &str, name: &str) -> bool {
    !name.is_empty() && (holds(text, name) || holds(&unescaped(text), name))
}

/// The first word in the first person, outside code.
pub(super) fn first_person(text: &str) -> Option<String> {
    let prose = without_code(text);
    let mut words = prose.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’'));
    words.find(|word| speaks(word)).map(str::to_owned)
}

/// Whether a line is a heading of level one or two.
pub(super) fn has_heading(text: &str) -> bool {
    let prose = without_code(text);
    prose.lines().any(|line| line.starts_with("# ") || line.starts_with("## "))
}

/// Whether it shows a picture.
pub(super) fn has_picture(text: &str) -> bool {
    without_code(text).contains("![")
}

fn speaks(word: &str) -> bool {
    // "US" is a region and "us" is not; "I" is a person and "i" may be an index
    let stem = word.split(['\'', '’']).next().unwrap_or_default();
    matches!(stem, "I" | "us")
        || ["we", "our", "ours", "my", "me", "mine"].contains(&stem.to_lowercase().as_str())
}

fn holds(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(start, found)| {
        let before = text[..start].chars().rev();
        let after = text[start + found.len()..].chars();
        (!name.starts_with(char::is_alphanumeric) || ends(before))
            && (!name.ends_with(char::is_alphanumeric) || ends(after))
    })
}

/// Whether a word ends before `beside`. Underscores belong to a word between letters
/// (`email_id`), and not around it (`_email_`).
fn ends(mut beside: impl Iterator<Item = char>) -> bool {
    let next = beside.find(|c| *c != '_');
    next.is_none_or(|c| !c.is_alphanumeric())
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => {
                plain.extend(chars.next());
            }
            _ => plain.push(c),
        }
    }
    plain
}

/// The text with fenced blocks and code spans left out.
fn without_code(text: &str) -> String {
    let mut prose = String::with_capacity(text.len());
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        } else if !fenced {
            for (index, part) in line.split('`').enumerate() {
                prose.push_str(if index % 2 == 0 { part } else { " " });
            }
            prose.push('\n');
        }
    }
    prose
}

/// `text` as Markdown that reads the same.
pub(super) fn escaped(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>|#!~&".contains(c) {
            markdown.push('\\');
        }
        markdown.push(c);
    }
    markdown
}

/// A name as a code span where that can be written, else as text.
pub(super) fn code(name: &str) -> String {
    if name.contains(['`', '|', '\\']) || name.trim() != name {
        escaped(name)
    } else {
        format!("`{name}`")
    }
}
