//! Where a property stands in a message: `properties.products.$.sku`.

use std::{fmt, str::FromStr};

/// The steps from the message to a property.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path(pub(super) Vec<Step>);

/// One step inward.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Into the elements of a list.
    Element,
    /// Into the member of this name.
    Member(String),
}

impl Path {
    pub(super) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn ends_in_element(&self) -> bool {
        self.0.last() == Some(&Step::Element)
    }

    pub(super) fn with(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// Whether a member of this name can be written as a step.
    pub(super) fn can_say(name: &str) -> bool {
        !name.is_empty() && name == name.trim()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Element => f.write_str("$")?,
                Step::Member(name) if name == "$" => f.write_str("\\$")?,
                Step::Member(name) => {
                    f.write_str(&name.replace('\\', "\\\\").replace('.', "\\."))?;
                }
            }
        }
        Ok(())
    }
}

impl FromStr for Path {
    type Err = String;

    fn from_str(text: &str) -> Result<Path, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Path::default());
        }
        let mut steps = Vec::new();
        let (mut name, mut escaped) = (String::new(), false);
        let mut end = |name: &mut String, escaped: &mut bool| {
            if name.is_empty() {
                return Err(format!("{text:?} has an empty name in it"));
            }
            let name = std::mem::take(name);
            let element = name == "$" && !*escaped;
            *escaped = false;
            steps.push(if element { Step::Element } else { Step::Member(name) });
            Ok(())
        };
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '.' => end(&mut name, &mut escaped)?,
                '\\' => match chars.next() {
                    Some(c @ ('.' | '\\' | '$')) => {
                        name.push(c);
                        escaped = true;
                    }
                    _ => return Err(format!("{text:?} has a \\ before no dot")),
                },
                c => name.push(c),
            }
        }
        end(&mut name, &mut escaped)?;
        Ok(Path(steps))
    }
}
