//! How large and deep a picture is once everything that is drawn by reference stands where it is drawn. Copies of
//! copies, masks of masks and clips of clips double at each step, so this is told before anything is built of them.

use std::collections::HashMap;

use roxmltree::{Document, Node, NodeId};
use simplecss::{AttributeOperator, Declaration, DeclarationTokenizer, PseudoClass, StyleSheet};

use super::{SvgProblem, gate::MAX_DEPTH};

/// How many bytes the picture may have once every reference is replaced by what it shows.
const MAX_EXPANDED: usize = 256 * 1024;
/// Properties that draw something else with the element. Fills do not: patterns are refused, and gradients end there.
const DRAWING: [&str; 3] = ["clip-path", "filter", "mask"];
/// Elements whose `href` shows or inherits another one.
const REFERRING: [&str; 6] =
    ["clipPath", "filter", "linearGradient", "mask", "radialGradient", "use"];

/// Whether the picture stays within its limits when all of it is spelled out.
pub(super) fn check(document: &Document<'_>) -> Result<(), SvgProblem> {
    let mut styles = StyleSheet::new();
    for style in document.descendants().filter(|node| node.tag_name().name() == "style") {
        style.children().filter_map(|child| child.text()).for_each(|css| styles.parse_more(css));
    }
    let mut by_id: HashMap<_, Vec<_>> = HashMap::new();
    for node in document.descendants() {
        if let Some(id) = node.attribute("id") {
            by_id.entry(id).or_default().push(node);
        }
    }
    let mut expansion = Expansion { by_id, styles, known: HashMap::new() };
    expansion.measure(document.root_element()).map(|_| ())
}

struct Expansion<'a, 'input> {
    /// Files have the same id twice, and which one counts is the renderer's choice: both do here.
    by_id: HashMap<&'a str, Vec<Node<'a, 'input>>>,
    styles: StyleSheet<'a>,
    /// `None` while an element is being measured: meeting it again means that it shows itself.
    known: HashMap<NodeId, Option<Measure>>,
}

#[derive(Clone, Copy)]
struct Measure {
    bytes: usize,
    depth: usize,
}

impl<'a, 'input> Expansion<'a, 'input> {
    fn measure(&mut self, node: Node<'a, 'input>) -> Result<Measure, SvgProblem> {
        if let Some(known) = self.known.insert(node.id(), None) {
            let known = known.ok_or(SvgProblem::TooComplex)?;
            self.known.insert(node.id(), Some(known));
            return Ok(known);
        }
        let attributes: usize = node.attributes().map(|attribute| attribute.range().len()).sum();
        let mut all =
            Measure { bytes: attributes + 2 * node.tag_name().name().len() + 5, depth: 0 };
        let mut shown: Vec<_> = node.children().filter(Node::is_element).collect();
        shown.extend(self.targets(node)?);
        for node in shown {
            let one = self.measure(node)?;
            all.bytes = all.bytes.saturating_add(one.bytes);
            all.depth = all.depth.max(one.depth + 1);
        }
        if all.bytes > MAX_EXPANDED || all.depth > MAX_DEPTH {
            return Err(SvgProblem::TooComplex);
        }
        self.known.insert(node.id(), Some(all));
        Ok(all)
    }

    /// Everything that is drawn with `node`; rather too much than too little.
    fn targets(&self, node: Node<'a, 'input>) -> Result<Vec<Node<'a, 'input>>, SvgProblem> {
        let mut ids = Vec::new();
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            if name == "href" && REFERRING.contains(&node.tag_name().name()) {
                ids.extend(value.trim().strip_prefix('#').map(str::trim));
            } else if name == "style" {
                for declaration in DeclarationTokenizer::from(value) {
                    ids.extend(drawn(declaration.name, declaration.value)?);
                }
            } else {
                ids.extend(drawn(name, value)?);
            }
        }
        let rules = self.styles.rules.iter().filter(|rule| rule.selector.matches(&Styled(node)));
        for Declaration { name, value, .. } in rules.flat_map(|rule| &rule.declarations) {
            ids.extend(drawn(name, value)?);
        }
        Ok(ids.into_iter().filter_map(|id| self.by_id.get(id)).flatten().copied().collect())
    }
}

/// The ids in the value of a property that draws, such as `url(#a)`.
fn drawn<'v>(name: &str, value: &'v str) -> Result<Vec<&'v str>, SvgProblem> {
    if !DRAWING.contains(&name) {
        return Ok(Vec::new());
    }
    if value.contains("inherit") {
        // from where depends on who shows it
        return Err(SvgProblem::TooComplex);
    }
    let inside = value.split('#').skip(1);
    Ok(inside.map(|rest| rest.split([')', '\'', '"', ' ']).next().unwrap_or_default()).collect())
}

/// An element as the style sheet sees it: by the file alone, as the renderer does.
struct Styled<'a, 'input>(Node<'a, 'input>);

impl simplecss::Element for Styled<'_, '_> {
    fn parent_element(&self) -> Option<Self> {
        self.0.parent_element().map(Styled)
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.0.prev_sibling_element().map(Styled)
    }

    fn has_local_name(&self, name: &str) -> bool {
        self.0.tag_name().name() == name
    }

    fn attribute_matches(&self, name: &str, operator: AttributeOperator<'_>) -> bool {
        self.0.attribute(name).is_some_and(|value| operator.matches(value))
    }

    fn pseudo_class_matches(&self, class: PseudoClass<'_>) -> bool {
        matches!(class, PseudoClass::FirstChild) && self.0.prev_sibling_element().is_none()
    }
}
