//! What can go wrong between a query and its caller.

/// Why a query has no answer. Not found is no error but `None`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with this unique value exists already; say so, or choose another value.
    #[error("there is one already")]
    Taken,
    /// Something else still refers to the row, or what it refers to is gone.
    #[error("something else refers to it")]
    Referenced,
    /// The row was changed since it was read: read it again.
    #[error("it was changed meanwhile")]
    Stale,
    /// The database was written by a newer Headwater: use that one.
    #[error("the database is of a newer version of Headwater (migration {0})")]
    Newer(i64),
    /// A migration that has run reads differently now.
    #[error("migration {0} was changed after it ran")]
    Edited(i64),
    /// The transaction was of a database for rehearsals, which keeps nothing.
    #[error("this was a rehearsal")]
    Rehearsed,
    /// A row holds what this version cannot read.
    #[error("cannot read {what}: {why}")]
    Unreadable {
        /// Table and column.
        what: &'static str,
        /// The parser's word.
        why: String,
    },
    /// The database cannot answer now.
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        use sqlx::error::ErrorKind;
        let kind = error.as_database_error().map(|database| database.kind());
        match kind {
            Some(ErrorKind::UniqueViolation) => StoreError::Taken,
            Some(ErrorKind::ForeignKeyViolation) => StoreError::Referenced,
            _ => StoreError::Unavailable(error),
        }
    }
}
