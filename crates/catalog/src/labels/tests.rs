use super::*;

fn codes(labels: &[Label]) -> Vec<String> {
    check_labels(labels).iter().map(|p| format!("{} {}", p.pointer, p.code)).collect()
}

#[test]
fn a_label_is_two_words_that_start_with_a_letter() {
    assert!(codes(&starting_labels()[..1]).is_empty());
    assert!(codes(&[Label::new("cost-center", "eu_West-1")]).is_empty());
    assert_eq!(codes(&[Label::new("1st", "")]), ["/0/key bad_label", "/0/value bad_label"]);
    assert_eq!(codes(&[Label::new("a b", "ä")]), ["/0/key bad_label", "/0/value bad_label"]);
    assert_eq!(codes(&[Label::new("a".repeat(65), "b")]), ["/0/key bad_label"]);
}

#[test]
fn a_resource_has_one_value_per_key() {
    assert_eq!(codes(&starting_labels()), ["/1/key label_key_twice"]);
}

#[test]
fn all_wanted_labels_must_be_there_whatever_their_descriptions() {
    let [dev, prod] = starting_labels();
    let bare = Label::new("environment", "dev");
    assert!(holds_all(std::slice::from_ref(&bare), std::slice::from_ref(&dev)));
    assert!(!holds_all(&[bare.clone(), prod], std::slice::from_ref(&dev)));
    assert!(holds_all(&[], &[]));
    assert!(!holds_all(&[bare], &[]));
}
