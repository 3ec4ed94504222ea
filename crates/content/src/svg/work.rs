//! How long drawing takes at most, told before it is done. The unit is one page covered once by a half-transparent
//! shape, about four milliseconds at the size of the largest preview; the weights below were measured in it.

use usvg::{ClipPath, Group, Mask, Node, Path, Rect, Tree, filter};

use super::SvgProblem;

/// All of it is drawn in about two seconds at worst; a usual logo takes less than ten of these.
const BUDGET: f32 = 400.0;
/// Each shape, however small.
const SHAPE: f32 = 0.01;
/// A layer of its own, for the share of the page that it covers.
const LAYER: f32 = 2.0;
/// A clip or a mask, likewise.
const COVER: f32 = 3.0;
/// Each step of a filter, likewise.
const FILTER_STEP: f32 = 6.0;
/// Each step that blurs.
const BLUR_STEP: f32 = 45.0;
/// So many dashes cost as much as a page.
const DASHES: f32 = 200.0;

/// Whether something is seen, and whether drawing it stays within the budget.
pub(super) fn check(tree: &Tree) -> Result<(), SvgProblem> {
    let (width, height) = (tree.size().width(), tree.size().height());
    let page = Rect::from_xywh(0.0, 0.0, width, height).ok_or(SvgProblem::NoSize)?;
    // the renderer draws no layer beyond this
    let reach = Rect::from_xywh(-2.0 * width, -2.0 * height, 5.0 * width, 5.0 * height);
    let reach = reach.ok_or(SvgProblem::NoSize)?;
    if !shows(tree.root(), &page) {
        return Err(SvgProblem::Empty);
    }
    let mut work = Work { reach, page: width * height, left: BUDGET };
    work.group(tree.root(), None).ok_or(SvgProblem::TooComplex)
}

/// Whether a shape with a fill or a line lies on the page, wholly or in part.
fn shows(drawn: &Group, page: &Rect) -> bool {
    drawn.children().iter().any(|node| match node {
        Node::Group(inner) => shows(inner, page),
        Node::Path(path) => {
            let inked = path.fill().is_some() || path.stroke().is_some();
            path.is_visible() && inked && common_area(page, &path.abs_stroke_bounding_box()) > 0.0
        }
        Node::Image(_) | Node::Text(_) => false,
    })
}

/// Lines have no area of their own; they count as a hair wide.
fn common_area(a: &Rect, b: &Rect) -> f32 {
    let hair = (a.width() + a.height()) * 1e-4;
    let width = (a.right().min(b.right()) - a.left().max(b.left()) + hair).max(0.0);
    let height = (a.bottom().min(b.bottom()) - a.top().max(b.top()) + hair).max(0.0);
    width * height
}

struct Work {
    reach: Rect,
    page: f32,
    left: f32,
}

impl Work {
    /// Takes `cost` off the budget; `None` when it is used up.
    fn spend(&mut self, cost: f32) -> Option<()> {
        self.left -= cost;
        // what is not a number is no budget
        (self.left >= 0.0).then_some(())
    }

    /// How many pages a box covers, of what is drawn at all.
    fn pages(&self, covered: &Rect) -> f32 {
        common_area(&self.reach, covered) / self.page
    }

    /// `within` is the size of the layer that a clip or a mask is drawn for: its shapes may be scaled to all of it.
    fn group(&mut self, drawn: &Group, within: Option<f32>) -> Option<()> {
        let own = self.pages(&drawn.abs_layer_bounding_box().to_rect());
        let pages = within.unwrap_or(own);
        if drawn.should_isolate() {
            self.spend(LAYER * pages)?;
        }
        for step in drawn.filters().iter().flat_map(|filter| filter.primitives()) {
            let blurs =
                matches!(step.kind(), filter::Kind::GaussianBlur(_) | filter::Kind::DropShadow(_));
            self.spend(if blurs { BLUR_STEP } else { FILTER_STEP } * pages)?;
        }
        if let Some(path) = drawn.clip_path() {
            self.clip(path, pages)?;
        }
        if let Some(shade) = drawn.mask() {
            self.mask(shade, pages)?;
        }
        self.children(drawn, within)
    }

    fn children(&mut self, drawn: &Group, within: Option<f32>) -> Option<()> {
        drawn.children().iter().try_for_each(|node| match node {
            Node::Group(inner) => self.group(inner, within),
            Node::Path(path) => {
                let own = self.pages(&path.abs_stroke_bounding_box());
                self.spend(SHAPE + within.unwrap_or(own) * inks(path) + dashes(path))
            }
            // the gate lets neither pass
            Node::Image(_) | Node::Text(_) => None,
        })
    }

    fn clip(&mut self, path: &ClipPath, pages: f32) -> Option<()> {
        self.spend(COVER * pages)?;
        self.children_of_clip(path.root(), pages)?;
        path.clip_path().map_or(Some(()), |outer| self.clip(outer, pages))
    }

    fn children_of_clip(&mut self, drawn: &Group, pages: f32) -> Option<()> {
        if let Some(path) = drawn.clip_path() {
            self.clip(path, pages)?;
        }
        self.children(drawn, Some(pages))
    }

    fn mask(&mut self, shade: &Mask, pages: f32) -> Option<()> {
        self.spend(COVER * pages)?;
        self.group(shade.root(), Some(pages))?;
        shade.mask().map_or(Some(()), |outer| self.mask(outer, pages))
    }
}

/// How often a shape is covered: once by its fill and once by its line, twice each when that is a gradient.
fn inks(path: &Path) -> f32 {
    let weight = |paint: &usvg::Paint| match paint {
        usvg::Paint::Color(_) => 1.0,
        _ => 2.0,
    };
    path.fill().map_or(0.0, |fill| weight(fill.paint()))
        + path.stroke().map_or(0.0, |stroke| weight(stroke.paint()))
}

/// What the dashes of a line cost: its length, by the points that control it, over that of one pattern.
fn dashes(path: &Path) -> f32 {
    let Some(pattern) = path.stroke().and_then(|stroke| stroke.dasharray()) else { return 0.0 };
    let points = path.data().points();
    let length: f32 = points.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
    let period: f32 = pattern.iter().sum();
    length / period.max(f32::MIN_POSITIVE) * pattern.len() as f32 / DASHES
}
