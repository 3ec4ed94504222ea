//! The six calls we make, in the oldest versions that do what we need, which every broker since
//! Apache Kafka 0.11 and every compatible one still speaks.
//!
//! Source: Apache Kafka, "Protocol guide", "Protocol messages".

use std::collections::BTreeMap;

use super::wire::{Malformed, Reader, Writer};

/// A call: its number in the protocol, and the versions that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Api {
    pub(crate) key: i16,
    pub(crate) oldest: i16,
    pub(crate) newest: i16,
    pub(crate) name: &'static str,
}

pub(crate) const PRODUCE: Api = Api { key: 0, oldest: 3, newest: 8, name: "Produce" };
pub(crate) const METADATA: Api = Api { key: 3, oldest: 4, newest: 4, name: "Metadata" };
pub(crate) const SASL_HANDSHAKE: Api = Api { key: 17, oldest: 1, newest: 1, name: "SaslHandshake" };
pub(crate) const API_VERSIONS: Api = Api { key: 18, oldest: 0, newest: 0, name: "ApiVersions" };
pub(crate) const INIT_PRODUCER_ID: Api =
    Api { key: 22, oldest: 0, newest: 1, name: "InitProducerId" };
pub(crate) const SASL_AUTHENTICATE: Api =
    Api { key: 36, oldest: 0, newest: 0, name: "SaslAuthenticate" };

/// The versions of each call that a broker speaks, by its number.
pub(crate) type Versions = BTreeMap<i16, (i16, i16)>;

/// The answer to [`API_VERSIONS`]: an error code, and what the broker speaks.
pub(crate) fn read_versions(reader: &mut Reader<'_>) -> Result<(i16, Versions), Malformed> {
    let error = reader.i16()?;
    let versions = reader.items(|item| Ok((item.i16()?, (item.i16()?, item.i16()?))))?;
    Ok((error, versions.into_iter().collect()))
}

/// The answer to [`SASL_HANDSHAKE`]: an error code, and the mechanisms that the broker knows.
pub(crate) fn read_handshake(reader: &mut Reader<'_>) -> Result<(i16, Vec<String>), Malformed> {
    Ok((reader.i16()?, reader.items(Reader::string)?))
}

/// The answer to [`SASL_AUTHENTICATE`].
pub(crate) struct Authenticated {
    pub(crate) error: i16,
    pub(crate) message: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn read_authenticate(reader: &mut Reader<'_>) -> Result<Authenticated, Malformed> {
    let (error, message) = (reader.i16()?, reader.opt_string()?.unwrap_or_default());
    Ok(Authenticated { error, message, bytes: reader.bytes()?.to_vec() })
}

/// A producer's name at the brokers, under which they recognise what they took before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProducerId {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

/// [`INIT_PRODUCER_ID`] for a producer without transactions.
pub(crate) fn write_init(writer: &mut Writer) {
    writer.no_string();
    writer.i32(0);
}

/// Its answer: an error code, and the id when there is none.
pub(crate) fn read_init(reader: &mut Reader<'_>) -> Result<(i16, ProducerId), Malformed> {
    let _throttle_ms = reader.i32()?;
    Ok((reader.i16()?, ProducerId { id: reader.i64()?, epoch: reader.i16()? }))
}

/// [`METADATA`] of these topics; with `create` the broker makes those that are not there, if it
/// is configured to.
pub(crate) fn write_metadata<'a>(
    writer: &mut Writer,
    topics: impl ExactSizeIterator<Item = &'a str>,
    create: bool,
) {
    writer.len(topics.len());
    topics.for_each(|topic| writer.string(topic));
    writer.bool(create);
}

/// What a broker says of its cluster.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) brokers: Vec<Broker>,
    pub(crate) topics: Vec<Topic>,
}

/// Where a broker says that it, or another one, is to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broker {
    pub(crate) node: i32,
    pub(crate) host: String,
    pub(crate) port: i32,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) error: i16,
    pub(crate) name: String,
    pub(crate) partitions: Vec<Partition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) error: i16,
    pub(crate) index: i32,
    /// The node that takes its records; negative when there is none now.
    pub(crate) leader: i32,
}

pub(crate) fn read_metadata(reader: &mut Reader<'_>) -> Result<Metadata, Malformed> {
    let _throttle_ms = reader.i32()?;
    let brokers = reader.items(|item| {
        let broker = Broker { node: item.i32()?, host: item.string()?, port: item.i32()? };
        let _rack = item.opt_string()?;
        Ok(broker)
    })?;
    let (_cluster, _controller) = (reader.opt_string()?, reader.i32()?);
    let topics = reader.items(|item| {
        let (error, name, _internal) = (item.i16()?, item.string()?, item.bool()?);
        let partitions = item.items(|item| {
            let partition =
                Partition { error: item.i16()?, index: item.i32()?, leader: item.i32()? };
            let (_replicas, _in_sync) = (item.items(Reader::i32)?, item.items(Reader::i32)?);
            Ok(partition)
        })?;
        Ok(Topic { error, name, partitions })
    })?;
    Ok(Metadata { brokers, topics })
}

/// By topic and partition, one batch of records each.
pub(crate) type Batches<'a> = BTreeMap<&'a str, Vec<(i32, Vec<u8>)>>;

/// [`PRODUCE`] with `acks=all`.
pub(crate) fn write_produce(writer: &mut Writer, timeout_ms: i32, topics: &Batches<'_>) {
    writer.no_string();
    writer.i16(-1);
    writer.i32(timeout_ms);
    writer.len(topics.len());
    for (topic, partitions) in topics {
        writer.string(topic);
        writer.len(partitions.len());
        for (partition, records) in partitions {
            writer.i32(*partition);
            writer.bytes(records);
        }
    }
}

/// What became of one batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Produced {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) error: i16,
    /// What the broker says beside its code.
    pub(crate) message: String,
}

pub(crate) fn read_produce(
    reader: &mut Reader<'_>,
    version: i16,
) -> Result<Vec<Produced>, Malformed> {
    let topics = reader.items(|item| {
        let topic = item.string()?;
        item.items(|item| {
            let (partition, error) = (item.i32()?, item.i16()?);
            let (_offset, _log_append_ms) = (item.i64()?, item.i64()?);
            if version >= 5 {
                let _log_start = item.i64()?;
            }
            let mut message = String::new();
            if version >= 8 {
                let faults = item.items(|item| Ok((item.i32()?, item.opt_string()?)))?;
                let first = faults.into_iter().find_map(|(_, message)| message);
                message = item.opt_string()?.or(first).unwrap_or_default();
            }
            Ok(Produced { topic: topic.clone(), partition, error, message })
        })
    })?;
    Ok(topics.into_iter().flatten().collect())
}
