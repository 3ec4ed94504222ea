//! A broker as the protocol has it, in memory, that can misbehave on demand. It speaks through
//! another implementation of the protocol than ours.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiKey, ApiVersionsResponse, InitProducerIdResponse, MetadataResponse, ProduceRequest,
        ProduceResponse, RequestHeader, RequestKind, ResponseHeader, ResponseKind, TopicName,
        api_versions_response::ApiVersion,
        metadata_response::{
            MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
        },
        produce_response::{PartitionProduceResponse, TopicProduceResponse},
    },
    protocol::{Decodable as _, Encodable as _, StrBytes},
    records::{Record, RecordBatchDecoder},
};
use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::reader::{call_of, counted, unpack};

/// What it does with a call to produce.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Takes the records, and says so.
    Take,
    /// Takes them, and closes the connection without a word.
    TakeAndHangUp,
    /// Takes them, and never says so.
    TakeAndHang,
    /// Closes the connection.
    HangUp,
    /// Answers with this error.
    Error(i16),
    /// Answers with these bytes.
    Say(Vec<u8>),
}

#[derive(Default)]
pub(crate) struct State {
    /// Topics, and how many partitions they have.
    pub(crate) topics: BTreeMap<String, i32>,
    /// What it does with the next calls to produce; when there are no more it takes them.
    pub(crate) acts: VecDeque<Act>,
    /// Answers any call with these bytes.
    pub(crate) says: Option<Vec<u8>>,
    /// Where it says that it listens, unless it is true.
    pub(crate) advertised: Option<(String, i32)>,
    /// A batch is refused that is larger.
    pub(crate) batch_bytes_max: Option<usize>,
    /// What it holds.
    pub(crate) held: BTreeMap<(String, i32), Vec<Record>>,
    /// By producer and partition, the last batch's number and the one to come.
    numbers: HashMap<(i64, String, i32), (i32, i32)>,
    pub(crate) producers: i64,
    pub(crate) produced: usize,
    pub(crate) connections: usize,
}

pub(crate) struct Model {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

impl Model {
    pub(crate) async fn start(topics: &[(&str, i32)]) -> Model {
        Self::start_on([127, 0, 0, 1], topics).await
    }

    pub(crate) async fn start_on(address: [u8; 4], topics: &[(&str, i32)]) -> Model {
        let listener = TcpListener::bind(SocketAddr::from((address, 0))).await.expect("free ports");
        let address = listener.local_addr().expect("it is bound");
        let topics = topics.iter().map(|(name, many)| ((*name).to_owned(), *many)).collect();
        let state = Arc::new(Mutex::new(State { topics, ..State::default() }));
        let accepting = tokio::spawn(accept(listener, address, state.clone()));
        Model { address, state, accepting }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    pub(crate) fn acts(&self, acts: impl IntoIterator<Item = Act>) {
        self.state().acts.extend(acts);
    }

    /// How often it holds each message.
    pub(crate) fn counted(&self) -> BTreeMap<String, usize> {
        let held: Vec<Vec<Record>> = self.state().held.values().cloned().collect();
        counted(&held)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, address: SocketAddr, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        state.lock().expect("nobody panics with it").connections += 1;
        let state = state.clone();
        connections.spawn(async move {
            // a peer that goes away ends its connection
            let _gone = talk(stream, address, &state).await;
        });
    }
}

async fn talk(mut stream: TcpStream, address: SocketAddr, state: &Mutex<State>) -> io::Result<()> {
    loop {
        let len = stream.read_u32().await? as usize;
        let mut request = vec![0; len];
        stream.read_exact(&mut request).await?;
        let mut request = Bytes::from(request);
        let key = call_of(i16::from_be_bytes([request[0], request[1]]));
        let version = i16::from_be_bytes([request[2], request[3]]);
        let header = key.request_header_version(version);
        let header = RequestHeader::decode(&mut request, header).expect("a header");
        let request = RequestKind::decode(key, &mut request, version).expect("a request");
        let act = {
            let mut state = state.lock().expect("nobody panics with it");
            match (&state.says, key) {
                (Some(says), _) => Act::Say(says.clone()),
                (None, ApiKey::Produce) => state.acts.pop_front().unwrap_or(Act::Take),
                (None, _) => Act::Take,
            }
        };
        match act {
            Act::Say(bytes) => {
                stream.write_all(&bytes).await?;
                continue;
            }
            Act::HangUp => return Ok(()),
            _ => {}
        }
        let answer = {
            let mut state = state.lock().expect("nobody panics with it");
            state.answer(request, address, &act)
        };
        match act {
            Act::TakeAndHangUp => return Ok(()),
            Act::TakeAndHang => std::future::pending().await,
            _ => {}
        }
        let mut out = BytesMut::new();
        let head = ResponseHeader::default().with_correlation_id(header.correlation_id);
        head.encode(&mut out, key.response_header_version(version)).expect("a header");
        answer.encode(&mut out, version).expect("an answer");
        stream.write_u32(out.len() as u32).await?;
        stream.write_all(&out).await?;
    }
}

impl State {
    fn answer(&mut self, request: RequestKind, address: SocketAddr, act: &Act) -> ResponseKind {
        match request {
            RequestKind::ApiVersions(_) => {
                let speaks = [(ApiKey::Produce, 8), (ApiKey::Metadata, 9)];
                let speaks = speaks.into_iter().chain([(ApiKey::InitProducerId, 1)]);
                let versions = speaks.map(|(key, newest)| {
                    ApiVersion::default().with_api_key(key as i16).with_max_version(newest)
                });
                let answer = ApiVersionsResponse::default().with_api_keys(versions.collect());
                ResponseKind::ApiVersions(answer)
            }
            RequestKind::Metadata(request) => {
                let (host, port) = self
                    .advertised
                    .clone()
                    .unwrap_or((address.ip().to_string(), i32::from(address.port())));
                let broker = MetadataResponseBroker::default()
                    .with_node_id(1.into())
                    .with_host(StrBytes::from_string(host))
                    .with_port(port);
                let asked = request.topics.unwrap_or_default().into_iter();
                let topics = asked.filter_map(|topic| topic.name).map(|name| self.topic(name));
                let answer = MetadataResponse::default()
                    .with_brokers(vec![broker])
                    .with_topics(topics.collect());
                ResponseKind::Metadata(answer)
            }
            RequestKind::InitProducerId(_) => {
                self.producers += 1;
                let id = (1000 + self.producers).into();
                ResponseKind::InitProducerId(InitProducerIdResponse::default().with_producer_id(id))
            }
            RequestKind::Produce(request) => {
                assert_eq!(request.acks, -1, "every replica in sync must have it");
                self.produced += 1;
                ResponseKind::Produce(self.produce(request, act))
            }
            other => panic!("nobody asks for this: {other:?}"),
        }
    }

