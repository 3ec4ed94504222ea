//! Markdown of partners: a subset, told at the door, and HTML that is safe whatever came in.
//!
//! The subset: paragraphs, headings, lists, emphasis, strike-through, code, tables, block quotes, rules and
//! links to `http`, `https` and `mailto`. No raw HTML, no pictures: those have their own fields.
//! Two layers hold it: raw HTML is never passed on, then ammonia keeps an allow-list of tags.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html::push_html};

#[cfg(test)]
mod tests;

/// More than this many bytes are never read; longer text is cut before it is shown.
pub const MAX_BYTES: usize = 128 * 1024;
/// How deep lists, quotes and emphasis may stand in each other; a list counts twice, itself and its item.
pub const MAX_DEPTH: usize = 20;
/// How many cells all tables of one text may have.
pub const MAX_CELLS: usize = 2_000;

const TAGS: [&str; 25] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// What is wrong with a Markdown text. Lines count from one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkdownProblem {
    /// More characters than the field takes.
    #[error("the text has {characters} characters, at most {limit} are allowed")]
    TooLong {
        /// Counted in Unicode scalar values.
        characters: usize,
        /// How many the field takes.
        limit: usize,
    },
    /// HTML tags or comments.
    #[error("line {line} contains HTML")]
    RawHtml {
        /// Where it starts.
        line: usize,
    },
    /// A picture.
    #[error("line {line} contains a picture")]
    Picture {
        /// Where it stands.
        line: usize,
    },
    /// A link that leads elsewhere than to a web page or a mail address.
    #[error("line {line} links to `{url}`")]
    Link {
        /// Where it stands.
        line: usize,
        /// The first 100 characters of what it links to.
        url: String,
    },
    /// Lists or quotes too deep in each other.
    #[error("line {line} is nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Where the limit is passed.
        line: usize,
    },
    /// Tables with too many cells.
    #[error("the tables have more than {MAX_CELLS} cells")]
    TooManyCells,
}

impl MarkdownProblem {
    /// What the author does about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "shorten the text",
            Self::RawHtml { .. } => {
                "write it in Markdown; put a tag that is meant to be read between backticks"
            }
            Self::Picture { .. } => "remove it here and upload it as a screenshot",
            Self::Link { .. } => {
                "use a whole address that starts with https://, http:// or mailto:"
            }
            Self::TooDeep { .. } => "use fewer levels of lists and quotes",
            Self::TooManyCells => "use smaller tables, or link to your own documentation",
        }
    }
}

/// Whether `text` is of the subset and has at most `limit` characters; the first problem otherwise.
pub fn check(text: &str, limit: usize) -> Result<(), MarkdownProblem> {
    let characters = text.chars().count();
    if characters > limit || text.len() > MAX_BYTES {
        return Err(MarkdownProblem::TooLong { characters, limit: limit.min(MAX_BYTES) });
    }
    let (mut depth, mut cells) = (0, 0);
    for (event, range) in parser(text).into_offset_iter() {
        let line = || text[..range.start].matches('\n').count() + 1;
        match event {
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::HtmlBlock) => {
                return Err(MarkdownProblem::RawHtml { line: line() });
            }
            Event::Start(Tag::Image { .. }) => {
                return Err(MarkdownProblem::Picture { line: line() });
            }
            Event::Start(Tag::Link { dest_url, link_type, .. })
                if !is_allowed_link(&dest_url, link_type) =>
            {
                let url = dest_url.chars().take(100).collect();
                return Err(MarkdownProblem::Link { line: line(), url });
            }
            Event::Start(Tag::TableCell) => cells += 1,
            Event::Start(tag) if is_level(&tag.to_end()) => depth += 1,
            Event::End(tag) if is_level(&tag) => depth -= 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(MarkdownProblem::TooDeep { line: line() });
        }
        if cells > MAX_CELLS {
            return Err(MarkdownProblem::TooManyCells);
        }
    }
    Ok(())
}

/// `text` as HTML for a page of ours; safe for any input, also for one that [`check`] refuses.
/// Shape: a fragment of block elements. Raw HTML and forbidden links vanish, pictures leave their description,
/// and what is nested deeper than [`MAX_DEPTH`] becomes flat.
pub fn to_html(text: &str) -> String {
    let text = cut(text);
    let mut html = String::with_capacity(text.len() * 3 / 2);
    push_html(&mut html, harmless(text));
    SANITISER.clean(&html).to_string()
}

/// The words of `text` without marks, for search, previews and plain mail. Blocks stand on lines of their own.
pub fn plain_text(text: &str) -> String {
    let mut words = String::new();
    for event in harmless(cut(text)) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak => words.push(' '),
            Event::HardBreak => words.push('\n'),
            Event::End(TagEnd::TableCell) => words.push(' '),
            Event::Start(tag) if is_block(&tag.to_end()) => new_line(&mut words),
            Event::End(tag) if is_block(&tag) => new_line(&mut words),
            _ => {}
        }
    }
    words.trim().to_owned()
}

/// What is left when HTML, the frames of pictures, and levels and cells beyond the limits are taken out.
fn harmless(text: &str) -> impl Iterator<Item = Event<'_>> {
    let cells = parser(text).filter(|event| matches!(event, Event::Start(Tag::TableCell))).count();
    let tables = if cells > MAX_CELLS { Options::empty() } else { Options::ENABLE_TABLES };
    let mut depth = 0;
    Parser::new_ext(text, tables | Options::ENABLE_STRIKETHROUGH).filter(move |event| match event {
        Event::Html(_) | Event::InlineHtml(_) => false,
        Event::Start(Tag::HtmlBlock | Tag::Image { .. }) => false,
        Event::End(TagEnd::HtmlBlock | TagEnd::Image) => false,
        Event::Start(tag) if is_level(&tag.to_end()) => {
            depth += 1;
            depth <= MAX_DEPTH
        }
        Event::End(tag) if is_level(tag) => {
            depth -= 1;
            depth < MAX_DEPTH
        }
        _ => true,
    })
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .generic_attributes(HashSet::new())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"))
        .strip_comments(true);
    builder
});

/// What nests in itself: lists, their items, quotes and emphasis.
fn is_level(tag: &TagEnd) -> bool {
    use TagEnd::{BlockQuote, Emphasis, Item, List, Strikethrough, Strong};
    matches!(tag, BlockQuote(_) | List(_) | Item | Emphasis | Strong | Strikethrough)
}

fn is_block(tag: &TagEnd) -> bool {
    use TagEnd::{
        BlockQuote, CodeBlock, Heading, Item, List, Paragraph, Table, TableHead, TableRow,
    };
    matches!(
        tag,
        Paragraph
            | Heading(_)
            | BlockQuote(_)
            | CodeBlock
            | List(_)
            | Item
            | Table
            | TableHead
            | TableRow
    )
}

fn is_allowed_link(url: &CowStr<'_>, kind: LinkType) -> bool {
    // `<mia@acme.example>` comes without its scheme
    kind == LinkType::Email || url::Url::parse(url).is_ok_and(|url| SCHEMES.contains(&url.scheme()))
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

fn new_line(words: &mut String) {
    let end = words.trim_end_matches(' ').len();
    words.truncate(end);
    if !words.is_empty() && !words.ends_with('\n') {
        words.push('\n');
    }
}
