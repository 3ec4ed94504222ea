//! What we know of a cluster: its brokers, who leads which partition, and a connection to each
//! broker that we need.
//!
//! Brokers name each other's hosts, and every one passes the egress rule when it is connected to.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use destination_kit::{Connector, DeliveryError, World};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{
    calls::{
        Api, Batches, Broker, INIT_PRODUCER_ID, METADATA, Metadata, PRODUCE, Partition, Produced,
        ProducerId, Topic, read_init, read_metadata, read_produce, write_init, write_metadata,
        write_produce,
    },
    link::{Address, Link, Login, check, fault},
    wire::{Malformed, Reader, Writer},
};

/// What is known of a topic is asked again after this long, for new partitions.
const KNOWN_FOR: Duration = Duration::from_secs(5 * 60);
/// And that there is none, after this long.
const MISSING_FOR: Duration = Duration::from_secs(3);
/// Senders may decide the names of topics.
const TOPICS_MAX: usize = 10_000;

/// A topic's name, shared by all who speak of it.
pub(crate) type Name = Arc<str>;

/// A partition of a topic.
pub(crate) type Place = (Name, i32);

/// How and where to find a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Entrance {
    pub(crate) addresses: Vec<Address>,
    pub(crate) login: Login,
    /// Ask the brokers to create topics that are not there.
    pub(crate) create_topics: bool,
}

/// What is known of one topic.
struct Known {
    error: i16,
    partitions: Vec<Partition>,
    at: Instant,
}

/// A cluster, as far as we know it.
pub(crate) struct Cluster {
    connector: Connector,
    entrance: Entrance,
    brokers: BTreeMap<i32, Broker>,
    topics: HashMap<Name, Known>,
    links: HashMap<i32, Link>,
    /// To one of the addresses in the settings.
    first: Option<Link>,
}

impl Cluster {
    pub(crate) fn new(entrance: Entrance, world: &World) -> Cluster {
        Cluster {
            connector: Connector::new(world),
            entrance,
            brokers: BTreeMap::new(),
            topics: HashMap::new(),
            links: HashMap::new(),
            first: None,
        }
    }

    /// How and where it is found.
    pub(crate) fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    /// Its brokers, as it named them.
    pub(crate) fn brokers(&self) -> impl Iterator<Item = &Broker> {
        self.brokers.values()
    }

    /// What it last said of `topic`: its error code and its partitions.
    pub(crate) fn topic(&self, topic: &str) -> Option<(i16, &[Partition])> {
        self.topics.get(topic).map(|known| (known.error, &known.partitions[..]))
    }

    /// The node that leads `place`, when there is one.
    pub(crate) fn leader(&self, (topic, partition): &Place) -> Option<i32> {
        let known = self.topics.get(topic)?;
        let partition = known.partitions.iter().find(|known| known.index == *partition)?;
        (partition.leader >= 0).then_some(partition.leader)
    }

    /// Learns about its brokers, and about those of `topics` of which nothing recent is known; with
    /// `anew` about all that exist.
    pub(crate) async fn learn(
        &mut self,
        topics: &BTreeSet<Name>,
        anew: bool,
    ) -> Result<(), DeliveryError> {
        let now = Instant::now();
        let fresh = |known: &Known| {
            let until = if known.error == 0 { KNOWN_FOR } else { MISSING_FOR };
            !(anew && known.error == 0) && now < known.at + until
        };
        let unknown = |topic: &&Name| !self.topics.get(*topic).is_some_and(fresh);
        let unknown: Vec<Name> = topics.iter().filter(unknown).cloned().collect();
        if unknown.is_empty() && !self.brokers.is_empty() {
            return Ok(());
        }
        let metadata = self.metadata(&unknown).await?;
        self.brokers = metadata.brokers.into_iter().map(|broker| (broker.node, broker)).collect();
        self.links.retain(|node, _| self.brokers.contains_key(node));
        if self.topics.len() > TOPICS_MAX {
            self.topics.clear();
        }
        let at = Instant::now();
        for Topic { error, name, partitions } in metadata.topics {
            // nothing is kept of what was not asked for
            if let Some(asked) = topics.get(name.as_str()) {
                self.topics.insert(asked.clone(), Known { error, partitions, at });
            }
        }
        Ok(())
    }

    /// Learns about its brokers, and about `topic` without having it created.
    pub(crate) async fn look(&mut self, topic: Option<&Name>) -> Result<(), DeliveryError> {
        let create = std::mem::take(&mut self.entrance.create_topics);
        let learned = self.learn(&topic.cloned().into_iter().collect(), true).await;
        self.entrance.create_topics = create;
        learned
    }

    /// Asks again soon whether topics exist that did not.
    pub(crate) fn forget_missing(&mut self) {
        self.topics.retain(|_, known| known.error == 0);
    }

    async fn metadata(&mut self, topics: &[Name]) -> Result<Metadata, DeliveryError> {
        let mut request = Writer::default();
        let create = self.entrance.create_topics;
        write_metadata(&mut request, topics.iter().map(|topic| &**topic), create);
        self.ask(METADATA, &request.0, read_metadata).await
    }

