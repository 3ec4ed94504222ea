//! How many messages the sources of a workspace had: what charts are drawn from.

use axum::{extract::State, http::Uri};
use catalog::{
    Need,
    access::{Things, scope},
};
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{
    Page, Paged,
    sources::{self, Filter, Source},
};
use utoipa::{IntoParams, ToSchema};

use super::forward::{Target, ask};
use crate::{
    answer::{Data, data, time},
    caller::Caller,
    error::{ApiError, Fault},
    gate::labels_of,
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Sources that may be named at once.
const SOURCES_MAX: usize = 200;

/// How finely time is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Granularity {
    /// Minutes: at most four hours of the last two days.
    Minute,
    /// Hours: at most a week of the last two weeks.
    Hour,
    /// Days, in UTC: at most 30 of them.
    Day,
}

/// Which volume.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
pub struct VolumeQuery {
    /// `MINUTE` (at most four hours of the last 48), `HOUR` (at most 7 days of the last 14) or
    /// `DAY` (at most 30 days).
    #[param(example = "HOUR")]
    granularity: String,
    /// From this time on.
    #[serde(rename = "startTime")]
    #[param(example = "2026-11-25T00:00:00Z")]
    start_time: String,
    /// To this time.
    #[serde(rename = "endTime")]
    #[param(example = "2026-11-25T12:00:00Z")]
    end_time: String,
    /// `source`, which also holds when it is left out.
    #[serde(rename = "groupBy")]
    #[param(example = "source")]
    group_by: Option<Vec<String>>,
    /// Only these sources, by id or slug; all that the caller may see when left out, page by page.
    #[serde(rename = "sourceId")]
    source_id: Option<Vec<String>>,
}

/// The volume in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct VolumeAnswer {
    /// The path that was asked.
    #[schema(example = "/events/volume")]
    path: &'static str,
    /// What was asked for.
    query: VolumeAsked,
    /// One row for each source, by slug.
    result: Vec<SourceVolume>,
    /// Where this page stands.
    pagination: Pagination,
}

/// What was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolumeAsked {
    granularity: Granularity,
    /// From this time on.
    #[schema(example = "2026-11-25T00:00:00.000Z")]
    start_time: String,
    /// To this time.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    end_time: String,
    /// How rows are told apart.
    #[schema(example = json!(["source"]))]
    group_by: [&'static str; 1],
}

/// The accepted messages of one source.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceVolume {
    /// The source.
    source: SourceName,
    /// All of them.
    #[schema(example = 3)]
    total: u64,
    /// Cut evenly, zeros included.
    series: Vec<Point>,
}

/// A source by its names.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceName {
    /// Its id.
    #[schema(example = "src_3yQ8sVbCq5F0w2xJ9kLmNp")]
    id: String,
    /// Its name.
    #[schema(example = "Website")]
    name: String,
    /// Its slug.
    #[schema(example = "website")]
    slug: String,
}

/// One stretch of time.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Point {
    /// Its beginning.
    #[schema(example = "2026-11-25T11:00:00.000Z")]
    time: String,
    /// Messages accepted in it.
    #[schema(example = 3)]
    count: u64,
}

/// Get the volume of events
///
/// How many messages each source had, from the books: rows for every source that the caller may
/// see, or for those that are named, each with an even series. One request draws all the charts of
/// a list.
#[utoipa::path(
    get,
    path = "/events/volume",
    operation_id = "getEventsVolumeFromWorkspace",
    tag = "Data",
    params(VolumeQuery, PageParams),
    responses((status = 200, description = "The volume", body = Data<VolumeAnswer>)),
    extensions(
        ("x-access" = json!("member")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "422": ["invalid", "not_allowed", "required", "too_long", "too_many", "too_old"],
            "503": ["books_behind", "no_data_plane"]
        }))
    )
)]
pub async fn volume(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
    uri: Uri,
) -> Result<Data<VolumeAnswer>, ApiError> {
    let asked = parse(uri.query().unwrap_or_default(), caller.now_ms)?;
    let paged = visible(&api, &caller, &asked.sources, &page).await?;
    let ids: Vec<&str> = paged.rows.iter().map(|source| source.id.as_str()).collect();
    let by = match asked.granularity {
        Granularity::Minute => "minute",
        Granularity::Hour => "hour",
        Granularity::Day => "day",
    };
    let target = Target::new(&["volume"], None)
        .with("by", by)
        .with("sources", &ids.join(","))
        .with("from", &asked.start_ms.to_string())
        .with("to", &asked.end_ms.to_string());

    #[derive(Deserialize)]
    struct Volumes {
        sources: Vec<Volume>,
    }
    #[derive(Deserialize)]
    struct Volume {
        total: u64,
        series: Vec<Point>,
    }
    let found: Volumes = ask(&api, Method::GET, target, None).await?;
    let row = |(source, Volume { total, series }): (&Source, Volume)| {
        let Source { id, name, slug, .. } = source.clone();
        SourceVolume { source: SourceName { id, name, slug }, total, series }
    };
    Ok(data(VolumeAnswer {
        path: "/events/volume",
        query: VolumeAsked {
            granularity: asked.granularity,
            start_time: time(asked.start_ms),
            end_time: time(asked.end_ms),
            group_by: ["source"],
        },
        result: paged.rows.iter().zip(found.sources).map(row).collect(),
        pagination: Pagination::of(&page, &paged),
    }))
}

