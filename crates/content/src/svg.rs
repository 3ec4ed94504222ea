//! SVG of partners: redrawn, not filtered. What we keep is written from the geometry that usvg understood, so
//! scripts, handlers, animations, links, styles, foreign elements and comments are gone because nothing writes them.
//!
//! ```text
//! bytes ──► gate ──────────► redraw ──► work ───────────► allow ─────────► CleanSvg ──► preview_png
//!           size, text, DTD,  usvg       how long drawing   only what we
//!           what we refuse               takes at most      know, no links
//! ```
//!
//! What a viewer would see and we could not keep is refused with a way out (text, embedded pictures, some
//! filters); what a viewer would not see is dropped without a word.

use std::{fmt::Write as _, sync::Arc};

use resvg::tiny_skia;
use sha2::{Digest, Sha256};

mod allow;
mod expansion;
mod gate;
mod problem;
#[cfg(test)]
mod tests;
mod work;

pub use problem::SvgProblem;

/// How many bytes an upload may have.
pub const MAX_BYTES: usize = 64 * 1024;
/// How many bytes a picture may have after it was redrawn.
pub const MAX_REDRAWN_BYTES: usize = 256 * 1024;
/// The longest side of a preview, in pixels.
pub const MAX_PREVIEW_SIDE: u32 = 512;
const MIN_PREVIEW_SIDE: u32 = 16;
/// The longest side of the picture in its own units.
const MAX_SIDE: f32 = 20_000.0;
/// How far from a square a mark may be.
const SQUARE_TOLERANCE: f32 = 0.01;
/// Drawing recurses as deep as a picture is nested; the gate keeps that within this stack.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// What a picture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Has the company's name in it; any shape.
    Logo,
    /// The sign alone; square.
    Mark,
}

/// A picture that we wrote ourselves. Made by [`clean`] only.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CleanSvg {
    /// One `svg` element with `width`, `height` and `viewBox`.
    pub svg: String,
    /// In user units, which are pixels at a scale of one.
    pub width: f32,
    /// In user units.
    pub height: f32,
    /// Of `svg`, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Redraws an uploaded picture from its geometry. Takes some milliseconds of CPU.
pub fn clean(bytes: &[u8], kind: Kind) -> Result<CleanSvg, SvgProblem> {
    if bytes.len() > MAX_BYTES {
        return Err(SvgProblem::TooLarge { bytes: bytes.len() });
    }
    let text = gate::text(bytes)?;
    on_own_stack(|| redraw(text, kind))
}

/// The picture as PNG on nothing, its longer side `max_side` pixels (16 to 512). Takes up to about a second of CPU.
/// An error means that the renderer gave up on it, which is ours to repair.
pub fn preview_png(picture: &CleanSvg, max_side: u32) -> Result<Vec<u8>, SvgProblem> {
    on_own_stack(|| {
        let tree = usvg::Tree::from_str(&picture.svg, &options())
            .map_err(|error| SvgProblem::Unreadable { why: error.to_string() })?;
        draw(&tree, max_side.clamp(MIN_PREVIEW_SIDE, MAX_PREVIEW_SIDE))
    })
}

fn redraw(text: &str, kind: Kind) -> Result<CleanSvg, SvgProblem> {
    let document = gate::parse(text)?;
    gate::check(&document)?;
    let tree = usvg::Tree::from_xmltree(&document, &options()).map_err(|error| match error {
        usvg::Error::InvalidSize => SvgProblem::NoSize,
        other => SvgProblem::Unreadable { why: other.to_string() },
    })?;
    let (width, height) = (tree.size().width(), tree.size().height());
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(SvgProblem::TooManyUnits { width, height });
    }
    if kind == Kind::Mark && (width / height - 1.0).abs() > SQUARE_TOLERANCE {
        return Err(SvgProblem::NotSquare { width, height });
    }
    work::check(&tree)?;
    let svg = write(&tree);
    if svg.len() > MAX_REDRAWN_BYTES {
        return Err(SvgProblem::TooComplex);
    }
    allow::check(&svg)?;
    let sha256 = Sha256::digest(&svg).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes every write");
        hex
    });
    Ok(CleanSvg { svg, width, height, sha256 })
}

fn write(tree: &usvg::Tree) -> String {
    let options = usvg::WriteOptions { indent: usvg::Indent::None, ..Default::default() };
    let svg = tree.to_string(&options);
    // without it the picture would be cropped, not scaled, where it is shown smaller
    let (width, height) = (tree.size().width(), tree.size().height());
    svg.trim_end().replacen("<svg ", &format!("<svg viewBox=\"0 0 {width} {height}\" "), 1)
}

fn draw(tree: &usvg::Tree, max_side: u32) -> Result<Vec<u8>, SvgProblem> {
    let longer = tree.size().width().max(tree.size().height());
    let scale = max_side as f32 / longer;
    let side = |length: f32| ((length * scale).round() as u32).clamp(1, max_side);
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or(SvgProblem::TooComplex)?;
    resvg::render(tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| SvgProblem::Unreadable { why: error.to_string() })
}

/// Nothing is ever loaded: neither files, which usvg would, nor pictures within the picture.
fn options() -> usvg::Options<'static> {
    usvg::Options {
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|_, _: Arc<Vec<u8>>, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Default::default()
    }
}

/// Runs `work` with a stack of known size, and turns a panic of the libraries below into a refusal.
fn on_own_stack<T: Send>(
    work: impl FnOnce() -> Result<T, SvgProblem> + Send,
) -> Result<T, SvgProblem> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        match thread.map(|thread| thread.join()) {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(SvgProblem::Unreadable { why: "the renderer gave up".to_owned() }),
            Err(error) => Err(SvgProblem::Unreadable { why: error.to_string() }),
        }
    })
}
