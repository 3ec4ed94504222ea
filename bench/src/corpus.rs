//! Events as analytics.js sends them, about 1 KB each, with ids that are never used twice.

use std::io::Write;

const ID_MARK: &str = "00000000000000000000";
/// Names, titles and prices vary, so that nothing is the same bytes again and again.
const PRODUCTS: [(&str, &str, &str); 8] = [
    ("Monopoly: 3rd Edition", "Games", "18.99"),
    ("Größe 42 – Wanderschuh «Alpin»", "Shoes", "129.5"),
    ("UNO Card Game", "Games", "8"),
    ("漢字 練習帳 \\u201cbasic\\u201d", "Books", "12.25"),
    ("Café crème, 12 × 250 g", "Food", "34.20"),
    ("USB-C cable \\\"2 m\\\"", "Electronics", "9.99"),
    ("Garden chair, folding, oak", "Garden", "74"),
    ("Kids' raincoat (yellow)", "Clothes", "27.4"),
];

/// Renders events and requests into reused buffers.
pub(crate) struct Corpus {
    run: u64,
    next: u64,
    step: u64,
}

impl Corpus {
    /// `lane` of `lanes` writers that share one number line; `run` tells runs apart.
    pub(crate) fn new(run: u64, lane: u64, lanes: u64) -> Corpus {
        Corpus { run, next: lane, step: lanes }
    }

    /// Appends one event and gives the number that its id holds.
    pub(crate) fn event(&mut self, kind: bool, out: &mut Vec<u8>) -> u64 {
        let n = self.next;
        self.next += self.step;
        let (name, category, price) = PRODUCTS[(n % 8) as usize];
        let user = n % 5000;
        let kind = if kind { "\"type\":\"track\"," } else { "" };
        write!(
            out,
            "{{\"timestamp\":\"2026-11-25T12:00:{:02}.{:03}Z\",\"integrations\":{{}},\"event\":\"Product Viewed\",\
             {kind}\"properties\":{{\"product_id\":\"507f1f77bcf86cd7{:08}\",\"sku\":\"G-{}\",\
             \"category\":\"{category}\",\"name\":\"{name}\",\"brand\":\"Hasbro\",\"variant\":\"200 pieces\",\
             \"price\":{price},\"quantity\":1,\"currency\":\"EUR\",\"position\":{},\
             \"url\":\"https://www.example.com/product/path/{n}\",\
             \"image_url\":\"https://www.example.com/product/path/{n}.jpg\"}},\
             \"context\":{{\"page\":{{\"path\":\"/product/path/{n}\",\"referrer\":\"https://www.example.com/\",\
             \"search\":\"?utm_source=newsletter\",\"title\":\"{name}\",\
             \"url\":\"https://www.example.com/product/path/{n}?utm_source=newsletter\"}},\
             \"userAgent\":\"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/142.0.0.0 Safari/537.36\",\"userAgentData\":{{\"brands\":[{{\"brand\":\"Chromium\",\
             \"version\":\"142\"}}],\"mobile\":false,\"platform\":\"macOS\"}},\"locale\":\"en-GB\",\
             \"campaign\":{{\"source\":\"newsletter\"}},\
             \"library\":{{\"name\":\"analytics.js\",\"version\":\"next-1.84.3\"}},\"timezone\":\"Europe/Berlin\"}},\
             \"userId\":\"user-{user}\",\"anonymousId\":\"4b1e92b1-7a0a-4b0e-9d8e-{user:012}\",\
             \"messageId\":\"ajs-next-{:013}-{:0>width$}\",\"sentAt\":\"2026-11-25T12:00:01.000Z\"}}",
            n % 60,
            n % 1000,
            n % 100_000_000,
            n % 97,
            n % 12,
            self.run,
            n,
            width = ID_MARK.len(),
        )
        .expect("a vector takes any amount");
        n
    }

    /// Replaces `out` with one request of `batch` events (0: a single call); gives the numbers
    /// of the first and last event.
    pub(crate) fn request(&mut self, head: &str, batch: usize, out: &mut Vec<u8>) -> (u64, u64) {
        out.clear();
        let mut body = Vec::with_capacity(1400 * batch.max(1));
        let (first, last);
        if batch == 0 {
            first = self.event(false, &mut body);
            last = first;
        } else {
            body.extend_from_slice(b"{\"batch\":[");
            first = self.event(true, &mut body);
            let mut n = first;
            for _ in 1..batch {
                body.push(b',');
                n = self.event(true, &mut body);
            }
            last = n;
            body.extend_from_slice(b"],\"sentAt\":\"2026-11-25T12:00:01.000Z\"}");
        }
        write!(out, "{head}content-length: {}\r\n\r\n", body.len()).expect("a vector takes any");
        out.extend_from_slice(&body);
        (first, last)
    }

    /// The id of the event with this number.
    pub(crate) fn id(run: u64, n: u64) -> String {
        format!("ajs-next-{run:013}-{n:0>width$}", width = ID_MARK.len())
    }
}
