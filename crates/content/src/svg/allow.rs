//! The last look at what we wrote: elements and attributes by name, values by what they refer to. It holds even
//! when a later version of the renderer should learn to write more.

use roxmltree::{Document, Node};

use super::SvgProblem;

const SVG: &str = "http://www.w3.org/2000/svg";

const ELEMENTS: &str = "\
    clipPath defs feBlend feColorMatrix feComponentTransfer feComposite feDropShadow feFlood \
    feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feOffset feTile \
    filter g linearGradient mask path radialGradient stop svg";

const ATTRIBUTES: &str = "\
    amplitude clip-path clip-rule clipPathUnits color-interpolation-filters cx cy d dx dy \
    exponent fill fill-opacity fill-rule filter filterUnits flood-color flood-opacity fr fx \
    fy gradientTransform gradientUnits height id in in2 intercept k1 k2 k3 k4 mask mask-type \
    maskContentUnits maskUnits mode offset opacity operator paint-order r result \
    shape-rendering slope spreadMethod stdDeviation stop-color stop-opacity stroke \
    stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit \
    stroke-opacity stroke-width style tableValues transform type values viewBox visibility \
    width x x1 x2 y y1 y2 z";

/// Whether every element, attribute and value of our own drawing is one that we know.
pub(super) fn check(svg: &str) -> Result<(), SvgProblem> {
    let document =
        Document::parse(svg).map_err(|error| SvgProblem::Unreadable { why: error.to_string() })?;
    document.root().descendants().try_for_each(|node| match stranger(&node) {
        Some(element) => Err(SvgProblem::Unsupported { element }),
        None => Ok(()),
    })
}

fn stranger(node: &Node<'_, '_>) -> Option<String> {
    if !node.is_element() {
        let blank = node.is_root() || node.text().is_some_and(|text| text.trim().is_empty());
        return (!blank).then(|| "text between elements".to_owned());
    }
    let name = node.tag_name();
    if name.namespace() != Some(SVG) || !is_listed(ELEMENTS, name.name()) {
        return Some(name.name().to_owned());
    }
    let fault = node.attributes().find(|attribute| {
        let known = attribute.namespace().is_none() && is_listed(ATTRIBUTES, attribute.name());
        !known || !stays_inside(attribute.name(), attribute.value())
    });
    fault.map(|attribute| attribute.name().to_owned())
}

fn is_listed(list: &str, name: &str) -> bool {
    list.split(' ').any(|listed| listed == name)
}

/// Whether a value refers to nothing but parts of the same picture.
fn stays_inside(name: &str, value: &str) -> bool {
    match name {
        // what we write here are blend modes and isolation
        "style" => value.split(';').all(|declaration| {
            let property = declaration.split(':').next().unwrap_or_default().trim();
            ["mix-blend-mode", "isolation", "mask-type", ""].contains(&property)
        }),
        "id" | "result" | "in" | "in2" => true,
        _ => value.match_indices("url(").all(|(at, _)| value[at + 4..].starts_with('#')),
    }
}