    fn topic(&self, name: TopicName) -> MetadataResponseTopic {
        let many = self.topics.get(&*name.0).copied();
        let partitions = (0..many.unwrap_or(0)).map(|index| {
            MetadataResponsePartition::default()
                .with_partition_index(index)
                .with_leader_id(1.into())
        });
        MetadataResponseTopic::default()
            .with_error_code(if many.is_some() { 0 } else { 3 })
            .with_name(Some(name))
            .with_partitions(partitions.collect())
    }

    fn produce(&mut self, request: ProduceRequest, act: &Act) -> ProduceResponse {
        let topics = request.topic_data.into_iter().map(|topic| {
            let name = topic.name;
            let partitions = topic.partition_data.into_iter().map(|partition| {
                let mut bytes = partition.records.expect("there are records");
                let size = bytes.len();
                let unpacked =
                    RecordBatchDecoder::decode_with_custom_compression(&mut bytes, Some(unpack));
                let records = unpacked.expect("a batch that is whole").records;
                let error = match act {
                    Act::Error(error) => *error,
                    _ if self.batch_bytes_max.is_some_and(|max| size > max) => 10,
                    _ => self.take(&name.0, partition.index, records),
                };
                PartitionProduceResponse::default()
                    .with_index(partition.index)
                    .with_error_code(error)
            });
            let partitions = partitions.collect();
            TopicProduceResponse::default().with_name(name).with_partition_responses(partitions)
        });
        ProduceResponse::default().with_responses(topics.collect())
    }

    /// Takes a batch whose numbers follow those before, or says that it has it.
    fn take(&mut self, topic: &str, partition: i32, records: Vec<Record>) -> i16 {
        let (first, many) = (records[0].sequence, records.len() as i32);
        assert!(records[0].producer_id > 1000, "the producer has an id");
        let numbers = (records[0].producer_id, topic.to_owned(), partition);
        match self.numbers.get(&numbers) {
            Some((last, next)) if *last == first && *next == first + many => return 0,
            Some((_, next)) if *next != first => return 45,
            _ => {}
        }
        self.numbers.insert(numbers, (first, first + many));
        self.held.entry((topic.to_owned(), partition)).or_default().extend(records);
        0
    }
}
