//! Which of their actions destinations do with a message.

use std::collections::HashMap;

use filters::{Mappings, Subscription};
use routing::DestinationRoute;
use sqlx::AnyConnection;

use super::{number, records, texts};
use crate::StoreError;

/// Gives `destinations` their mappings. One whose mappings cannot be read is left out with a
/// warning: it must not get messages whole of which a mapping would have picked.
pub(super) async fn put(
    db: &mut AnyConnection,
    destinations: &mut Vec<DestinationRoute>,
) -> Result<(), StoreError> {
    let made = number("created_at_ms");
    let fields = ["destination_id", made.as_str(), "id", "subscription"];
    let rows = texts(db, &fields, "destination_subscriptions", "destination_id").await?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut placed: HashMap<&str, Vec<(i64, &str, &str)>> = HashMap::new();
    for [destination, made, id, subscription] in records(&rows) {
        let made = made.parse().unwrap_or_default();
        placed.entry(destination).or_default().push((made, id, subscription));
    }
    destinations.retain_mut(|route| {
        let Some(mut mappings) = placed.remove(route.id.as_str()) else { return true };
        mappings.sort_unstable();
        let read = |(_, _, text): &(i64, &str, &str)| serde_json::from_str::<Subscription>(text);
        match mappings.iter().map(read).collect::<Result<Vec<_>, _>>() {
            Ok(mappings) => route.mappings = Mappings::of_stored(&mappings),
            Err(error) => {
                let problem = "one of its mappings cannot be read";
                tracing::warn!(destination = %route.id, %error, problem, "a destination is left out");
                return false;
            }
        }
        true
    });
    Ok(())
}