    /// A new id to send under.
    pub(crate) async fn producer_id(&mut self) -> Result<ProducerId, DeliveryError> {
        let mut request = Writer::default();
        write_init(&mut request);
        let (error, id) = self.ask(INIT_PRODUCER_ID, &request.0, read_init).await?;
        check(error, || "the cluster gives us no id to send under".to_owned())?;
        Ok(id)
    }

    /// Asks any broker: one that we are connected to, else those in the settings, else those
    /// that the cluster named.
    async fn ask<T>(
        &mut self,
        api: Api,
        request: &[u8],
        read: fn(&mut Reader<'_>) -> Result<T, Malformed>,
    ) -> Result<T, DeliveryError> {
        // a connection that was closed while it was idle says so now
        if let Some(mut link) = self.first.take()
            && let Ok(answer) = link.ask(api, request, read).await
        {
            self.first = Some(link);
            return Ok(answer);
        }
        for node in self.links.keys().copied().collect::<Vec<_>>() {
            let Some(mut link) = self.links.remove(&node) else { continue };
            if let Ok(answer) = link.ask(api, request, read).await {
                self.links.insert(node, link);
                return Ok(answer);
            }
        }
        let mut last = None;
        let named = self.brokers.values().filter_map(address_of);
        let addresses: Vec<Address> =
            self.entrance.addresses.iter().cloned().chain(named).collect();
        for address in addresses {
            let asked = async {
                let mut link = Link::open(&self.connector, &self.entrance.login, address).await?;
                Ok((link.ask(api, request, read).await?, link))
            };
            match asked.await {
                Ok((answer, link)) => {
                    self.first = Some(link);
                    return Ok(answer);
                }
                // settings that one broker does not accept no other will
                Err(error @ DeliveryError::BadSettings(_)) => return Err(error),
                Err(error) => last = last.or(Some(error)),
            }
        }
        Err(last.unwrap_or_else(|| {
            DeliveryError::Retry(fault("ENOTFOUND", "no broker is known".to_owned()), None)
        }))
    }

    /// Connects to every broker that the cluster named, at most `max`.
    ///
    /// Errors: the first that cannot be reached.
    pub(crate) async fn reach(&mut self, max: usize) -> Result<(), DeliveryError> {
        let named: Vec<Broker> = self.brokers.values().take(max).cloned().collect();
        for broker in named {
            let link = self.open(&broker).await?;
            self.links.insert(broker.node, link);
        }
        Ok(())
    }

    async fn open(&self, broker: &Broker) -> Result<Link, DeliveryError> {
        open(&self.connector, &self.entrance.login, Some(broker)).await
    }

    /// Sends each node its batches, all nodes at once. The answers come by node: what became of
    /// each batch, or why nothing is known of any.
    pub(crate) async fn produce(
        &mut self,
        timeout: Duration,
        batches: BTreeMap<i32, Batches<'_>>,
    ) -> Vec<(i32, Result<Vec<Produced>, DeliveryError>)> {
        let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        let (connector, login) = (&self.connector, &self.entrance.login);
        let calls = batches.into_iter().map(|(node, batches)| {
            let (link, broker) = (self.links.remove(&node), self.brokers.get(&node));
            async move {
                let said = async {
                    let mut link = match link {
                        Some(link) => link,
                        None => open(connector, login, broker).await?,
                    };
                    let write = |request: &mut _| write_produce(request, timeout_ms, &batches);
                    Ok((link.call(PRODUCE, write, read_produce).await?, link))
                };
                (node, said.await)
            }
        });
        let said = join_all(calls.collect::<Vec<_>>()).await;
        let mut answers = Vec::new();
        for (node, said) in said {
            let answer = said.map(|(answer, link)| {
                self.links.insert(node, link);
                answer
            });
            answers.push((node, answer));
        }
        answers
    }

    /// Closes all connections.
    pub(crate) fn close(&mut self) {
        self.links.clear();
        self.first = None;
    }
}

async fn open(
    connector: &Connector,
    login: &Login,
    broker: Option<&Broker>,
) -> Result<Link, DeliveryError> {
    let Some(address) = broker.and_then(address_of) else {
        let sentence = "the cluster names a leader without an address".to_owned();
        return Err(DeliveryError::Retry(fault("BROKER_NOT_AVAILABLE", sentence), None));
    };
    let opened = Link::open(connector, login, address.clone()).await;
    opened.map_err(|error| {
        let with = |mut problem: destination_kit::Fault| {
            let sentence = format!("the cluster names the broker {address}: {}", problem.excerpt);
            problem.excerpt = fault("", sentence).excerpt;
            problem
        };
        match error {
            DeliveryError::Retry(fault, wait) => DeliveryError::Retry(with(fault), wait),
            DeliveryError::BadSettings(fault) => DeliveryError::BadSettings(with(fault)),
            other => other,
        }
    })
}

fn address_of(broker: &Broker) -> Option<Address> {
    let port = u16::try_from(broker.port).ok().filter(|port| *port > 0)?;
    Some(Address { host: broker.host.clone(), port })
}
