//! Words of others in our letters: names on one line, text in lines, and nothing that moves or hides what follows.

use jiff::Timestamp;

/// More characters of a name are not shown.
const MAX_NAME: usize = 100;
/// More characters of a text are not shown.
const MAX_TEXT: usize = 4_000;

/// A name on one line. What looks like the start of an address loses it, so that no mail program makes it a link.
pub(crate) fn name(given: &str) -> String {
    let words = visible(given, false);
    let joined = words.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&joined.replace("://", " "), MAX_NAME)
}

/// A text with its lines.
pub(crate) fn text(given: &str) -> String {
    cut(visible(given, true).trim(), MAX_TEXT)
}

/// A point in time as a reader anywhere understands it.
pub(crate) fn moment(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%-d %B %Y at %H:%M UTC").to_string()
}

/// Text as HTML shows it, also within quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

fn visible(given: &str, lines: bool) -> String {
    let given = given.replace("\r\n", "\n");
    let shown = given.chars().map(|c| match c {
        '\n' if lines => '\n',
        '\u{2028}' | '\u{2029}' | '\u{85}' => ' ',
        control if control.is_control() => ' ',
        other => other,
    });
    shown.filter(|c| !is_unseen(*c)).collect()
}

/// Signs that turn the direction of what follows, or show nothing at all.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
