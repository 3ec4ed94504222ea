#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use expect_test::expect_file;
use roxmltree::{Document, Node};

use super::{CleanSvg, Kind, MAX_BYTES, SvgProblem, clean, preview_png};

const SVG: &str = "http://www.w3.org/2000/svg";
/// What shapes are drawn with, written apart from the list that the crate itself goes by.
const DRAWING: [&str; 9] =
    ["svg", "defs", "g", "path", "clipPath", "mask", "linearGradient", "radialGradient", "stop"];
const EFFECTS: [&str; 9] = [
    "filter",
    "feGaussianBlur",
    "feOffset",
    "feFlood",
    "feMerge",
    "feMergeNode",
    "feBlend",
    "feColorMatrix",
    "feComposite",
];

fn files(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files
        .map(|file| {
            (file.file_name().to_string_lossy().into_owned(), fs::read(file.path()).unwrap())
        })
        .collect()
}

/// Everything in the picture draws, and nothing in it acts or refers to anything else.
fn assert_harmless(name: &str, picture: &CleanSvg) {
    let document = Document::parse(&picture.svg).unwrap_or_else(|e| panic!("{name}: {e}"));
    for node in document.root().descendants() {
        assert!(!node.is_comment() && !node.is_pi(), "{name}: {node:?}");
        if node.is_text() {
            assert!(node.text().unwrap().trim().is_empty(), "{name}: {node:?}");
        }
        if node.is_element() {
            assert_element(name, &node);
        }
    }
}

fn assert_element(name: &str, node: &Node) {
    let tag = node.tag_name();
    assert_eq!(tag.namespace(), Some(SVG), "{name}: {}", tag.name());
    assert!(
        DRAWING.contains(&tag.name()) || EFFECTS.contains(&tag.name()),
        "{name}: {}",
        tag.name()
    );
    for attribute in node.attributes() {
        let (key, value) = (attribute.name().to_lowercase(), attribute.value().to_lowercase());
        assert_eq!(attribute.namespace(), None, "{name}: {key}");
        assert!(!key.starts_with("on") && !key.ends_with("href") && key != "src", "{name}: {key}");
        if key == "id" {
            continue;
        }
        for bad in ["javascript", "data:", "http", "//", "file:", "import", "expression", "&", "<"]
        {
            assert!(!value.contains(bad), "{name}: {key}={value}");
        }
        let inside = value.matches("url(#").count();
        assert_eq!(value.matches("url").count(), inside, "{name}: {key}={value}");
    }
}

