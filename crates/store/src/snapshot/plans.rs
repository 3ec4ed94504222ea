//! The tracking plans of a snapshot. To compile one costs far more than to read it, so each is
//! compiled once for each of its revisions.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use spec::SourceId;
use sqlx::{AnyConnection, Row};
use tracking_plan::Compiled;

use crate::{StoreError, tracking_plans};

/// Compiled plans, kept from one snapshot to the next.
#[derive(Default)]
pub struct Plans(Mutex<HashMap<Key, Known>>);

/// Id and revision.
type Key = (String, i64);

/// `None`: it cannot be compiled, which was said once.
type Known = Option<Compiled>;

impl Plans {
    /// The plan of every source that has one. A plan that cannot be used is passed over with a
    /// warning: its sources go on without.
    pub(super) async fn of_sources(
        &self,
        db: &mut AnyConnection,
    ) -> Result<Vec<(SourceId, Arc<Compiled>)>, StoreError> {
        let rows = sqlx::query(
            "SELECT s.source_id, p.id, p.revision, s.settings FROM source_schemas s \
             JOIN tracking_plans p ON p.id = s.plan_id ORDER BY s.source_id",
        );
        let mut plans: HashMap<Key, Known> = HashMap::new();
        let mut found = Vec::new();
        for row in rows.fetch_all(&mut *db).await? {
            let source: String = row.try_get(0)?;
            let key: Key = (row.try_get(1)?, row.try_get(2)?);
            let known = match plans.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let before = self.lock().get(&key).cloned();
                    let known = match before {
                        Some(known) => known,
                        None => compile(db, &key).await?,
                    };
                    plans.insert(key, known.clone());
                    known
                }
            };
            let Some(plan) = known else { continue };
            let settings: String = row.try_get(3)?;
            let settings = serde_json::from_str(&settings).unwrap_or_default();
            found.push((SourceId(source.into()), Arc::new(plan.with_settings(settings))));
        }
        *self.lock() = plans;
        Ok(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn compile(db: &mut AnyConnection, (id, revision): &Key) -> Result<Known, StoreError> {
    let rules = tracking_plans::rules(db, id, *revision).await?;
    let unusable = |problem: &dyn fmt::Display| {
        tracing::warn!(plan = id, revision, %problem, "a tracking plan cannot be used");
    };
    let plan = match tracking_plans::plan_of(&rules) {
        Ok(plan) => plan,
        Err(error) => {
            unusable(&error);
            return Ok(None);
        }
    };
    // Hundreds of schemas take a while.
    match tokio::task::spawn_blocking(move || Compiled::new(&plan)).await {
        Ok(Ok(plan)) => return Ok(Some(plan)),
        Ok(Err(problems)) => problems.first().into_iter().for_each(|first| unusable(first)),
        Err(error) => unusable(&error),
    }
    Ok(None)
}
