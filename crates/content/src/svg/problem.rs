//! Why a picture is not taken, and what the designer does about it.

use super::{MAX_BYTES, MAX_SIDE};

/// Why an SVG file is not taken: a plain sentence, and [`SvgProblem::fix`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SvgProblem {
    /// The upload is too large.
    #[error("the file has {bytes} bytes, at most {MAX_BYTES} are allowed")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// Compressed, UTF-16, or not text at all.
    #[error("the file is not text in UTF-8")]
    NotUtf8,
    /// A document type, with or without entities.
    #[error("the file has a document type declaration")]
    DocumentType,
    /// Not XML, or not SVG that can be read.
    #[error("the file cannot be read: {why}")]
    Unreadable {
        /// What the parser says.
        why: String,
    },
    /// Another kind of XML.
    #[error("the file is XML but not SVG")]
    NotSvg,
    /// Neither a view box nor a width and a height.
    #[error("the picture has no size")]
    NoSize,
    /// Larger than any picture needs.
    #[error("the picture is {width} by {height} units, at most {MAX_SIDE} are allowed")]
    TooManyUnits {
        /// In user units.
        width: f32,
        /// In user units.
        height: f32,
    },
    /// A mark that is not square.
    #[error("the mark is {width} by {height}, but must be square")]
    NotSquare {
        /// In user units.
        width: f32,
        /// In user units.
        height: f32,
    },
    /// Text that needs a font, which a viewer may not have.
    #[error("the picture contains text")]
    Text,
    /// A picture of pixels within it.
    #[error("the picture embeds another picture")]
    Embedded,
    /// An element that we do not carry over.
    #[error("the picture uses `{element}`")]
    Unsupported {
        /// Its name.
        element: String,
    },
    /// Style sheets beyond simple selectors.
    #[error("the style sheet is too complex")]
    Style,
    /// Nested, repeated or filtered beyond what a logo needs.
    #[error("the picture is too complex")]
    TooComplex,
    /// Nothing in it can be seen.
    #[error("the picture shows nothing")]
    Empty,
}

impl SvgProblem {
    /// What the designer does about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "simplify the paths or remove hidden layers",
            Self::NotUtf8 => "export it as plain SVG in UTF-8, not as .svgz",
            Self::DocumentType => "remove the line that starts with <!DOCTYPE",
            Self::Unreadable { .. } => {
                "open it in a vector program and export it again as plain SVG"
            }
            Self::NotSvg => {
                "upload an SVG file; its outer element is svg with xmlns=\"http://www.w3.org/2000/svg\""
            }
            Self::NoSize => "add a viewBox, such as viewBox=\"0 0 64 64\"",
            Self::TooManyUnits { .. } => "scale it down; sizes of 64 to 1000 units are usual",
            Self::NotSquare { .. } => "change the artboard or the viewBox to a square",
            Self::Text => "convert text to outlines, so that it looks the same everywhere",
            Self::Embedded => "trace it to paths; a logo must be all vectors",
            Self::Unsupported { .. } => "flatten or expand it to plain shapes",
            Self::Style => "use simple class selectors, or export with presentation attributes",
            Self::TooComplex => "flatten it: fewer groups, copies, masks, dashes and filters",
            Self::Empty => "check that its shapes have a fill and lie inside the viewBox",
        }
    }
}
