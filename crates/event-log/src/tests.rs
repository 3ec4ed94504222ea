use crate::{MemoryLog, conformance};

#[tokio::test]
async fn the_memory_log_conforms() {
    conformance::all(&MemoryLog::new()).await;
}
