//! What sources, events and properties are called in the warehouse.
//!
//! Pure. Two names that differ only in what is lost here share a table or a column.
//!
//! Source: Segment, "Warehouse Schemas": names become snake_case as its public go-snakecase
//! package writes it.

use xxhash_rust::xxh3::xxh3_64;

/// Postgres cuts longer names.
const NAME_BYTES_MAX: usize = 63;
/// What tables are called that hold no single event.
pub const STANDARD_TABLES: [&str; 9] = [
    "accounts",
    "aliases",
    "groups",
    "identifies",
    "pages",
    "screens",
    "tracks",
    "users",
    "violations",
];
/// What the names of tables begin with that hold no messages.
pub const BOOKS: &str = "_headwater_";
/// Every table has columns of these names already.
const SYSTEM_COLUMNS: [&str; 7] = ["cmax", "cmin", "ctid", "oid", "tableoid", "xmax", "xmin"];

/// `text` in snake case: `OrderCompleted`, `order-completed` and `Order Completed` are
/// `order_completed`. Letters and digits of ASCII only; whatever else there is parts words.
///
/// A leading stretch that is in snake case already stands as it is.
pub fn snake(text: &str) -> String {
    let bytes = text.as_bytes();
    let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let large = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let kept = (0..bytes.len()).find(|&at| {
        let before_small = bytes.get(at + 1).is_some_and(|next| small(*next));
        !(small(bytes[at]) || (bytes[at] == b'_' && before_small))
    });
    let Some(mut at) = kept else { return text.to_owned() };
    // a digit belongs to the capitals behind it
    if at > 0 && bytes[at - 1].is_ascii_digit() {
        at -= 1;
    }
    let mut out = text[..at].to_owned();
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        if !out.is_empty() {
            out.push('_');
        }
        let capitals = bytes[at..].iter().take_while(|byte| large(**byte)).count();
        let rest = bytes[at + capitals..].iter().take_while(|byte| small(**byte)).count();
        let word = &text[at..at + capitals + rest];
        out.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        at += word.len();
    }
    out
}

/// The part of a name that one key is. A key of which nothing would be left is `x_` and its hash.
pub fn word(key: &str) -> String {
    let word = snake(key);
    if word.is_empty() { format!("x_{}", hash(key)) } else { word }
}

/// The column of a property that is reached by `keys`, outermost first.
pub fn column(prefix: &str, keys: &[&str]) -> String {
    let mut name = prefix.to_owned();
    for key in keys {
        if !name.is_empty() {
            name.push('_');
        }
        name += &word(key);
    }
    let name = fitting(name);
    if SYSTEM_COLUMNS.contains(&name.as_str()) { format!("_{name}") } else { name }
}

/// The table of an event. One that is called like a table of ours gets out of its way.
pub fn table(event: &str) -> String {
    let name = fitting(word(event));
    let ours = STANDARD_TABLES.contains(&name.as_str()) || name.starts_with(BOOKS);
    if ours { format!("_{name}") } else { name }
}

/// The schema of a source. Postgres keeps some names to itself.
pub fn schema(prefix: &str, slug: &str) -> String {
    let name = fitting(format!("{prefix}{}", word(slug)));
    let taken = name.starts_with("pg_") || name == "information_schema" || name == "public";
    if taken { format!("_{name}") } else { name }
}

/// The schema of a source whose name another source's schema bears already.
pub fn schema_apart(schema: &str, source: &str) -> String {
    fitting(format!("{schema}_{}", hash(source)))
}

/// `name` as it stands in SQL.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Within Postgres' bounds, and no digit first.
fn fitting(mut name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    // one byte is left for an underscore in front
    if name.len() >= NAME_BYTES_MAX {
        let hash = hash(&name);
        name.truncate(NAME_BYTES_MAX - hash.len() - 2);
        name.push('_');
        name += &hash;
    }
    name
}

fn hash(text: &str) -> String {
    format!("{:08x}", xxh3_64(text.as_bytes()) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of the public package, and more.
    #[test]
    fn names_become_snake_case() {
        for (text, expect) in [
            ("sample text", "sample_text"),
            ("sample-text", "sample_text"),
            ("sample_text", "sample_text"),
            ("sample___text", "sample_text"),
            ("sampleText", "sample_text"),
            ("inviteYourCustomersAddInvites", "invite_your_customers_add_invites"),
            ("sample 2 Text", "sample_2_text"),
            ("   sample   2    Text   ", "sample_2_text"),
            ("   $#$sample   2    Text   ", "sample_2_text"),
            ("SAMPLE 2 TEXT", "sample_2_text"),
            ("___$$Base64Encode", "base64_encode"),
            ("FOO:BAR$BAZ", "foo_bar_baz"),
            ("FOO#BAR#BAZ", "foo_bar_baz"),
            ("something.com", "something_com"),
            ("$something%", "something"),
            ("•¶§ƒ˚foo˙∆˚¬", "foo"),
            ("Order Completed", "order_completed"),
            ("userID", "user_id"),
            ("HTTPServer", "httpserver"),
            ("sample2Text", "sample_2text"),
            ("größe", "gr_e"),
            ("", ""),
            ("🎉", ""),
        ] {
            assert_eq!(snake(text), expect, "{text:?}");
        }
    }

    #[test]
    fn hostile_names_become_names() {
        for (name, expect) in [
            (column("", &["select"]), "select"),
            (column("", &["xmin"]), "_xmin"),
            (column("", &["2fa"]), "_2fa"),
            (column("context", &["app", "buildNumber"]), "context_app_build_number"),
            (column("", &["🎉"]), "x_169fa5db"),
            (column("", &[""]), "x_38d394c2"),
            (column("", &["a\"; drop table users; --"]), "a_drop_table_users"),
            (table("Users"), "_users"),
            (table("tracks"), "_tracks"),
            (table("_headwater_loads"), "__headwater_loads"),
            (table("User"), "user"),
            (schema("", "my-shop"), "my_shop"),
            (schema("", "pg-catalog"), "_pg_catalog"),
            (schema("prod_", "public"), "prod_public"),
            (schema("", "public"), "_public"),
        ] {
            assert_eq!(name, expect);
        }
        let (long, other) = ("long".repeat(40), "long".repeat(41));
        assert!(column("", &[&long]).len() < NAME_BYTES_MAX);
        assert_ne!(column("", &[&long]), column("", &[&other]));
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
