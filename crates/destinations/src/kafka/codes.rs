//! What a broker's error codes mean, and what we do next.
//!
//! Source: Apache Kafka, "Protocol guide", "Error codes".

/// What the producer does after a broker's answer about a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It stands in the log, now or since an earlier try.
    Landed,
    /// Ask who leads the partition, and send the same batch again.
    Again,
    /// The broker no longer knows what this producer sent before: begin under a new id.
    NewProducer,
    /// The batch is larger than this topic takes.
    TooLarge,
    /// There is no such topic.
    NoTopic,
    /// The broker will not have these records.
    Refused,
    /// Nobody with these settings may do that.
    BadSettings,
}

pub(crate) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
pub(crate) const SASL_AUTHENTICATION_FAILED: i16 = 58;

/// What to do after the code `error`, and its name.
pub(crate) fn meaning(error: i16) -> (Next, &'static str) {
    match error {
        0 => (Next::Landed, "NONE"),
        46 => (Next::Landed, "DUPLICATE_SEQUENCE_NUMBER"),

        2 => (Next::Again, "CORRUPT_MESSAGE"),
        5 => (Next::Again, "LEADER_NOT_AVAILABLE"),
        6 => (Next::Again, "NOT_LEADER_OR_FOLLOWER"),
        7 => (Next::Again, "REQUEST_TIMED_OUT"),
        8 => (Next::Again, "BROKER_NOT_AVAILABLE"),
        9 => (Next::Again, "REPLICA_NOT_AVAILABLE"),
        13 => (Next::Again, "NETWORK_EXCEPTION"),
        14 => (Next::Again, "COORDINATOR_LOAD_IN_PROGRESS"),
        15 => (Next::Again, "COORDINATOR_NOT_AVAILABLE"),
        16 => (Next::Again, "NOT_COORDINATOR"),
        19 => (Next::Again, "NOT_ENOUGH_REPLICAS"),
        20 => (Next::Again, "NOT_ENOUGH_REPLICAS_AFTER_APPEND"),
        41 => (Next::Again, "NOT_CONTROLLER"),
        51 => (Next::Again, "CONCURRENT_TRANSACTIONS"),
        56 => (Next::Again, "KAFKA_STORAGE_ERROR"),
        74 => (Next::Again, "FENCED_LEADER_EPOCH"),
        75 => (Next::Again, "UNKNOWN_LEADER_EPOCH"),
        89 => (Next::Again, "THROTTLING_QUOTA_EXCEEDED"),

        45 => (Next::NewProducer, "OUT_OF_ORDER_SEQUENCE_NUMBER"),
        47 => (Next::NewProducer, "INVALID_PRODUCER_EPOCH"),
        49 => (Next::NewProducer, "INVALID_PRODUCER_ID_MAPPING"),
        59 => (Next::NewProducer, "UNKNOWN_PRODUCER_ID"),

        10 => (Next::TooLarge, "MESSAGE_TOO_LARGE"),
        18 => (Next::TooLarge, "RECORD_LIST_TOO_LARGE"),

        3 => (Next::NoTopic, "UNKNOWN_TOPIC_OR_PARTITION"),

        17 => (Next::Refused, "INVALID_TOPIC_EXCEPTION"),
        32 => (Next::Refused, "INVALID_TIMESTAMP"),
        44 => (Next::Refused, "POLICY_VIOLATION"),
        87 => (Next::Refused, "INVALID_RECORD"),

        21 => (Next::BadSettings, "INVALID_REQUIRED_ACKS"),
        29 => (Next::BadSettings, "TOPIC_AUTHORIZATION_FAILED"),
        31 => (Next::BadSettings, "CLUSTER_AUTHORIZATION_FAILED"),
        UNSUPPORTED_SASL_MECHANISM => (Next::BadSettings, "UNSUPPORTED_SASL_MECHANISM"),
        34 => (Next::BadSettings, "ILLEGAL_SASL_STATE"),
        35 => (Next::BadSettings, "UNSUPPORTED_VERSION"),
        43 => (Next::BadSettings, "UNSUPPORTED_FOR_MESSAGE_FORMAT"),
        53 => (Next::BadSettings, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"),
        54 => (Next::BadSettings, "SECURITY_DISABLED"),
        SASL_AUTHENTICATION_FAILED => (Next::BadSettings, "SASL_AUTHENTICATION_FAILED"),
        76 => (Next::BadSettings, "UNSUPPORTED_COMPRESSION_TYPE"),

        // whatever else a broker may say, it may say something else later
        -1 => (Next::Again, "UNKNOWN_SERVER_ERROR"),
        _ => (Next::Again, "KAFKA_ERROR"),
    }
}
