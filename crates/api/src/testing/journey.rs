//! Shortcuts to where a test begins: people who need no password, partners, integrations that can
//! be submitted.

use catalog::{Permission, TeamRole};
use http::Method;
use serde_json::{Value, json};
use spec::{SourceId, WriteKey};
use store::{accounts, dump, fresh, mails, members, partners, sessions, workspaces};

use super::{Who, World};
use crate::activity::Activity;

/// A logo that is taken as it is.
pub const LOGO: &[u8] = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40" fill="#0f6e84"/></svg>"##;
/// A square mark that is taken as it is.
pub const MARK: &[u8] = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#0f6e84"/></svg>"##;

/// A data plane to which every source has sent a message.
pub struct Busy;

impl Activity for Busy {
    fn source_seen_ms(&self, _: &SourceId) -> Option<i64> {
        Some(0)
    }

    fn accepted(&self, _: &SourceId) -> u64 {
        1
    }

    fn key_used_ms(&self, _: &WriteKey) -> Option<i64> {
        None
    }
}

impl World {
    /// A person with a verified address and a session, whose password nobody knows.
    pub async fn known(&self, email: &str) -> Who {
        let account = accounts::Account {
            id: self.api.fresh.id("acc"),
            email: email.to_owned(),
            name: String::new(),
            password_hash: String::new(),
            email_verified_at_ms: Some(self.api.now_ms()),
            totp_sealed: None,
            totp_confirmed_at_ms: None,
            totp_last_step: 0,
            operator_since_ms: None,
            created_at_ms: self.api.now_ms(),
        };
        let mut write = self.api.db.write().await.unwrap();
        accounts::insert(&mut write, &account).await.unwrap();
        write.commit().await.unwrap();
        self.session(email).await
    }

    /// A person as [`World::known`] who runs the platform.
    pub async fn known_operator(&self, email: &str) -> Who {
        let who = self.known(email).await;
        let since = Some(self.api.now_ms());
        self.change_account(email, |account| account.operator_since_ms = since).await;
        who
    }

    /// Changes the row of an account.
    pub async fn change_account(&self, email: &str, change: impl FnOnce(&mut accounts::Account)) {
        let mut write = self.api.db.write().await.unwrap();
        let mut account = accounts::by_email(&mut write, email).await.unwrap().unwrap();
        change(&mut account);
        accounts::update(&mut write, &account).await.unwrap();
        write.commit().await.unwrap();
    }

    /// A new session of somebody, as if they had just logged in.
    pub async fn session(&self, email: &str) -> Who {
        let secret = self.api.fresh.token("hws");
        let now_ms = self.api.now_ms();
        let mut write = self.api.db.write().await.unwrap();
        let account = accounts::by_email(&mut write, email).await.unwrap().unwrap();
        let session = sessions::Session {
            id: fresh::hash(&secret),
            public_id: self.api.fresh.id("ses"),
            account_id: account.id,
            created_at_ms: now_ms,
            seen_at_ms: now_ms,
            expires_at_ms: now_ms + 7 * 86_400_000,
            proved_at_ms: now_ms,
            user_agent: String::new(),
            address: String::new(),
        };
        sessions::insert(&mut write, &session).await.unwrap();
        write.commit().await.unwrap();
        Who { cookie: Some(format!("__Host-headwater={secret}")), ..Who::default() }
    }

    /// The id of the account of `email`.
    pub async fn account_id(&self, email: &str) -> String {
        let mut db = self.api.db.read().await.unwrap();
        accounts::by_email(&mut db, email).await.unwrap().unwrap().id
    }

    /// The latest of these letters to `email`.
    pub async fn letter(&self, email: &str, letter: &str) -> mails::Mail {
        let mails = self.mails(email).await;
        mails.into_iter().find(|mail| mail.letter == letter).expect("the letter was written")
    }

    /// A partner; whose team the others join by [`World::seat`].
    pub async fn partner(&self, name: &str, admin: &str) -> String {
        let id = self.api.fresh.id("ptn");
        let now_ms = self.api.now_ms();
        let mut write = self.api.db.write().await.unwrap();
        let website = "https://acme.example";
        partners::insert(&mut write, &id, name, website, now_ms).await.unwrap();
        write.commit().await.unwrap();
        self.seat(&id, admin, TeamRole::Admin).await;
        id
    }

    /// Puts somebody into a partner's team.
    pub async fn seat(&self, partner: &str, email: &str, role: TeamRole) {
        let account = self.account_id(email).await;
        let now_ms = self.api.now_ms();
        let mut write = self.api.db.write().await.unwrap();
        partners::seat_at(&mut write, partner, &account, role.as_str(), now_ms).await.unwrap();
        write.commit().await.unwrap();
    }

    /// Makes somebody a member of a workspace.
    pub async fn join(&self, workspace: &str, email: &str, permissions: &[Permission]) {
        let account = self.account_id(email).await;
        let permissions = serde_json::to_string(permissions).unwrap();
        let now_ms = self.api.now_ms();
        let mut write = self.api.db.write().await.unwrap();
        let id = workspaces::find(&mut write, workspace).await.unwrap().unwrap().id;
        members::insert(&mut write, &id, &account, &permissions, now_ms).await.unwrap();
        write.commit().await.unwrap();
    }

