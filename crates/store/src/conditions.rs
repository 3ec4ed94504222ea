//! The conditions of a query that is put together from filters, with `$n` for every value.

use catalog::{Label, access::Scope};
use sqlx::{Any, AnyConnection, Row, any::AnyArguments, query::Query};

use crate::{Page, StoreError};

/// Conditions that all have to hold, and the values they speak of.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    sql: String,
    values: Vec<String>,
}

impl Conditions {
    /// None yet.
    pub fn new() -> Conditions {
        Conditions::default()
    }

    /// The place of a value: `$1`, `$2` …
    pub fn bind(&mut self, value: &str) -> String {
        self.values.push(value.to_owned());
        format!("${}", self.values.len())
    }

    /// The places of several values, for `IN (…)`; of none, what is equal to nothing.
    pub fn list(&mut self, values: &[&str]) -> String {
        if values.is_empty() {
            return "NULL".to_owned();
        }
        let places: Vec<String> = values.iter().map(|value| self.bind(value)).collect();
        places.join(", ")
    }

    /// Adds a condition.
    pub fn and(&mut self, condition: &str) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push('(');
        self.sql.push_str(condition);
        self.sql.push(')');
    }

    /// `column` is `value`.
    pub fn equal(&mut self, column: &str, value: &str) {
        let place = self.bind(value);
        self.and(&format!("{column} = {place}"));
    }

    /// `text` contains `part`, whatever the case of plain letters.
    pub fn contains(&mut self, text: &str, part: &str) {
        let place = self.pattern(part);
        self.and(&format!("lower({text}) LIKE lower({place}) ESCAPE '\\'"));
    }

    /// As text: `text`, whatever the case of its plain letters, or `lower`, which is in lower case,
    /// contains `part`.
    pub fn either(&mut self, text: &str, lower: &str, part: &str) -> String {
        let place = self.pattern(&part.to_lowercase());
        format!("{lower} LIKE {place} ESCAPE '\\' OR lower({text}) LIKE {place} ESCAPE '\\'")
    }

    /// `text`, which is in lower case, contains `part`, which is so too.
    pub fn contains_lower(&mut self, text: &str, part: &str) {
        let place = self.pattern(part);
        self.and(&format!("{text} LIKE {place} ESCAPE '\\'"));
    }

    fn pattern(&mut self, part: &str) -> String {
        let mut pattern = String::from("%");
        for c in part.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        self.bind(&pattern)
    }

    /// The source in `column` carries a label.
    pub fn label(&mut self, column: &str, key: &str, value: &str) {
        let condition = self.carries(column, &Label::new(key, value));
        self.and(&condition);
    }

    /// `id` is in `scope`, or it carries the labels that the scope asks for: those of the source
    /// in the column `source`.
    pub fn scope(&mut self, scope: &Scope, id: &str, source: &str) {
        let condition = self.within(scope, id, source);
        self.and(&condition);
    }

    /// [`Conditions::scope`] as text, to be put together with others.
    pub fn within(&mut self, scope: &Scope, id: &str, source: &str) -> String {
        if scope.everything {
            return "1 = 1".to_owned();
        }
        let mut ways = Vec::new();
        if !scope.ids.is_empty() {
            let ids: Vec<&str> = scope.ids.iter().map(String::as_str).collect();
            ways.push(format!("{id} IN ({})", self.list(&ids)));
        }
        for (only, labels) in &scope.labelled {
            let mut all: Vec<String> =
                labels.iter().map(|label| self.carries(source, label)).collect();
            if let Some(only) = only {
                let place = self.bind(only);
                all.push(format!("{id} = {place}"));
            }
            ways.push(format!("({})", all.join(" AND ")));
        }
        if ways.is_empty() { "1 = 0".to_owned() } else { ways.join(" OR ") }
    }

    fn carries(&mut self, source: &str, label: &Label) -> String {
        let (key, value) = (self.bind(&label.key), self.bind(&label.value));
        format!(
            "EXISTS (SELECT 1 FROM source_labels l WHERE l.source_id = {source} \
             AND l.label_key = {key} AND l.label_value = {value})"
        )
    }

    /// Only rows after the page before, in a list sorted by `column`.
    pub fn after(&mut self, column: &str, page: &Page) {
        if let Some(after) = &page.after {
            let place = self.bind(after);
            self.and(&format!("{column} > {place}"));
        }
    }

    /// Only rows after the page before, in a list sorted by `column` and then `id`; the cursor is
    /// both, with a line break between.
    pub fn after_both(&mut self, column: &str, id: &str, page: &Page) {
        let after = page.after.as_deref().and_then(|after| after.rsplit_once('\n'));
        if let Some((first, second)) = after {
            let (first, second) = (self.bind(first), self.bind(second));
            self.and(&format!("{column} > {first} OR ({column} = {first} AND {id} > {second})"));
        }
    }

    /// The conditions, for behind `WHERE`.
    pub fn sql(&self) -> &str {
        if self.sql.is_empty() { "1 = 1" } else { &self.sql }
    }

    /// How many rows of `table` there are, of which `rows` came with `page`. Nothing is counted that
    /// is there: a search that finds little has read the whole table once already.
    pub async fn total(
        &self,
        table: &str,
        page: &Page,
        rows: usize,
        db: &mut AnyConnection,
    ) -> Result<i64, StoreError> {
        if page.is_whole(rows) {
            return Ok(i64::try_from(rows).unwrap_or(i64::MAX));
        }
        self.count(table, db).await
    }

    /// How many rows of `table` there are.
    pub async fn count(&self, table: &str, db: &mut AnyConnection) -> Result<i64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {}", self.sql());
        Ok(self.query(&sql).fetch_one(db).await?.try_get(0)?)
    }

    /// `sql` with every value in its place. What is spliced into `sql` are column names and
    /// places, never values.
    pub fn query(&self, sql: &str) -> Query<'static, Any, AnyArguments> {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()));
        for value in &self.values {
            query = query.bind(value.clone());
        }
        query
    }

    /// `sql` with every value in its place, cut to what a page needs.
    pub fn limited(&self, sql: &str, page: &Page) -> Query<'static, Any, AnyArguments> {
        let sql = format!("{sql} LIMIT ${}", self.values.len() + 1);
        self.query(&sql).bind(page.limit())
    }
}
