//! What of their sources' messages destinations get.

use std::collections::{BTreeMap, HashMap};

use filters::{Compiled, Filter, Salt};
use routing::DestinationRoute;
use spec::SourceId;
use sqlx::AnyConnection;

use super::{records, texts};
use crate::{Sealer, StoreError, destination_filters::open_salt};

/// A filter in its place: when it was made, and its id; then its source, and what it says.
type Placed<'a> = (i64, &'a str, &'a str, &'a str);

/// Gives `destinations` their filters. One whose filters cannot be read, or whose key does not
/// open, is left out with a warning: it must not get what a filter would have kept from it.
pub(super) async fn put(
    db: &mut AnyConnection,
    sealer: &Sealer,
    destinations: &mut Vec<DestinationRoute>,
) -> Result<(), StoreError> {
    let fields = ["destination_id", "CAST(created_at_ms AS TEXT)", "id", "source_id", "filter"];
    let filters = texts(db, &fields, "destination_filters", "destination_id").await?;
    if filters.is_empty() {
        return Ok(());
    }
    let salts = texts(db, &["destination_id", "sealed"], "destination_salts", "").await?;
    let salts: HashMap<&str, &str> = records(&salts).map(|[id, sealed]| (id, sealed)).collect();
    let mut placed: HashMap<&str, Vec<Placed<'_>>> = HashMap::new();
    for [destination, made, id, source, filter] in records(&filters) {
        let made = made.parse().unwrap_or_default();
        placed.entry(destination).or_default().push((made, id, source, filter));
    }
    destinations.retain_mut(|route| {
        let Some(mut filters) = placed.remove(route.id.as_str()) else { return true };
        filters.sort_unstable();
        match compiled(sealer, route.id.as_str(), salts.get(route.id.as_str()), &filters) {
            Ok(compiled) => route.filters = compiled,
            Err(problem) => {
                tracing::warn!(destination = %route.id, problem, "a destination is left out");
                return false;
            }
        }
        true
    });
    Ok(())
}

fn compiled(
    sealer: &Sealer,
    destination: &str,
    sealed: Option<&&str>,
    filters: &[Placed<'_>],
) -> Result<BTreeMap<u64, Compiled>, &'static str> {
    let salt = match sealed {
        Some(sealed) => {
            open_salt(sealer, destination, sealed).ok_or("the key of its hashes does not open")?
        }
        None => Salt::default(),
    };
    let mut by_stream: BTreeMap<u64, Vec<Filter>> = BTreeMap::new();
    for (_, _, source, filter) in filters {
        let filter: Filter =
            serde_json::from_str(filter).map_err(|_| "one of its filters cannot be read")?;
        if filter.enabled && filter.needs_salt() && sealed.is_none() {
            return Err("the key of its hashes is missing");
        }
        by_stream.entry(SourceId((*source).into()).stream()).or_default().push(filter);
    }
    let compiled = by_stream.into_iter();
    Ok(compiled.map(|(stream, filters)| (stream, Compiled::of_stored(&filters, &salt))).collect())
}
