//! Names for people, and slugs: names for addresses and for `context.integration.name`. An
//! integration's slug never changes once it is made.

use crate::{problem::Problem, text::check_line};

/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 60;

/// The shortest slug of an integration or a workspace.
pub const SLUG_CHARS_MIN: usize = 2;
/// The longest slug.
pub const SLUG_CHARS_MAX: usize = 64;

/// What an integration cannot be called: words of our own addresses, and names that would pass
/// for ours.
const RESERVED: [&str; 34] = [
    "admin",
    "all",
    "api",
    "app",
    "apply",
    "catalog",
    "categories",
    "category",
    "create",
    "debugger",
    "delete",
    "destination",
    "destinations",
    "dev-portal",
    "docs",
    "edit",
    "goto-my-workspace",
    "headwater",
    "help",
    "integration",
    "integrations",
    "new",
    "new-and-noteworthy",
    "overview",
    "partners",
    "requests",
    "review",
    "search",
    "segment",
    "settings",
    "source",
    "sources",
    "support",
    "test",
];

/// What a workspace cannot be called: the word that stands for "whichever is theirs". Its pages
/// stand under `/w/`, where they are in nobody's way.
const RESERVED_FOR_WORKSPACES: [&str; 1] = ["goto-my-workspace"];

/// What a source cannot be called: words that stand in its place in an address.
const RESERVED_FOR_SOURCES: [&str; 4] = ["catalog", "new", "setup", "sources"];

/// Whether an integration, a workspace, a source or a team may have this name.
pub fn check_name(name: &str) -> Result<(), Problem> {
    let refuse = |code, message: &str, fix| {
        let expected = format!("1 to {NAME_CHARS_MAX} characters, without blanks around them");
        Err(Problem::new(code, "/name", message, expected, fix))
    };
    if name.trim().is_empty() {
        return refuse("name_empty", "the name is empty", "give one that people know");
    }
    if name.trim() != name {
        return refuse("blank_at_end", "the name has a blank at an end", "leave it out");
    }
    check_line(name, NAME_CHARS_MAX, "/name").map_or(Ok(()), Err)
}

/// Whether an integration may have this slug. Uniqueness is the store's to say.
pub fn check_slug(slug: &str) -> Result<(), Problem> {
    check_form(slug, SLUG_CHARS_MIN, true)?;
    check_reserved(slug, &RESERVED)
}

/// Whether a workspace may have this slug.
pub fn check_workspace_slug(slug: &str) -> Result<(), Problem> {
    check_form(slug, SLUG_CHARS_MIN, true)?;
    check_reserved(slug, &RESERVED_FOR_WORKSPACES)
}

/// Whether a source may have this slug within its workspace. It may start with a digit and be a
/// single letter: nothing but its own workspace reads it.
pub fn check_source_slug(slug: &str) -> Result<(), Problem> {
    check_form(slug, 1, false)?;
    check_reserved(slug, &RESERVED_FOR_SOURCES)
}

/// A slug made from a name, which [`check_slug`] takes.
pub fn suggest_slug(name: &str) -> String {
    suggest(name, "source", check_slug)
}

/// A slug made from a name, which [`check_workspace_slug`] takes.
pub fn suggest_workspace_slug(name: &str) -> String {
    suggest(name, "workspace", check_workspace_slug)
}

/// A slug made from a name, which [`check_source_slug`] takes.
pub fn suggest_source_slug(name: &str) -> String {
    suggest(name, "source", check_source_slug)
}

/// At most `count` slugs near `slug` that are not `taken`: with a word behind, then with numbers.
pub fn free_slugs(slug: &str, count: usize, taken: impl Fn(&str) -> bool) -> Vec<String> {
    let base = suggest_slug(slug);
    let words = ["source", "events", "app"].into_iter().map(str::to_owned);
    let numbers = (2..1000).map(|number| number.to_string());
    let ideas = words.chain(numbers).map(|end| with_end(&base, &end));
    ideas.filter(|idea| check_slug(idea).is_ok() && !taken(idea)).take(count).collect()
}

