//! Kafka: messages as records of topics, in order for each person, by an idempotent producer that
//! waits for every replica in sync.
//!
//! ```text
//! parcels ─► rows (topic, key, headers) ─► producer (partition, number) ─► cluster ─► link
//! ```
//!
//! A record's value is the message's own bytes; nothing is rendered anew.

mod calls;
mod cluster;
mod codes;
mod link;
mod producer;
mod records;
mod scram;
mod settings;
mod wire;
mod work;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use destination_kit::{
    Answer, BadSetting, Batching, Definition, DeliveryError, Destination, DestinationKind, Fault,
    Parcel, Settings, World,
};
use spec::DestinationId;
use tokio::{sync::Mutex, time::timeout};

use self::{
    cluster::{Cluster, Name},
    link::fault,
    producer::{Landed, Producer, Row},
    records::Record,
    settings::Plan,
};
use crate::template::unescaped;

/// How long a call goes on trying while brokers come and go.
const PATIENCE: Duration = Duration::from_secs(14);
/// A longer name no broker takes.
const TOPIC_BYTES_MAX: usize = 249;
/// Brokers that a connection test connects to.
const BROKERS_TESTED_MAX: usize = 20;
const TEST_TIMEOUT: Duration = Duration::from_secs(25);

/// The catalog's Kafka.
pub struct KafkaKind;

impl DestinationKind for KafkaKind {
    fn definition(&self) -> Definition {
        Definition {
            slug: "kafka".to_owned(),
            name: "Kafka".to_owned(),
            description: "Writes each message as a record to topics of Apache Kafka or whatever \
                          speaks its protocol, in order for each person."
                .to_owned(),
            settings: settings::settings(),
            actions: vec![],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        _owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        let plan = Plan::read(&self.definition().check(settings)?)?;
        Ok(Arc::new(Kafka::new(plan, world, PATIENCE)))
    }
}

struct Kafka {
    plan: Plan,
    world: World,
    landed: Landed,
    /// One call at a time sends.
    producer: Mutex<Producer>,
}

impl Kafka {
    fn new(plan: Plan, world: &World, patience: Duration) -> Kafka {
        let landed = Landed::default();
        let cluster = Cluster::new(plan.entrance.clone(), world);
        let producer = Producer::new(cluster, plan.compression, patience, landed.clone());
        Kafka { plan, world: world.clone(), landed, producer: Mutex::new(producer) }
    }

    fn row(&self, parcel: &Parcel, now_ms: i64) -> Row {
        let topic = self.plan.topic.fill(parcel, |value, out| out.extend(value.chars().map(legal)));
        let key = match &self.plan.key {
            Some(template) => template.fill(parcel, |value, out| out.push_str(value)).into_bytes(),
            None => unescaped(parcel.message.ordering_key()).into_owned().into_bytes(),
        };
        Row {
            position: parcel.position,
            topic: named(topic).into(),
            record: Record {
                // brokers forget producers whose newest record is a day old by its timestamp
                timestamp_ms: now_ms,
                key: Some(key).filter(|key| !key.is_empty()),
                value: parcel.message.raw().clone(),
                headers: self.headers(parcel),
            },
        }
    }

    fn headers(&self, parcel: &Parcel) -> Vec<(Bytes, Bytes)> {
        let mut received_at = Vec::new();
        spec::format_iso(parcel.received_at_ms, &mut received_at);
        let message_id = unescaped(parcel.message.message_id()).into_owned();
        let ours = [
            ("content-type", Bytes::from_static(b"application/json")),
            ("message-id", message_id.into()),
            ("source", parcel.source.slug.clone().into()),
            ("type", Bytes::from_static(parcel.message.kind().as_str().as_bytes())),
            ("received-at", received_at.into()),
        ];
        let ours = ours.map(|(name, value)| (Bytes::from_static(name.as_bytes()), value));
        ours.into_iter().chain(self.plan.headers.iter().cloned()).collect()
    }

