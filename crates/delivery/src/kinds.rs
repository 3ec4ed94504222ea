//! The kinds of destination at hand.

use std::{collections::BTreeMap, sync::Arc};

use destination_kit::{BadSetting, Definition, Destination, DestinationKind, Settings, World};
use spec::DestinationId;

/// Every kind of destination, by the slug of its definition.
pub struct Kinds(BTreeMap<String, Kind>);

struct Kind {
    name: Arc<str>,
    kind: Box<dyn DestinationKind>,
}

/// A destination, and its definition's name.
type Named = (Arc<dyn Destination>, Arc<str>);

impl Kinds {
    /// Files `kinds` by their slugs.
    pub fn new(kinds: Vec<Box<dyn DestinationKind>>) -> Kinds {
        let filed = kinds.into_iter().map(|kind| {
            let definition = kind.definition();
            (definition.slug, Kind { name: definition.name.into(), kind })
        });
        Kinds(filed.collect())
    }

    /// The definition of the kind `slug`.
    pub fn definition(&self, slug: &str) -> Option<Definition> {
        Some(self.0.get(slug)?.kind.definition())
    }

    /// The name in the definition of the kind `slug`.
    pub fn name(&self, slug: &str) -> Option<Arc<str>> {
        Some(self.0.get(slug)?.name.clone())
    }

    /// Opens the destination `owner` of the kind `slug`; gives its definition's name beside it.
    ///
    /// Errors: the settings that do not fit, or that there is no such kind.
    pub fn open(
        &self,
        slug: &str,
        settings: &Settings,
        owner: &DestinationId,
        world: &World,
    ) -> Result<Named, Vec<BadSetting>> {
        let Some(kind) = self.0.get(slug) else {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let problem =
                format!("{slug:?} is no kind of destination; known: {}", known.join(", "));
            return Err(vec![BadSetting { key: "type".into(), problem }]);
        };
        Ok((kind.kind.open(settings, owner, world)?, kind.name.clone()))
    }
}