/// `slug`, `slug-2`, `slug-3` …, none longer than a slug may be.
pub fn numbered(slug: String) -> impl Iterator<Item = String> {
    std::iter::once(slug.clone()).chain((2_u32..).map(move |number| {
        let end = format!("-{number}");
        let room = SLUG_CHARS_MAX - end.len();
        let start = slug[..slug.len().min(room)].trim_end_matches('-');
        format!("{start}{end}")
    }))
}

fn check_form(slug: &str, shortest: usize, letter_first: bool) -> Result<(), Problem> {
    let refuse = |code, message: String, fix: String| {
        let start = if letter_first { "starting with a letter" } else { "no hyphen at an end" };
        let expected = format!(
            "{shortest} to {SLUG_CHARS_MAX} lower-case letters, digits and single hyphens, {start}"
        );
        Err(Problem::new(code, "/slug", message, expected, fix))
    };
    let chars = slug.chars().count();
    if slug.is_empty() {
        return refuse("slug_empty", "the slug is empty".into(), "give one".into());
    }
    if !(shortest..=SLUG_CHARS_MAX).contains(&chars) {
        let fix = if chars < shortest { "make it longer" } else { "shorten it" };
        return refuse("slug_length", format!("the slug has {chars} characters"), fix.into());
    }
    let idea = bare(slug);
    let instead = || match idea.as_str() {
        "" => "use lower-case letters, digits and hyphens".to_owned(),
        idea if letter_first && idea.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("put a letter first, as in \"my-{idea}\"")
        }
        idea => format!("use {idea:?}, for example"),
    };
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if let Some(bad) = slug.chars().find(|c| !good(*c)) {
        return refuse("slug_format", format!("{bad:?} cannot stand in {slug:?}"), instead());
    }
    if slug.starts_with('-') || slug.ends_with('-') || slug.contains("--") {
        let message = format!("{slug:?} has a hyphen at an end or two in a row");
        return refuse("slug_format", message, instead());
    }
    if letter_first && !slug.starts_with(|c: char| c.is_ascii_lowercase()) {
        return refuse("slug_format", format!("{slug:?} starts with a digit"), instead());
    }
    Ok(())
}

fn check_reserved(slug: &str, reserved: &[&str]) -> Result<(), Problem> {
    if !reserved.contains(&slug) {
        return Ok(());
    }
    Err(Problem::new(
        "slug_reserved",
        "/slug",
        format!("{slug:?} is reserved"),
        "a name of your own",
        format!("put your company's name in front, as in \"acme-{slug}\""),
    ))
}

fn suggest(name: &str, word: &str, check: impl Fn(&str) -> Result<(), Problem>) -> String {
    let slug = bare(name);
    if check(&slug).is_ok() {
        return slug;
    }
    let behind = with_end(&slug, word);
    if check(&behind).is_ok() {
        return behind;
    }
    let before = cut(&format!("{word}-{slug}"));
    if check(&before).is_ok() { before } else { format!("my-{word}") }
}

/// The letters and digits of a name, everything between them one hyphen; may be empty.
fn bare(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            '\'' | '’' => {}
            _ => match plain(c) {
                "" if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                letters => slug.push_str(letters),
            },
        }
    }
    cut(&slug)
}

/// The plain letters for the accented ones that names have most.
fn plain(c: char) -> &'static str {
    match c {
        'ä' | 'æ' => "ae",
        'ö' | 'ø' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ç' | 'ć' | 'č' => "c",
        'ď' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ı' | 'ī' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ő' => "o",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ţ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

fn cut(slug: &str) -> String {
    let end = slug.len().min(SLUG_CHARS_MAX);
    slug[..end].trim_matches('-').to_owned()
}

fn with_end(slug: &str, end: &str) -> String {
    let room = SLUG_CHARS_MAX - end.len() - 1;
    let start = slug[..slug.len().min(room)].trim_end_matches('-');
    format!("{start}-{end}")
}

#[cfg(test)]
mod tests;
