use store::listings;

use crate::{error::ApiError, metadata::SourceMetadata, state::Api};

/// Characters of a description that other sites show.
const DESCRIPTION_CHARS: usize = 200;

/// What other sites may show of a page of the catalog, as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The page's title.
    pub title: String,
    /// What stands on it, in a sentence or two.
    pub description: String,
    /// Where it is; absent where the page is found under several addresses.
    pub url: Option<String>,
    /// Its picture.
    pub image: Option<String>,
}

impl Card {
    /// Of the catalog as a whole.
    pub fn catalog() -> Card {
        Card {
            title: "Catalog · Headwater".to_owned(),
            description: "Sources and destinations that can be connected.".to_owned(),
            url: None,
            image: None,
        }
    }
}

/// The card of the listed entry with this slug. Of everything else there is none, whoever asks:
/// what other sites show, everybody reads.
pub async fn card(api: &Api, slug: &str) -> Option<Card> {
    catalog::slug::check_slug(slug).ok()?;
    match find(api, slug).await {
        Ok(card) => card,
        Err(error) => {
            // The page itself works without it.
            tracing::warn!(slug, %error, "a catalog entry cannot be read for its page");
            None
        }
    }
}

async fn find(api: &Api, slug: &str) -> Result<Option<Card>, ApiError> {
    let mut db = api.db.read().await?;
    let row = match listings::find(&mut db, "source", slug).await? {
        Some(row) => Some(row),
        None => listings::find(&mut db, "destination", slug).await?,
    };
    let Some(row) = row.filter(|row| row.slug == slug) else { return Ok(None) };
    let entry = SourceMetadata::of(api, &row);
    Ok(Some(Card {
        title: format!("{} · Headwater", entry.name),
        description: shortened(&content::markdown::plain_text(&entry.description)),
        url: Some(api.link(&format!("/catalog/{slug}"))),
        image: Some(entry.logos.default),
    }))
}

fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(DESCRIPTION_CHARS) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}