/// The sources that are named, or a page of all that the caller may see.
async fn visible(
    api: &Api,
    caller: &Caller,
    named: &[String],
    page: &Page,
) -> Result<Paged<Source>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut db = api.db.read().await?;
    if named.is_empty() {
        let visible = scope(&caller.permissions, Things::Sources { admin: false });
        let filter = Filter::all(&visible);
        return Ok(sources::list(&mut db, workspace_id, &filter, page).await?);
    }
    let mut rows: Vec<Source> = Vec::new();
    for name in named {
        let missing = || ApiError::not_found("source");
        let row = sources::find(&mut db, workspace_id, name).await?.ok_or_else(missing)?;
        let labels = labels_of(&mut db, &row.id).await?;
        if !caller.may(&Need::SourceRead(&row.id), &labels) {
            return Err(missing());
        }
        if rows.iter().all(|other| other.id != row.id) {
            rows.push(row);
        }
    }
    rows.sort_by(|a, b| a.slug.cmp(&b.slug));
    let total = i64::try_from(rows.len()).expect("they were bounded");
    Ok(Paged { rows, next: None, total })
}

#[derive(Debug, PartialEq, Eq)]
struct Asked {
    granularity: Granularity,
    start_ms: i64,
    end_ms: i64,
    sources: Vec<String>,
}

fn parse(query: &str, now_ms: i64) -> Result<Asked, ApiError> {
    let mut faults = Vec::new();
    let granularity = match page::value(query, "granularity").as_deref() {
        Some("MINUTE") => Some(Granularity::Minute),
        Some("HOUR") => Some(Granularity::Hour),
        Some("DAY") => Some(Granularity::Day),
        given => {
            let (code, message) = match given {
                None => ("required", "\"granularity\" is required".to_owned()),
                Some(given) => ("not_allowed", format!("{given:?} is no granularity")),
            };
            faults.push(
                Fault::at("/granularity", code, message)
                    .expected("MINUTE, HOUR or DAY")
                    .fix("give one of them"),
            );
            None
        }
    };
    let mut instant = |name: &str| {
        let given = page::value(query, name);
        let parsed = given.as_deref().map(str::parse::<Timestamp>);
        let (code, message) = match (&given, parsed) {
            (_, Some(Ok(time))) => return Some(time.as_millisecond()),
            (Some(given), _) => ("invalid", format!("{given:?} is no time")),
            (None, _) => ("required", format!("\"{name}\" is required")),
        };
        faults.push(
            Fault::at(format!("/{name}"), code, message)
                .expected("a time such as 2026-11-25T12:00:00Z")
                .fix("write it with its offset from UTC"),
        );
        None
    };
    let (start_ms, end_ms) = (instant("startTime"), instant("endTime"));
    if let Some(other) = page::array(query, "groupBy").iter().find(|by| *by != "source") {
        faults.push(
            Fault::at("/groupBy", "not_allowed", format!("volume is not kept by {other:?}"))
                .expected("source")
                .fix("leave it out; GET /sources/{sourceId}/schema counts by event"),
        );
    }
    for name in ["eventName", "eventType", "appVersion"] {
        if !page::array(query, name).is_empty() {
            faults.push(
                Fault::at(
                    format!("/{name}"),
                    "not_allowed",
                    format!("volume is not kept by {name}"),
                )
                .fix("leave it out; GET /sources/{sourceId}/schema counts by event"),
            );
        }
    }
    let sources = page::array(query, "sourceId");
    if sources.len() > SOURCES_MAX {
        faults.push(
            Fault::at("/sourceId", "too_many", "too many sources are named")
                .expected(format!("at most {SOURCES_MAX}"))
                .fix("leave them out and follow pagination.next"),
        );
    }
    if let (Some(granularity), Some(start_ms), Some(end_ms)) = (granularity, start_ms, end_ms) {
        faults.extend(window(granularity, start_ms, end_ms, now_ms));
        if faults.is_empty() {
            return Ok(Asked { granularity, start_ms, end_ms, sources });
        }
    }
    Err(ApiError::invalid(faults))
}