    /// Everything that is stored, to go back to.
    pub async fn freeze(&self) -> String {
        let mut db = self.api.db.read().await.unwrap();
        dump::rows(&mut db, self.api.db.engine()).await.unwrap()
    }

    /// Back to what was frozen.
    pub async fn thaw(&self, frozen: &str) {
        let mut write = self.api.db.write().await.unwrap();
        dump::run(&mut write, frozen).await.unwrap();
        write.commit().await.unwrap();
    }

    /// The integration with this slug, complete and tried, so that it can be submitted. The data
    /// plane must be [`Busy`].
    pub async fn integration(&self, builder: &Who, slug: &str) -> String {
        let new = json!({ "name": format!("Maker of {slug}"), "slug": slug });
        let made = self.post(builder, "/integrations", new).await.expect(201);
        let id = made.text("/integration/id");
        let logo = self.upload(builder, &format!("/integrations/{id}/assets/logo"), LOGO).await;
        let mark = self.upload(builder, &format!("/integrations/{id}/assets/mark"), MARK).await;
        let mut info = info(&logo.expect(201).text("/asset/hash"), &mark.text("/asset/hash"));
        self.write_info(builder, &id, info.clone()).await;
        let template = self.get(builder, &format!("/integrations/{id}/docs-template")).await;
        info["docs"] = filled(template.expect(200).at("/docs"));
        self.write_info(builder, &id, info).await;
        let account = json!({ "username": "reviewer", "password": "s3cret-pass" });
        let path = format!("/integrations/{id}/test-account");
        self.call(builder, Method::PUT, &path, account).await.expect(200);
        let test = format!("{slug}-test");
        self.workspace(builder, &test).await;
        let add = json!({ "workspace": test });
        self.post(builder, &format!("/integrations/{id}/workspaces"), add).await.expect(201);
        id
    }

    /// Replaces the catalog info, on top of what is there.
    pub async fn write_info(&self, builder: &Who, id: &str, info: Value) {
        let page = self.get(builder, &format!("/integrations/{id}")).await.expect(200);
        let seen = [("if-match", page.headers["etag"].to_str().unwrap())];
        let path = format!("/integrations/{id}/info");
        self.call_with(builder, Method::PUT, &path, info, &seen).await.expect(200);
    }

    /// The catalog info as it is being written.
    pub async fn info(&self, builder: &Who, id: &str) -> Value {
        let page = self.get(builder, &format!("/integrations/{id}")).await.expect(200);
        page.at("/integration/info").clone()
    }

    /// Hands an integration in; the id of the submission.
    pub async fn submit(&self, builder: &Who, id: &str) -> String {
        let path = format!("/integrations/{id}/submissions");
        let reply = self.post(builder, &path, Value::Null).await;
        reply.expect(201).text("/submission/id")
    }

    /// Passes every part of a submission, and approves it.
    pub async fn approve(&self, operator: &Who, submission: &str) {
        for part in ["functionality", "metadata", "documentation"] {
            let path = format!("/reviews/{submission}/parts/{part}");
            let passed = json!({ "verdict": "passed" });
            self.call(operator, Method::PUT, &path, passed).await.expect(200);
        }
        let decision = format!("/reviews/{submission}/decision");
        self.post(operator, &decision, json!({ "action": "approve" })).await.expect(200);
    }
}

/// Catalog info with nothing missing but the documentation.
pub fn info(logo: &str, mark: &str) -> Value {
    json!({
        "description": "Sends what people do with your **mails**.",
        "website": "https://acme.example/mail",
        "primaryCategory": "Email Marketing",
        "logo": logo,
        "mark": mark,
        "supportEmail": "support@acme.example",
        "regions": ["us-west-2"],
        "events": [{
            "name": "Email Opened",
            "description": "Somebody opened a mail",
            "properties": [{
                "name": "email_id", "type": "string", "required": true, "description": "The mail",
            }],
        }],
    })
}

/// The template with words in place of what it leaves to the partner.
pub fn filled(docs: &Value) -> Value {
    let fill = |json: String, gap: &&str| json.replace(gap, gap.trim_matches(['[', ']']));
    serde_json::from_str(&catalog::docs::GAPS.iter().fold(docs.to_string(), fill)).unwrap()
}

/// The answers of an application.
pub fn application(email: &str) -> Value {
    json!({
        "companyName": "Acme Labs",
        "companyWebsite": "https://acme.example",
        "dataIn": "By our SDK",
        "dataOut": "Email Opened, for campaigns",
        "usedFor": "Campaigns",
        "heardFrom": "A customer",
        "email": email,
        "partnerAgreement": "2026-11",
        "privacyPolicy": "2026-11",
    })
}

/// An operator's yes to an application.
pub fn approval() -> Value {
    let tick = |criterion: &str| json!({ "criterion": criterion, "met": true, "note": "seen" });
    json!({ "step": "approve", "criteria": [
        tick("legitimateCompany"),
        tick("fitsPlatform"),
        tick("hasService"),
        tick("notCustomerOrResearcher"),
    ] })
}
