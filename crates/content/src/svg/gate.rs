//! What is looked at before anything is drawn: cheap checks on the XML itself, each with a limit.

use roxmltree::{Document, Node, ParsingOptions};

use super::{SvgProblem, expansion};

const SVG: &str = "http://www.w3.org/2000/svg";
const MAX_NODES: u32 = 10_000;
/// How deep elements may stand in each other, also by reference.
pub(super) const MAX_DEPTH: usize = 48;
/// How many elements may be drawn by reference to others: each costs a layer.
const MAX_LAYERS: usize = 64;
const MAX_STYLE_BYTES: usize = 8 * 1024;
/// How many simple selectors one may combine: matching takes the depth to this power.
const MAX_COMBINED: usize = 3;

/// Filters that do the same work whatever their values are.
const FILTERS: [&str; 15] = [
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feOffset",
    "feTile",
];

/// `bytes` as text.
pub(super) fn text(bytes: &[u8]) -> Result<&str, SvgProblem> {
    let text = std::str::from_utf8(bytes).map_err(|_| SvgProblem::NotUtf8)?;
    if text.contains('\0') {
        return Err(SvgProblem::NotUtf8);
    }
    Ok(text.trim_start_matches('\u{feff}').trim_start())
}

/// `text` as XML without a document type.
pub(super) fn parse(text: &str) -> Result<Document<'_>, SvgProblem> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => SvgProblem::DocumentType,
        roxmltree::Error::NodesLimitReached => SvgProblem::TooComplex,
        other => SvgProblem::Unreadable { why: other.to_string() },
    })
}

/// Whether the document is one that we redraw faithfully and cheaply.
pub(super) fn check(document: &Document<'_>) -> Result<(), SvgProblem> {
    let root = document.root_element();
    if !root.has_tag_name((SVG, "svg")) {
        return Err(SvgProblem::NotSvg);
    }
    if !has_size(root) {
        return Err(SvgProblem::NoSize);
    }
    let (mut layers, mut style_bytes) = (0, 0);
    for style in root.descendants().filter(|node| node.tag_name().name() == "style") {
        for css in style.children().filter_map(|child| child.text()) {
            style_bytes += css.len();
            if style_bytes > MAX_STYLE_BYTES || !is_simple(css) {
                return Err(SvgProblem::Style);
            }
        }
    }
    for node in elements(root) {
        if node.ancestors().take(MAX_DEPTH + 2).count() > MAX_DEPTH + 1 {
            return Err(SvgProblem::TooComplex);
        }
        let name = node.tag_name().name();
        match name {
            "text" | "tspan" | "textPath" | "tref" => return Err(SvgProblem::Text),
            "image" | "feImage" => return Err(SvgProblem::Embedded),
            "marker" | "pattern" | "font" | "mesh" | "meshgradient" | "hatch" => {
                return Err(SvgProblem::Unsupported { element: name.to_owned() });
            }
            "clipPath" | "mask" | "filter" => layers += 1,
            _ if name.starts_with("fe") => {
                layers += 1;
                if !FILTERS.contains(&name) {
                    return Err(SvgProblem::Unsupported { element: name.to_owned() });
                }
            }
            _ => {}
        }
    }
    if layers > MAX_LAYERS {
        return Err(SvgProblem::TooComplex);
    }
    expansion::check(document)
}

/// Whether the picture says how large it is, so that nobody has to guess.
fn has_size(root: Node<'_, '_>) -> bool {
    let is_number = |text: &str| text.parse::<f32>().is_ok_and(f32::is_finite);
    let is_length = |name| {
        let length = root.attribute(name).unwrap_or_default().trim();
        is_number(length.trim_end_matches(|c: char| c.is_ascii_alphabetic()))
    };
    let view = root.attribute("viewBox").unwrap_or_default();
    let numbers = view.split(|c: char| c.is_whitespace() || c == ',').filter(|n| !n.is_empty());
    let has_view = numbers.clone().count() == 4 && numbers.clone().all(is_number);
    has_view || (is_length("width") && is_length("height"))
}

/// Elements that can be drawn: those of SVG, outside of foreign ones.
fn elements<'a, 'input>(root: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    root.descendants().filter(|node| node.tag_name().namespace() == Some(SVG))
}

/// Whether no selector combines more than [`MAX_COMBINED`] others. Read with the parser that applies them later.
fn is_simple(css: &str) -> bool {
    let sheet = simplecss::StyleSheet::parse(css);
    sheet.rules.iter().all(|rule| {
        let selector = rule.selector.to_string();
        let combined = selector.split(|c: char| c.is_whitespace() || ">+".contains(c));
        combined.filter(|simple| !simple.is_empty()).count() <= MAX_COMBINED
    })
}
