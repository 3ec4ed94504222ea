use super::{Span, any_element, any_element_in};

#[test]
fn a_trend_has_its_parts_in_order() {
    let span = Span { since_ms: 1_000, until_ms: 2_000, buckets: 4 };
    assert_eq!(span.bucket_ms(), 250);
    let bucket = |time_ms| span.bucket(time_ms);
    assert_eq!([0, 1_000, 1_249, 1_250, 1_999, 2_000, 9_999].map(bucket), [0, 0, 0, 1, 3, 3, 3]);
    let whole = Span { since_ms: 5, until_ms: 5, buckets: 0 };
    assert_eq!((whole.bucket_ms(), whole.bucket(5)), (1, 0), "nothing is divided by nothing");
}

#[test]
fn places_in_lists_are_one() {
    assert_eq!(any_element("properties.products.12.sku"), "properties.products.$.sku");
    assert_eq!(any_element("(root)"), "(root)");
    let said = "properties.products.0.sku is required";
    let any = any_element_in(said, "properties.products.0.sku");
    assert_eq!(any, "properties.products.$.sku is required");
}
