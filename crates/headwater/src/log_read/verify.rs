//! Reads every record: the log checks the checksums, we check that each payload can be read.

use std::{collections::BTreeMap, sync::Arc};

use event_log::{CONTROL, Entry, EventLog, LogError};
use indicatif::HumanBytes;
use serde::{Deserialize, Serialize};
use spec::{Attempts, Delivered, Discard, Feed, Lapse, Message, Pause, Refused, Release, record};

use super::Reading;

/// More places are counted and not named.
const PLACES_MAX: usize = 20;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether nothing is damaged.
    pub whole: bool,
    /// Bytes of log that were read.
    bytes: u64,
    /// Records by kind.
    records: BTreeMap<String, u64>,
    duplicates: u64,
    damaged_bytes: u64,
    /// Records whose checksum holds and whose payload this release cannot read.
    unreadable: u64,
    /// Positions of the first of them.
    unreadable_at: Vec<String>,
}

/// A check under way.
pub struct Verify {
    /// How far it has come.
    pub reading: Reading,
    report: Report,
}

impl Verify {
    /// Begins with the oldest record.
    pub fn new(log: Arc<dyn EventLog>) -> Verify {
        let oldest = log.stats().oldest;
        let reading = Reading::new(log, oldest);
        let bytes = reading.end.0.saturating_sub(oldest.0);
        Verify { reading, report: Report { bytes, ..Report::default() } }
    }

    /// Reads on; the report once there is no more.
    ///
    /// Errors: the log cannot be read at all.
    pub async fn step(&mut self) -> Result<Option<Report>, LogError> {
        if let Some(entries) = self.reading.next().await? {
            entries.into_iter().for_each(|entry| self.report.add(entry));
            return Ok(None);
        }
        let mut report = std::mem::take(&mut self.report);
        report.damaged_bytes = self.reading.log.stats().damaged_bytes;
        report.whole = report.damaged_bytes == 0 && report.unreadable == 0;
        Ok(Some(report))
    }
}

impl Report {
    fn add(&mut self, entry: Entry) {
        let Entry { position, label, duplicate_of, payload } = entry;
        if duplicate_of.is_some() {
            self.duplicates += 1;
            return;
        }
        let (name, readable) = match label.kind {
            CONTROL => ("control", true),
            record::MESSAGE => ("message", Message::decode(payload).is_ok()),
            record::DISCARD => ("discard", record::decode::<Discard>(&payload).is_ok()),
            record::REFUSED => ("refused", record::decode::<Refused>(&payload).is_ok()),
            record::ATTEMPTS => ("attempts", record::decode::<Attempts>(&payload).is_ok()),
            record::FEED => ("feed", record::decode::<Feed>(&payload).is_ok()),
            record::DELIVERED => ("delivered", record::decode::<Delivered>(&payload).is_ok()),
            record::PAUSE => ("pause", record::decode::<Pause>(&payload).is_ok()),
            record::LAPSE => ("lapse", record::decode::<Lapse>(&payload).is_ok()),
            record::RELEASE => ("release", record::decode::<Release>(&payload).is_ok()),
            _ => ("of a kind unknown to this release", false),
        };
        *self.records.entry(name.to_owned()).or_default() += 1;
        if !readable {
            self.unreadable += 1;
            if self.unreadable_at.len() < PLACES_MAX {
                self.unreadable_at.push(position.to_string());
            }
        }
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut out = format!("read {} of log\n", HumanBytes(self.bytes));
        for (name, number) in &self.records {
            out.push_str(&format!("  {number:>12} {name}\n"));
        }
        out.push_str(&format!("  {:>12} duplicates\n", self.duplicates));
        if self.whole {
            out.push_str("whole: every checksum holds, and every record can be read\n");
            return out;
        }
        out.push_str(&format!(
            "damaged: {} bytes were passed over, {} records cannot be read",
            self.damaged_bytes, self.unreadable
        ));
        if !self.unreadable_at.is_empty() {
            out.push_str(&format!(" (the first at {})", self.unreadable_at.join(", ")));
        }
        out.push('\n');
        out
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use event_log::{Batch, Label, MemoryLog, Position, Tag};
    use expect_test::expect;
    use spec::DestinationId;

    use super::*;

    #[tokio::test]
    async fn a_record_that_cannot_be_read_is_named() {
        let log = MemoryLog::new();
        let mut batch = Batch::new();
        let label = |kind| Label { kind, stream: 7, time_ms: 1, tag: Tag::None };
        batch.push(label(record::MESSAGE), b"no message");
        batch.push(label(record::FEED), b"");
        let lapse = Lapse { destination: DestinationId("crm".into()), lost: vec![] };
        batch.push(label(record::LAPSE), &record::encode(&lapse));
        batch.commit("books", Position(0));
        log.lane().append(batch).await.unwrap();
        let mut verify = Verify::new(Arc::new(log));
        assert_eq!(verify.step().await.unwrap(), None);
        let report = verify.step().await.unwrap().unwrap();
        assert!(!report.whole);
        expect![[r#"{"whole":false,"bytes":224,"records":{"control":1,"feed":1,"lapse":1,"message":1},"duplicates":0,"damagedBytes":0,"unreadable":2,"unreadableAt":["0","56"]}"#]].assert_eq(&serde_json::to_string(&report).unwrap());
        expect![[r#"
            read 224 B of log
                         1 control
                         1 feed
                         1 lapse
                         1 message
                         0 duplicates
            damaged: 0 bytes were passed over, 2 records cannot be read (the first at 0, 56)
        "#]]
        .assert_eq(&report.to_text());
    }
}
