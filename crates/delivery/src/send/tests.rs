use std::sync::Mutex;

use async_trait::async_trait;
use destination_kit::conformance;

use super::*;
use crate::tests::message;

/// Refuses batches with a message whose id begins with `bad`, panics on `panic`, hangs on `hang`.
#[derive(Default)]
struct Partner(Mutex<Vec<usize>>);

#[async_trait]
impl Destination for Partner {
    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        self.0.lock().expect("no test panics with it").push(parcels.len());
        let any = |word: &[u8]| parcels.iter().any(|p| p.message.message_id().starts_with(word));
        assert!(!any(b"panic"), "an unforeseen failure");
        if any(b"hang") {
            std::future::pending::<()>().await;
        }
        if any(b"bad") {
            return Err(DeliveryError::Refused(Fault { code: "400".into(), ..Fault::default() }));
        }
        Ok(Answer { status: Some(200) })
    }
}

/// What each of `ids` heard, and the sizes of the calls.
async fn sent(ids: &[&str]) -> (Vec<Heard>, Vec<usize>) {
    let partner = Arc::new(Partner::default());
    let messages = ids.iter().map(|id| message(id, "ada", "{}"));
    let parcels: Vec<Parcel> =
        (0..).zip(messages).map(|(n, message)| conformance::parcel(n, message)).collect();
    let destination: Arc<dyn Destination> = partner.clone();
    let heard = send(&destination, &parcels, Duration::from_secs(30)).await;
    let calls = partner.0.lock().expect("no test panics with it").clone();
    let each = heard.into_iter().flat_map(|(many, heard)| vec![heard; many]);
    (each.collect(), calls)
}

#[tokio::test]
async fn a_refused_batch_is_halved_until_the_bad_one_stands_alone() {
    let (heard, calls) = sent(&["1", "2", "3", "4", "5", "bad", "7", "8"]).await;
    assert_eq!(calls, [8, 4, 4, 2, 1, 1, 2]);
    let ok: Vec<bool> = heard.iter().map(|heard| heard.answer.is_ok()).collect();
    assert_eq!(ok, [true, true, true, true, true, false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends() {
    let (heard, _) = sent(&["hang"]).await;
    assert_eq!(heard[0].took_ms, 30_000);
    assert!(
        matches!(&heard[0].answer, Err(DeliveryError::Retry(fault, None)) if fault.code == "ETIMEDOUT")
    );
}

#[tokio::test]
async fn a_panic_is_one_failed_attempt() {
    let (heard, _) = sent(&["panic"]).await;
    assert!(
        matches!(&heard[0].answer, Err(DeliveryError::Retry(fault, None)) if fault.code == "INTERNAL")
    );
}