    async fn try_out(&self) -> Result<String, DeliveryError> {
        let mut cluster = Cluster::new(self.plan.entrance.clone(), &self.world);
        let topic: Option<Name> = self.plan.topic.fixed().map(Name::from);
        cluster.look(topic.as_ref()).await?;
        cluster.reach(BROKERS_TESTED_MAX).await?;
        cluster.producer_id().await?;

        let brokers: Vec<String> =
            cluster.brokers().map(|broker| format!("{}:{}", broker.host, broker.port)).collect();
        let entrance = cluster.entrance();
        let tls = if entrance.login.tls { "with TLS" } else { "without TLS" };
        let user = entrance.login.sasl.as_ref().map_or_else(String::new, |sasl| {
            format!(" as {:?} ({})", sasl.username, sasl.mechanism.name())
        });
        let many = if brokers.len() == 1 { "broker" } else { "brokers" };
        let connected =
            format!("connected to {} {many} {tls}{user}: {}", brokers.len(), brokers.join(", "));
        let Some(topic) = topic else {
            return Ok(format!("{connected}; each message says which topic it goes to"));
        };
        match cluster.topic(&topic) {
            Some((0, partitions)) => {
                let many = partitions.len();
                Ok(format!("{connected}; the topic {topic:?} has {many} partitions"))
            }
            Some((error, _)) if codes::meaning(error).0 == codes::Next::NoTopic => {
                if entrance.create_topics {
                    return Ok(format!(
                        "{connected}; there is no topic {topic:?} yet, and the first message asks \
                         for it"
                    ));
                }
                let sentence = format!(
                    "{connected}; but there is no topic {topic:?}: create it, or have create_topics \
                     ask for it"
                );
                Err(DeliveryError::Retry(fault("UNKNOWN_TOPIC_OR_PARTITION", sentence), None))
            }
            known => {
                let error = known.map_or(-1, |(error, _)| error);
                link::check(error, || format!("{connected}; but not to the topic {topic:?}"))?;
                Ok(connected)
            }
        }
    }
}

#[async_trait]
impl Destination for Kafka {
    fn batching(&self) -> Batching {
        // what comes while a call is under way goes with the next one: few calls, and large
        Batching {
            messages_max: 10_000,
            bytes_max: 4 * 1024 * 1024,
            calls_max: 1,
            ..Batching::default()
        }
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        let mut producer = self.producer.lock().await;
        let now_ms = self.world.clock.now_ms();
        let rows = parcels.iter().map(|parcel| self.row(parcel, now_ms)).collect();
        Box::pin(producer.send(rows)).await?;
        Ok(Answer::default())
    }

    fn settled(&self, before: u64) {
        producer::forget(&self.landed, before);
    }

    async fn test_connection(&self) -> Option<Result<String, Fault>> {
        let tried = timeout(TEST_TIMEOUT, Box::pin(self.try_out())).await;
        Some(match tried {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(
                DeliveryError::Retry(fault, _)
                | DeliveryError::Refused(fault)
                | DeliveryError::BadSettings(fault)
                | DeliveryError::Gone(fault),
            )) => Err(fault),
            Err(_) => {
                let sentence = format!("the brokers did not answer within {TEST_TIMEOUT:?}");
                Err(fault("ETIMEDOUT", sentence))
            }
        })
    }

    async fn close(&self) {
        self.producer.lock().await.cluster.close();
    }
}

/// The character, or what stands for it in a topic's name.
fn legal(character: char) -> char {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => character,
        _ => '_',
    }
}

/// A name of legal characters, made legal as a whole.
fn named(mut topic: String) -> String {
    topic.truncate(TOPIC_BYTES_MAX);
    match topic.as_str() {
        "" => "_".to_owned(),
        "." | ".." => topic.replace('.', "_"),
        _ => topic,
    }
}

#[cfg(test)]
mod tests;
