//! Reads what a broker holds, with another implementation of the protocol than ours.

use std::{collections::BTreeMap, io::Read as _, net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiKey, CreateTopicsRequest, FetchRequest, MetadataRequest, RequestHeader, ResponseHeader,
        TopicName,
        create_topics_request::{CreatableTopic, CreatableTopicConfig},
        fetch_request::{FetchPartition, FetchTopic},
        metadata_request::MetadataRequestTopic,
    },
    protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes},
    records::{Compression, Record, RecordBatchDecoder},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Large enough for whatever a test unpacks.
const UNPACKED_BYTES_MAX: usize = 16 << 20;
/// Between two looks at what a broker does.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

pub(crate) struct Reader {
    stream: TcpStream,
}

impl Reader {
    /// Waits for a broker that starts; callers have a broker that does.
    pub(crate) async fn connect(address: &str) -> Reader {
        let address: SocketAddr = address.parse().expect("an address and a port");
        loop {
            #[expect(clippy::disallowed_methods, reason = "it looks at what a test has started")]
            if let Ok(stream) = TcpStream::connect(address).await {
                return Reader { stream };
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn call<R: Request>(&mut self, version: i16, request: R) -> R::Response {
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_client_id(Some(StrBytes::from_static_str("reader")));
        let mut bytes = BytesMut::new();
        header.encode(&mut bytes, R::header_version(version)).expect("it can be written");
        request.encode(&mut bytes, version).expect("it can be written");
        self.stream.write_u32(bytes.len() as u32).await.expect("the broker listens");
        self.stream.write_all(&bytes).await.expect("the broker listens");
        let len = self.stream.read_u32().await.expect("the broker answers") as usize;
        let mut answer = vec![0; len];
        self.stream.read_exact(&mut answer).await.expect("the broker answers");
        let mut answer = Bytes::from(answer);
        let header = R::Response::header_version(version);
        ResponseHeader::decode(&mut answer, header).expect("it can be read");
        R::Response::decode(&mut answer, version).expect("it can be read")
    }

    /// Makes a topic, and returns when it can be written to.
    pub(crate) async fn create(&mut self, name: &str, partitions: i32, config: &[(&str, &str)]) {
        let text = |text: &str| StrBytes::from_string(text.to_owned());
        let config = config.iter().map(|(name, value)| {
            CreatableTopicConfig::default().with_name(text(name)).with_value(Some(text(value)))
        });
        let topic = CreatableTopic::default()
            .with_name(TopicName(text(name)))
            .with_num_partitions(partitions)
            .with_replication_factor(1)
            .with_configs(config.collect());
        let request =
            CreateTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(30_000);
        let answer = self.call(5, request).await;
        assert_eq!(answer.topics[0].error_code, 0, "{answer:?}");
        while self.partitions(name).await < partitions {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How many partitions of `topic` have a leader.
    pub(crate) async fn partitions(&mut self, topic: &str) -> i32 {
        let name = TopicName(StrBytes::from_string(topic.to_owned()));
        let topic = MetadataRequestTopic::default().with_name(Some(name));
        let request = MetadataRequest::default()
            .with_topics(Some(vec![topic]))
            .with_allow_auto_topic_creation(false);
        let answer = self.call(4, request).await;
        let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
        partitions.filter(|partition| partition.error_code == 0).count() as i32
    }

    /// Everything in `topic`, by partition, in order.
    pub(crate) async fn read(&mut self, topic: &str) -> Vec<Vec<Record>> {
        let mut all = Vec::new();
        for partition in 0..self.partitions(topic).await {
            let mut records: Vec<Record> = Vec::new();
            loop {
                let next = records.last().map_or(0, |record| record.offset + 1);
                let (end, more) = self.fetch(topic, partition, next).await;
                records.extend(more.into_iter().filter(|record| record.offset >= next));
                if records.last().map_or(0, |record| record.offset + 1) >= end {
                    break;
                }
            }
            all.push(records);
        }
        all
    }

    /// How many records are in the first `partitions` of `topic`.
    pub(crate) async fn count(&mut self, topic: &str, partitions: i32) -> i64 {
        let mut count = 0;
        for partition in 0..partitions {
            count += self.fetch(topic, partition, 0).await.0;
        }
        count
    }

    async fn fetch(&mut self, topic: &str, partition: i32, from: i64) -> (i64, Vec<Record>) {
        let partition = FetchPartition::default()
            .with_partition(partition)
            .with_fetch_offset(from)
            .with_partition_max_bytes(1 << 20);
        let topic = FetchTopic::default()
            .with_topic(TopicName(StrBytes::from_string(topic.to_owned())))
            .with_partitions(vec![partition]);
        let request = FetchRequest::default()
            .with_replica_id((-1).into())
            .with_max_wait_ms(100)
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_topics(vec![topic]);
        let mut found = loop {
            let mut answer = self.call(4, request.clone()).await;
            let found = answer.responses.remove(0).partitions.remove(0);
            match found.error_code {
                0 => break found,
                // a broker that starts does not lead yet what it says it does
                5 | 6 => tokio::time::sleep(PAUSE).await,
                _ => panic!("{found:?}"),
            }
        };
        let mut bytes = found.records.take().unwrap_or_default();
        let mut records = Vec::new();
        // the last batch may be cut off; it comes whole with the next fetch
        while let Some(len) = whole_batch(&bytes) {
            let mut batch = bytes.split_to(len);
            let batch =
                RecordBatchDecoder::decode_with_custom_compression(&mut batch, Some(unpack));
            records.extend(batch.expect("the broker holds whole batches").records);
        }
        (found.high_watermark, records)
    }
}

fn whole_batch(bytes: &Bytes) -> Option<usize> {
    let len = i32::from_be_bytes(bytes.get(8..12)?.try_into().ok()?) as usize + 12;
    (bytes.len() >= len).then_some(len)
}

/// Unpacks the records of a batch.
pub(crate) fn unpack(bytes: &mut Bytes, how: Compression) -> anyhow::Result<Bytes> {
    let mut out = Vec::new();
    match how {
        Compression::None => return Ok(bytes.clone()),
        Compression::Gzip => {
            #[expect(clippy::disallowed_methods, reason = "a test packed it")]
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut out)?;
        }
        Compression::Snappy => out = snap::raw::Decoder::new().decompress_vec(bytes)?,
        Compression::Lz4 => {
            lz4_flex::frame::FrameDecoder::new(&bytes[..]).read_to_end(&mut out)?;
        }
        Compression::Zstd => out = zstd::bulk::decompress(bytes, UNPACKED_BYTES_MAX)?,
    }
    Ok(out.into())
}

/// Records by the `messageId` in their headers, with how often each stands there.
pub(crate) fn counted(partitions: &[Vec<Record>]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for record in partitions.iter().flatten() {
        *counted.entry(header(record, "message-id")).or_default() += 1;
    }
    counted
}

pub(crate) fn header(record: &Record, name: &'static str) -> String {
    let value = record.headers.get(&StrBytes::from_static_str(name)).cloned().flatten();
    String::from_utf8_lossy(&value.unwrap_or_default()).into_owned()
}

/// Names the calls that the model of a broker takes.
pub(crate) fn call_of(key: i16) -> ApiKey {
    ApiKey::try_from(key).expect("a call of the protocol")
}
