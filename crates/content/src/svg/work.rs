//! How long drawing takes at most, told before it is done: a budget that each layer, dash and filter draws on.

use usvg::{ClipPath, Group, Mask, Node, Path, Tree};

use super::SvgProblem;

/// A shape costs one; all of it is drawn in less than a second at the size of a preview.
const BUDGET: usize = 4_000;
/// What a layer of its own costs.
const LAYER: usize = 4;
/// What one step of a filter costs.
const FILTER_STEP: usize = 40;
/// How many dashes cost as much as a shape.
const DASHES: f32 = 50.0;

/// Whether something is seen, and whether drawing it stays within the budget.
pub(super) fn check(tree: &Tree) -> Result<(), SvgProblem> {
    let page = usvg::Rect::from_xywh(0.0, 0.0, tree.size().width(), tree.size().height());
    if !page.is_some_and(|page| shows(tree.root(), &page)) {
        return Err(SvgProblem::Empty);
    }
    let mut left = BUDGET;
    group(tree.root(), &mut left).ok_or(SvgProblem::TooComplex)
}

/// Whether a shape with a fill or a line lies on the page, wholly or in part.
fn shows(drawn: &Group, page: &usvg::Rect) -> bool {
    drawn.children().iter().any(|node| match node {
        Node::Group(inner) => shows(inner, page),
        Node::Path(path) => {
            let inked = path.fill().is_some() || path.stroke().is_some();
            path.is_visible() && inked && meet(page, &path.abs_stroke_bounding_box())
        }
        Node::Image(_) | Node::Text(_) => false,
    })
}

fn meet(a: &usvg::Rect, b: &usvg::Rect) -> bool {
    a.left() < b.right() && b.left() < a.right() && a.top() < b.bottom() && b.top() < a.bottom()
}

fn group(drawn: &Group, left: &mut usize) -> Option<()> {
    if drawn.should_isolate() {
        spend(left, LAYER)?;
    }
    for filter in drawn.filters() {
        spend(left, filter.primitives().len().checked_mul(FILTER_STEP)?)?;
    }
    if let Some(path) = drawn.clip_path() {
        clip(path, left)?;
    }
    if let Some(shade) = drawn.mask() {
        mask(shade, left)?;
    }
    children(drawn, left)
}

fn children(drawn: &Group, left: &mut usize) -> Option<()> {
    drawn.children().iter().try_for_each(|node| match node {
        Node::Group(inner) => group(inner, left),
        Node::Path(path) => spend(left, 1 + dashes(path)),
        // the gate lets neither pass
        Node::Image(_) | Node::Text(_) => None,
    })
}

fn clip(path: &ClipPath, left: &mut usize) -> Option<()> {
    spend(left, LAYER)?;
    children(path.root(), left)?;
    path.clip_path().map_or(Some(()), |outer| clip(outer, left))
}

fn mask(shade: &Mask, left: &mut usize) -> Option<()> {
    spend(left, LAYER)?;
    group(shade.root(), left)?;
    shade.mask().map_or(Some(()), |outer| mask(outer, left))
}

fn spend(left: &mut usize, cost: usize) -> Option<()> {
    *left = left.checked_sub(cost)?;
    Some(())
}

/// What the dashes of a stroke cost: its length, by the points that control it, over that of one pattern.
fn dashes(path: &Path) -> usize {
    let Some(pattern) = path.stroke().and_then(|stroke| stroke.dasharray()) else { return 0 };
    let points = path.data().points();
    let length: f32 = points.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
    let period: f32 = pattern.iter().sum();
    let count = length / period.max(f32::MIN_POSITIVE) * pattern.len() as f32 / DASHES;
    // a float becomes the nearest integer, and what is not a number becomes zero
    if count.is_finite() { count as usize } else { BUDGET }
}
