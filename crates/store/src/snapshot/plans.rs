//! The tracking plans of a snapshot. To compile one costs far more than to read it, so each is
//! compiled once for each of its revisions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use spec::SourceId;
use sqlx::{AnyConnection, Row};
use tracking_plan::{Compiled, Plan, RuleType, Settings};

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
    // Hundreds of schemas take a while.
    let work = tokio::task::spawn_blocking(move || compiled(&rules, Settings::default()));
    match work.await {
        Ok(Ok(plan)) => Ok(Some(plan)),
        Ok(Err(problem)) => {
            tracing::warn!(plan = id, revision, problem, "a tracking plan cannot be used");
            Ok(None)
        }
        Err(error) => {
            tracing::error!(plan = id, revision, %error, "a tracking plan cannot be compiled");
            Ok(None)
        }
    }
}

/// A plan of rules as they are stored.
///
/// Errors: the first thing that is wrong with it, in a sentence.
pub fn compiled(rules: &[tracking_plans::Rule], settings: Settings) -> Result<Compiled, String> {
    let mut plan = Plan { settings, ..Plan::default() };
    for rule in rules {
        let on = RuleType::from_word(&rule.kind)
            .ok_or_else(|| format!("{:?} is no type of rules", rule.kind))?;
        plan.rules.push(tracking_plan::Rule {
            on,
            key: Some(rule.key.clone()).filter(|key| !key.is_empty()),
            version: u32::try_from(rule.version).map_err(|error| error.to_string())?,
            json_schema: serde_json::from_str(&rule.json_schema)
                .map_err(|error| error.to_string())?,
        });
    }
    Compiled::new(&plan).map_err(|problems| match problems.first() {
        Some(first) => first.to_string(),
        None => "it does not compile".to_owned(),
    })
}