#[test]
fn hostile_pictures_come_out_harmless_or_not_at_all() {
    let (mut outcome, mut wrong) = (String::new(), Vec::new());
    for (name, bytes) in files("svg") {
        let result = clean(&bytes, Kind::Logo);
        if let Ok(picture) = &result {
            assert_harmless(&name, picture);
            // the benign part of the file survives
            if !picture.svg.contains("#123456") {
                wrong.push(format!("{name}: {}", picture.svg));
            }
            let again = clean(picture.svg.as_bytes(), Kind::Logo).unwrap();
            assert_harmless(&name, &again);
            assert!(preview_png(picture, 64).unwrap().starts_with(b"\x89PNG"), "{name}");
        }
        if result.is_ok() == name.starts_with("refused-") {
            wrong.push(format!("{name}: {result:?}"));
        }
        match result {
            Ok(picture) => writeln!(outcome, "{name}: {} by {}", picture.width, picture.height),
            Err(problem) => writeln!(outcome, "{name}: {problem}; {}", problem.fix()),
        }
        .unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    expect_file!["../../corpus/svg.outcome.txt"].assert_eq(&outcome);
}

#[test]
fn what_a_designer_drew_is_kept() {
    let files = files("svg");
    let drawn = |name: &str| clean(&files[name], Kind::Logo).unwrap().svg;
    let all = drawn("cleaned-gradients-clips-masks.svg");
    for kept in ["radialGradient", "clipPath", "<mask", "feGaussianBlur", "feOffset"] {
        assert!(all.contains(kept), "{kept} in {all}");
    }
    assert!(drawn("cleaned-classes.svg").contains("#00aa77"));
    assert!(drawn("cleaned-blend.svg").contains("mix-blend-mode:multiply"));
    assert!(drawn("cleaned-use-and-symbol.svg").matches("<path").count() >= 3);
    assert!(drawn("cleaned-css-url.svg").matches("<path").count() >= 2);
    let plain = drawn("cleaned-plain.svg");
    assert!(plain.starts_with("<svg viewBox=\"0 0 32 32\" width=\"32\" height=\"32\""), "{plain}");
}

#[test]
fn a_mark_is_square_within_a_hundredth() {
    let file = |size: &str| {
        format!("<svg xmlns='{SVG}' viewBox='0 0 {size}'><path d='M0 0h30v30z'/></svg>")
    };
    let mark = |size| clean(file(size).as_bytes(), Kind::Mark).map(|_| ());
    assert_eq!(mark("100 100"), Ok(()));
    assert_eq!(mark("100 100.9"), Ok(()));
    let problem = SvgProblem::NotSquare { width: 100.0, height: 102.0 };
    assert_eq!(mark("100 102"), Err(problem));
    assert!(clean(file("100 102").as_bytes(), Kind::Logo).is_ok());
}

#[test]
fn the_same_drawing_has_the_same_digest() {
    let file = |note: &str| {
        format!("<svg xmlns='{SVG}' viewBox='0 0 9 9'><!--{note}--><path d='M0 0h9v9z'/></svg>")
    };
    let one = clean(file("one").as_bytes(), Kind::Mark).unwrap();
    let two = clean(file("two").as_bytes(), Kind::Mark).unwrap();
    assert_eq!(one, two);
    assert_eq!(one.sha256.len(), 64);
    let other = file("one").replace("h9v9", "h9v8");
    assert_ne!(clean(other.as_bytes(), Kind::Mark).unwrap().sha256, one.sha256);
}

#[test]
fn the_size_limit_is_exact() {
    let start = format!("<svg xmlns='{SVG}' viewBox='0 0 9 9'><path d='M0 0h9v9z'/>");
    let file = |size: usize| format!("{start}{}</svg>", " ".repeat(size - start.len() - 6));
    assert!(clean(file(MAX_BYTES).as_bytes(), Kind::Logo).is_ok());
    let over = clean(file(MAX_BYTES + 1).as_bytes(), Kind::Logo);
    assert_eq!(over, Err(SvgProblem::TooLarge { bytes: MAX_BYTES + 1 }));
}

#[test]
fn a_preview_shows_the_picture_at_the_size_asked_for() {
    let svg = format!(
        "<svg xmlns='{SVG}' viewBox='0 0 64 32'><rect width='32' height='32' fill='#123456'/></svg>"
    );
    let picture = clean(svg.as_bytes(), Kind::Logo).unwrap();
    for (asked, given) in [(128, 128), (1, 16), (5000, 512)] {
        let png = preview_png(&picture, asked).unwrap();
        let pixels = ::image::load_from_memory(&png).unwrap().to_rgba8();
        assert_eq!(pixels.dimensions(), (given, given / 2));
        assert_eq!(pixels.get_pixel(given / 4, given / 4).0, [0x12, 0x34, 0x56, 0xff]);
        assert_eq!(pixels.get_pixel(given * 3 / 4, given / 4).0, [0; 4]);
    }
}

/// The worst that the budget lets through, drawn as large as a preview gets: it ends.
#[test]
fn the_dearest_picture_of_the_budget_is_drawn() {
    let layers = "<g opacity='.5'><path d='M0 0h32v32z'/></g>".repeat(130);
    let svg = format!("<svg xmlns='{SVG}' viewBox='0 0 32 32'>{layers}</svg>");
    let picture = clean(svg.as_bytes(), Kind::Mark).unwrap();
    assert!(preview_png(&picture, 512).unwrap().len() > 100);
    let dearer =
        svg.replacen("</svg>", "<use href='#a'/><g id='a'><path d='M0 0h32v32z'/></g></svg>", 1);
    assert!(clean(dearer.as_bytes(), Kind::Mark).is_ok());
    let dearest = format!("<svg xmlns='{SVG}' viewBox='0 0 32 32'>{layers}{layers}</svg>");
    assert_eq!(clean(dearest.as_bytes(), Kind::Mark), Err(SvgProblem::TooComplex));
}
