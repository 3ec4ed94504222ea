//! A request's body, from its bytes to records.

use event_log::{Batch, EventLog, MemoryLog, Position};
use ingest::accept::{Call, Scratch, SplitFault, World, expanded_bytes, fill, split};
use routing::SourceRoute;
use serde_json::value::RawValue;
use spec::{Discard, Kind, Message, SourceId, limits, record};
use uuid::Uuid;

/// More than this no request becomes, whatever its context is merged into.
const RECORDS_BYTES_MAX: usize = 5 << 20;

/// Splits, judges and normalises a body; its first byte says whether it is a call, and which, or a
/// batch.
///
/// - What we take is JSON, and JSON that is an object within the limits is taken.
/// - Every message becomes one record, or is counted in one.
/// - What is stored is JSON, a message, and would be accepted again.
pub fn body(input: &[u8]) {
    let Some((first, body)) = input.split_first() else { return };
    let kind = Kind::ALL.get(usize::from(*first) % (Kind::ALL.len() + 2)).copied();
    let mut scratch = Scratch::default();
    let plain = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let json = serde_json::from_slice::<&RawValue>(plain).is_ok();
    let object = json && plain.trim_ascii_start().starts_with(b"{");
    let mut parsed = match split(body, kind, &mut scratch) {
        Ok(parsed) => parsed,
        Err(error) => {
            let fits = error.fault == SplitFault::Malformed && depth(plain) <= limits::DEPTH_MAX;
            assert!(!(object && fits), "JSON was refused: {error}, {}", error.expected);
            return;
        }
    };
    assert!(object, "what is no JSON object was taken");
    let (messages, room) = (parsed.messages().max(1), expanded_bytes(&parsed));
    assert!(room <= RECORDS_BYTES_MAX, "{room} bytes are reserved for {}", body.len());
    let log = MemoryLog::new();
    let mut batch = Batch::new();
    let call = Call {
        received_at_ms: 1_772_445_600_000,
        peer_ip: Some([203, 0, 113, 7].into()),
        user_agent: None,
        pixel: false,
        receipt: true,
    };
    let world = World {
        key_of: &|stream, id| log.key_of(stream, id),
        fresh_id: &mut || Uuid::from_u128(1),
    };
    let verdicts = fill(&mut parsed, &source(), &call, world, &mut batch);
    assert!(batch.bytes() <= RECORDS_BYTES_MAX, "{} of {}", batch.bytes(), body.len());
    assert_eq!((verdicts.accepted + verdicts.discarded) as usize, messages);
    assert_eq!(verdicts.receipts.len(), verdicts.accepted as usize);
    let records = batch.len();
    let read = crate::block_on(async {
        log.lane().append(batch).await.expect("memory takes all");
        log.read(Position::default(), usize::MAX).await.expect("memory gives all").entries
    });
    assert_eq!(read.len(), records);
    for entry in read.iter().filter(|entry| entry.duplicate_of.is_none()) {
        if entry.label.kind == record::DISCARD {
            record::decode::<Discard>(&entry.payload).expect("a discard can be read");
            continue;
        }
        let message = Message::decode(entry.payload.clone()).expect("a message can be read");
        again(&message);
    }
}

/// A stored message, sent once more as it is.
fn again(message: &Message) {
    let raw = message.raw();
    serde_json::from_slice::<&RawValue>(raw).expect("what is stored is JSON");
    assert!(!message.message_id().is_empty());
    if raw.len() > limits::MESSAGE_BYTES_MAX {
        return;
    }
    let mut scratch = Scratch::default();
    let mut parsed = split(raw, Some(message.kind()), &mut scratch).expect("it is within limits");
    let mut batch = Batch::new();
    let call = Call {
        received_at_ms: 1_772_445_700_000,
        peer_ip: None,
        user_agent: None,
        pixel: false,
        receipt: false,
    };
    let world = World { key_of: &|_, _| 1, fresh_id: &mut || unreachable!("it has an id") };
    let verdicts = fill(&mut parsed, &source(), &call, world, &mut batch);
    assert_eq!(verdicts.discards, [], "what was accepted is not any more");
}

fn source() -> SourceRoute {
    SourceRoute {
        id: SourceId("src_1".into()),
        slug: "website".into(),
        name: "Website".into(),
        write_keys: Vec::new(),
        enabled: true,
        client_side: true,
        destinations: Vec::new(),
        schema: Default::default(),
        keep_for: None,
    }
}

/// How deep valid JSON is nested.
fn depth(json: &[u8]) -> usize {
    let (mut open, mut deepest, mut inside, mut escaped) = (0usize, 0, false, false);
    for byte in json {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' if !inside => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