/// What is wrong with the time that is asked for.
fn window(granularity: Granularity, start_ms: i64, end_ms: i64, now_ms: i64) -> Option<Fault> {
    let (name, longest, longest_ms, oldest, oldest_ms) = match granularity {
        Granularity::Minute => ("MINUTE", "4 hours", 4 * HOUR_MS, "48 hours", 2 * DAY_MS),
        Granularity::Hour => ("HOUR", "7 days", 7 * DAY_MS, "14 days", 14 * DAY_MS),
        Granularity::Day => ("DAY", "30 days", 30 * DAY_MS, "", i64::MAX),
    };
    let coarser = match granularity {
        Granularity::Minute => "ask for less time, or for HOUR",
        Granularity::Hour => "ask for less time, or for DAY",
        Granularity::Day => "ask for less time, in several requests",
    };
    if end_ms <= start_ms {
        return Some(
            Fault::at("/endTime", "invalid", "\"endTime\" is not after \"startTime\"")
                .fix("give a later one"),
        );
    }
    if end_ms.saturating_sub(start_ms) > longest_ms {
        let message = format!("{name} is for {longest} at most");
        return Some(
            Fault::at("/endTime", "too_long", message)
                .expected(format!("at most {longest} after \"startTime\""))
                .fix(coarser),
        );
    }
    if now_ms.saturating_sub(start_ms) > oldest_ms {
        let message = format!("{name} is kept for {oldest}");
        return Some(
            Fault::at("/startTime", "too_old", message)
                .expected(format!("a time within the last {oldest}"))
                .fix("ask for a later time, or more coarsely"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_608_000_000;

    fn at(ago_ms: i64) -> String {
        time(NOW_MS - ago_ms)
    }

    /// The codes of what is wrong, by field.
    fn check(query: &str) -> String {
        match parse(query, NOW_MS) {
            Ok(asked) => format!("{:?} {}", asked.granularity, asked.sources.join(" ")),
            Err(error) => {
                let faults = error.faults().iter();
                let faults = faults
                    .map(|f| format!("{} {}", f.field.as_deref().unwrap_or_default(), f.code));
                faults.collect::<Vec<_>>().join(", ")
            }
        }
    }

    #[test]
    fn the_query_is_read_and_every_fault_named() {
        let window = |granularity: &str, from: i64, to: i64| {
            check(&format!("granularity={granularity}&startTime={}&endTime={}", at(from), at(to)))
        };
        assert_eq!(check(""), "granularity required, startTime required, endTime required");
        assert_eq!(window("MINUTE", 4 * HOUR_MS, 0), "Minute ");
        assert_eq!(window("MINUTE", 4 * HOUR_MS + 1, 0), "endTime too_long");
        assert_eq!(window("MINUTE", 2 * DAY_MS, 2 * DAY_MS - HOUR_MS), "Minute ");
        assert_eq!(window("MINUTE", 3 * DAY_MS, 3 * DAY_MS - HOUR_MS), "startTime too_old");
        assert_eq!(window("HOUR", 7 * DAY_MS, 0), "Hour ");
        assert_eq!(window("HOUR", 7 * DAY_MS + 1, 0), "endTime too_long");
        assert_eq!(window("HOUR", 15 * DAY_MS, 14 * DAY_MS), "startTime too_old");
        assert_eq!(window("DAY", 400 * DAY_MS, 370 * DAY_MS), "Day ");
        assert_eq!(window("DAY", 31 * DAY_MS, 0), "endTime too_long");
        assert_eq!(window("DAY", 0, DAY_MS), "endTime invalid");
        assert_eq!(window("WEEK", DAY_MS, 0), "granularity not_allowed");
        let good = format!("granularity=HOUR&startTime={}&endTime={}", at(DAY_MS), at(0));
        assert_eq!(check(&format!("{good}&groupBy.0=source&sourceId=a&sourceId.1=b")), "Hour a b");
        assert_eq!(check(&format!("{good}&groupBy.0=eventName")), "groupBy not_allowed");
        assert_eq!(check(&format!("{good}&eventType=track")), "eventType not_allowed");
        let many = "&sourceId=x".repeat(201);
        assert_eq!(check(&format!("{good}{many}")), "sourceId too_many");
    }
}
