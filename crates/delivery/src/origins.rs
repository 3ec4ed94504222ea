//! Which source a stream of the log is.

use std::{collections::HashMap, sync::Arc};

use destination_kit::Origin;
use routing::Routing;
use spec::SourceId;

/// Sources by their streams, as the routing names them now. One that the routing no longer knows
/// keeps the names it had.
pub struct Origins {
    routing: Routing,
    revision: u64,
    known: HashMap<u64, Arc<Origin>>,
}

impl Origins {
    /// The sources that `routing` knows.
    pub fn new(routing: Routing) -> Origins {
        let revision = routing.current().revision;
        Origins { routing, revision, known: HashMap::new() }
    }

    /// The source behind `stream`.
    pub fn of(&mut self, stream: u64) -> Arc<Origin> {
        let snapshot = self.routing.current();
        if snapshot.revision != self.revision {
            self.revision = snapshot.revision;
            self.known.retain(|stream, origin| match snapshot.source_of_stream(*stream) {
                Some(source) => source.slug == origin.slug && source.name == origin.name,
                None => true,
            });
        }
        let origin = self.known.entry(stream).or_insert_with(|| {
            Arc::new(match snapshot.source_of_stream(stream) {
                Some(source) => Origin {
                    id: source.id.clone(),
                    slug: source.slug.clone(),
                    name: source.name.clone(),
                },
                // deleted before we began: its stream is all that is left of it
                None => {
                    let slug = format!("source-{stream:016x}");
                    Origin { id: SourceId(slug.as_str().into()), name: slug.clone(), slug }
                }
            })
        });
        origin.clone()
    }
}
