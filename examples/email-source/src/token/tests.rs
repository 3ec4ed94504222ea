#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;

#[test]
fn a_token_is_good_for_one_mail_and_one_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::of(folder.path()).unwrap();
    let token = signer.sign(Purpose::Click, "m1");
    assert_eq!(signer.read(Purpose::Click, &token), Some("m1"));
    for purpose in [Purpose::Open, Purpose::Unsubscribe, Purpose::Report] {
        assert_eq!(signer.read(purpose, &token), None);
    }
    let (_, signature) = token.split_once('.').unwrap();
    for forged in [
        format!("m2.{signature}"),
        "m1".to_owned(),
        "m1.".to_owned(),
        format!("m1.{}", &signature[..2]),
        format!("{token}A"),
        "m1.é".to_owned(),
        String::new(),
    ] {
        assert_eq!(signer.read(Purpose::Click, &forged), None, "{forged}");
    }
}

#[test]
fn the_secret_is_kept_and_is_nobody_elses() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let token = Signer::of(here.path()).unwrap().sign(Purpose::Open, "m1");
    assert_eq!(Signer::of(here.path()).unwrap().read(Purpose::Open, &token), Some("m1"));
    assert_eq!(Signer::of(there.path()).unwrap().read(Purpose::Open, &token), None);
    use std::os::unix::fs::PermissionsExt;
    let kept = std::fs::metadata(here.path().join("secret")).unwrap();
    assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    std::fs::write(here.path().join("secret"), b"short").unwrap();
    assert!(Signer::of(here.path()).is_err());
}
