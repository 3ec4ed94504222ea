#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;

#[test]
fn the_list_is_sorted_and_its_slugs_are_one_of_a_kind() {
    let lower: Vec<_> = CATEGORIES.iter().map(|name| name.to_lowercase()).collect();
    assert!(lower.is_sorted());
    let mut slugs: Vec<_> =
        CATEGORIES.iter().chain(&PLAIN_CATEGORIES).map(|name| category_slug(name)).collect();
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), CATEGORIES.len() + PLAIN_CATEGORIES.len());
}

#[test]
fn slugs_drop_what_is_no_letter() {
    assert_eq!(category_slug("A/B Testing"), "a-b-testing");
    assert_eq!(category_slug("SMS & Push Notifications"), "sms-push-notifications");
    assert_eq!(category_slug("Heatmaps & Recordings"), "heatmaps-recordings");
    assert_eq!(category_slug("CRM"), "crm");
}

#[test]
fn a_category_is_found_by_name_or_slug() {
    assert_eq!(find_category("email marketing"), Some("Email Marketing"));
    assert_eq!(find_category("a-b-testing"), Some("A/B Testing"));
    assert_eq!(find_category("server"), Some("Server"));
    assert_eq!(find_category("Cooking"), None);
}

#[test]
fn partners_write_it_exactly_and_not_ours() {
    assert!(check_category("Surveys").is_ok());
    let problem = check_category("email-marketing").unwrap_err();
    assert_eq!(problem.fix, "write it as \"Email Marketing\"");
    assert_eq!(check_category("Server").unwrap_err().code, "unknown_category");
}

#[test]
fn pages_show_ours_first() {
    let mut names = vec!["Video", "Server", "Analytics", "Website", "Mobile"];
    names.sort_by_key(|name| category_rank(name));
    assert_eq!(names, ["Website", "Mobile", "Server", "Analytics", "Video"]);
}
