//! No sequence of requests, by anybody, brings an integration where the rules do not lead.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{cell::Cell, sync::Arc};

use catalog::{Action, Party, State, state};
use http::Method;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::{
    answer,
    testing::{Reply, Who, World, journey::Busy},
};

const HOUR_MS: i64 = 3_600_000;

/// Sequences that are tried on each engine.
const CASES: u32 = 40;

/// Something that somebody does.
#[derive(Debug, Clone, Copy)]
enum Move {
    Submit(Team),
    Withdraw(Team),
    GiveUp(Team),
    Edit(Team),
    Pass(Operator),
    AskForChanges(Operator),
    /// After everything else that it needs was done, or not.
    Decide(Operator, &'static str, bool),
    Manage(Operator, &'static str),
    Wait(i64),
}

#[derive(Debug, Clone, Copy)]
enum Team {
    Builder,
    Admin,
    /// Of another partner.
    Rival,
}

#[derive(Debug, Clone, Copy)]
enum Operator {
    Olga,
    /// Who also sits in the partner's team.
    Both,
    /// Who is none.
    Nobody,
}

fn team() -> impl Strategy<Value = Team> {
    prop_oneof![4 => Just(Team::Builder), 2 => Just(Team::Admin), 1 => Just(Team::Rival)]
}

fn operator() -> impl Strategy<Value = Operator> {
    prop_oneof![5 => Just(Operator::Olga), 2 => Just(Operator::Both), 1 => Just(Operator::Nobody)]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let decision = prop_oneof![
        3 => Just("approve"),
        1 => Just("approvePrivateBeta"),
        1 => Just("requestChanges")
    ];
    let managed = prop_oneof![
        1 => Just("publishBeta"),
        1 => Just("deprecate"),
        1 => Just("restore"),
        1 => Just("remove")
    ];
    let one = prop_oneof![
        6 => team().prop_map(Move::Submit),
        2 => team().prop_map(Move::Withdraw),
        1 => team().prop_map(Move::GiveUp),
        2 => team().prop_map(Move::Edit),
        1 => operator().prop_map(Move::Pass),
        1 => operator().prop_map(Move::AskForChanges),
        8 => (operator(), decision, any::<bool>())
            .prop_map(|(who, what, prepared)| Move::Decide(who, what, prepared)),
        4 => (operator(), managed).prop_map(|(who, what)| Move::Manage(who, what)),
        2 => (1..500_i64).prop_map(|hours| Move::Wait(hours * HOUR_MS)),
    ];
    proptest::collection::vec(one, 1..24)
}

/// One integration, and those who move it.
struct Game {
    world: World,
    integration: String,
    frozen: String,
    start_ms: i64,
}

/// What a sequence has come to, by the rules alone.
struct Believed {
    state: State,
    approved_at_ms: Option<i64>,
    history: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sequence_of_requests_breaks_the_rules() {
    for world in World::all().await {
        let game = Box::pin(Game::new(world.watching(Arc::new(Busy)))).await;
        let mut runner = TestRunner::deterministic();
        let reached = Cell::new(0_u32);
        let handle = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            let config =
                ProptestConfig { cases: CASES, failure_persistence: None, ..Default::default() };
            runner = TestRunner::new_with_rng(config, runner.rng().clone());
            runner
                .run(&moves(), |moves| {
                    handle.block_on(Box::pin(game.play(&moves, &reached)));
                    Ok(())
                })
                .unwrap();
        });
        for state in State::ALL.into_iter().filter(|state| *state != State::Public) {
            let bit = 1 << State::ALL.iter().position(|known| *known == state).unwrap();
            assert!(reached.get() & bit != 0, "no sequence came to {state}: the test is too short");
        }
    }
}

impl Game {
    async fn new(world: World) -> Game {
        let partner_of = |name: &str| format!("{name}@cast.example");
        for name in ["admin", "builder", "rival", "both", "nobody"] {
            world.known(&partner_of(name)).await;
        }
        world.known_operator("olga@cast.example").await;
        let since = Some(world.api.now_ms());
        world.change_account("both@cast.example", |a| a.operator_since_ms = since).await;
        let acme = world.partner("Acme Labs", "admin@cast.example").await;
        world.seat(&acme, "builder@cast.example", catalog::TeamRole::Builder).await;
        world.seat(&acme, "both@cast.example", catalog::TeamRole::Builder).await;
        world.partner("Rival Inc", "rival@cast.example").await;
        let builder = world.session("builder@cast.example").await;
        let integration = Box::pin(world.integration(&builder, "acme-mail")).await;
        let (frozen, start_ms) = (world.freeze().await, world.api.now_ms());
        Game { world, integration, frozen, start_ms }
    }

    async fn play(&self, moves: &[Move], reached: &Cell<u32>) {
        self.world.thaw(&self.frozen).await;
        self.world.pass(self.start_ms - self.world.api.now_ms());
        let mut believed =
            Believed { state: State::PrivateBuilding, approved_at_ms: None, history: 0 };
        for step in moves {
            Box::pin(self.take(*step, &mut believed)).await;
            Box::pin(self.look(&mut believed, *step)).await;
            let bit = State::ALL.iter().position(|known| *known == believed.state).unwrap();
            reached.set(reached.get() | 1 << bit);
        }
    }

    /// Sessions end; a game does not.
    async fn who(&self, name: &str) -> Who {
        self.world.session(&format!("{name}@cast.example")).await
    }

    async fn team(&self, team: Team) -> (Who, Party) {
        match team {
            Team::Builder => (self.who("builder").await, Party::Builder),
            Team::Admin => (self.who("admin").await, Party::PartnerAdmin),
            Team::Rival => (self.who("rival").await, Party::Builder),
        }
    }

    async fn operator(&self, operator: Operator) -> Who {
        let name = match operator {
            Operator::Olga => "olga",
            Operator::Both => "both",
            Operator::Nobody => "nobody",
        };
        self.who(name).await
    }

    /// Does one thing. Where the answer says that it was done, the rules must have allowed it.
    async fn take(&self, step: Move, believed: &mut Believed) {
        let id = &self.integration;
        match step {
            Move::Wait(ms) => self.world.pass(ms),
            Move::Submit(team) => {
                let (who, party) = self.team(team).await;
                let path = format!("/integrations/{id}/submissions");
                let reply = self.world.post(&who, &path, Value::Null).await;
                self.judge(&reply, team, believed, party, Action::Submit);
            }
            Move::Withdraw(team) => {
                let (who, party) = self.team(team).await;
                let path = format!("/integrations/{id}/submissions/current/withdraw");
                let reply = self.world.post(&who, &path, json!({})).await;
                self.judge(&reply, team, believed, party, Action::Withdraw);
            }
            Move::GiveUp(team) => {
                let (who, party) = self.team(team).await;
                let path = format!("/integrations/{id}");
                let why = json!({ "reason": "we make another one" });
                let reply = self.world.call(&who, Method::DELETE, &path, why).await;
                self.judge(&reply, team, believed, party, Action::Remove);
            }
            Move::Edit(team) => {
                let (who, _) = self.team(team).await;
                let path = format!("/integrations/{id}");
                let name = json!({ "name": "Renamed" });
                let reply = self.world.call(&who, Method::PATCH, &path, name).await;
                if reply.status.is_success() {
                    assert!(!matches!(team, Team::Rival), "a rival edits");
                    let frozen = [State::PrivateSubmitted, State::Unavailable];
                    assert!(!frozen.contains(&believed.state), "{step:?} in {}", believed.state);
                }
            }
            Move::Pass(operator) => self.verdicts(operator, "passed").await,
            Move::AskForChanges(operator) => self.verdicts(operator, "changes").await,
            Move::Decide(operator, what, prepared) => {
                let Some(submission) = self.open().await else { return };
                if prepared {
                    let verdict = if what == "requestChanges" { "changes" } else { "passed" };
                    self.verdicts(Operator::Olga, verdict).await;
                }
                let who = self.operator(operator).await;
                let path = format!("/reviews/{submission}/decision");
                let reply = self.world.post(&who, &path, json!({ "action": what })).await;
                let action = Action::parse(what).unwrap();
                self.moved(&reply, operator, believed, action);
            }
            Move::Manage(operator, what) => {
                let who = self.operator(operator).await;
                let path = format!("/operator/integrations/{id}/actions");
                let body = json!({ "action": what, "reason": format!("to {what}") });
                let reply = self.world.post(&who, &path, body).await;
                let action = Action::parse(what).unwrap();
                self.moved(&reply, operator, believed, action);
            }
        }
    }

    async fn verdicts(&self, operator: Operator, verdict: &str) {
        let Some(submission) = self.open().await else { return };
        let who = self.operator(operator).await;
        for part in ["functionality", "metadata", "documentation"] {
            let path = format!("/reviews/{submission}/parts/{part}");
            let reply = self.world.call(&who, Method::PUT, &path, json!({ "verdict": verdict }));
            self.only_operators(&reply.await, operator);
            if verdict == "changes" {
                let path = format!("/reviews/{submission}/comments");
                let said = json!({ "part": part, "pointer": "/description", "text": "Say more." });
                let reply = self.world.post(&who, &path, said).await;
                self.only_operators(&reply, operator);
            }
        }
    }

    fn only_operators(&self, reply: &Reply, operator: Operator) {
        if matches!(operator, Operator::Nobody) {
            assert_eq!(reply.status.as_u16(), 403);
        }
    }

    fn moved(&self, reply: &Reply, operator: Operator, believed: &mut Believed, action: Action) {
        self.only_operators(reply, operator);
        self.follow(reply, believed, Party::Reviewer, action);
    }

    fn judge(
        &self,
        reply: &Reply,
        team: Team,
        believed: &mut Believed,
        party: Party,
        action: Action,
    ) {
        if matches!(team, Team::Rival) {
            assert_eq!(reply.status.as_u16(), 404, "it is not there for a rival");
        }
        self.follow(reply, believed, party, action);
    }

    /// What was done moves what we believe; an edit of something launched moves no state, and
    /// still stands in the history.
    fn follow(&self, reply: &Reply, believed: &mut Believed, party: Party, action: Action) {
        if !reply.status.is_success() {
            return;
        }
        let purpose = &reply.body["data"].pointer("/submission/purpose");
        let reviewed = &reply.body["data"].pointer("/review/submission/purpose");
        if [purpose, reviewed].into_iter().flatten().any(|purpose| *purpose == "edit") {
            believed.history += 1;
            return;
        }
        let from = believed.state;
        believed.state = state::step(from, party, action).unwrap_or_else(|refusal| {
            panic!("{action} by {party:?} was done in {from}: {refusal}")
        });
        believed.history += 1;
        if matches!(action, Action::Approve | Action::PublishBeta) {
            believed.approved_at_ms = Some(self.world.api.now_ms());
        }
    }

    async fn open(&self) -> Option<String> {
        let operator = self.who("olga").await;
        let queue = self.world.get(&operator, "/reviews").await.expect(200);
        queue.body.pointer("/data/submissions/0/id")?.as_str().map(str::to_owned)
    }

    /// What everybody is shown is what we believe, and the history tells how it came to it.
    async fn look(&self, believed: &mut Believed, step: Move) {
        let builder = self.who("builder").await;
        let path = format!("/integrations/{}", self.integration);
        let page = self.world.get(&builder, &path).await.expect(200);
        let now_ms = self.world.api.now_ms();
        let rules = self.world.api.beta_rules();
        let shown = state::shown(believed.state, believed.approved_at_ms, &rules, false, now_ms);
        assert_eq!(page.text("/integration/status"), shown.as_str(), "after {step:?}");

        let anybody = self.world.get(&Who::default(), "/catalog/sources/acme-mail").await;
        assert_eq!(anybody.status.is_success(), state::listed(shown), "{shown} in the catalog");
        if anybody.status.is_success() {
            assert_eq!(anybody.text("/sourceMetadata/status"), shown.as_str());
        }

        let history = self.world.get(&builder, &format!("{path}/history")).await.expect(200);
        let history = history.at("/history").as_array().unwrap().clone();
        assert_eq!(history.len(), believed.history, "after {step:?}: {history:#?}");
        let mut at = State::PrivateBuilding;
        for entry in &history {
            let text = |name: &str| entry[name].as_str().unwrap();
            let (from, to) =
                (State::parse(text("from")).unwrap(), State::parse(text("to")).unwrap());
            let (party, action) =
                (Party::parse(text("party")).unwrap(), Action::parse(text("action")).unwrap());
            assert_eq!(from, at, "the history has a gap: {history:#?}");
            assert!(
                from == to || state::step(from, party, action) == Ok(to),
                "{action} from {from} to {to}"
            );
            assert!(text("by").ends_with("@cast.example"), "who: {entry}");
            assert!(text("at") <= answer::time(now_ms).as_str(), "when: {entry}");
            if matches!(action, Action::Remove | Action::Deprecate) {
                assert!(!text("reason").is_empty(), "why: {entry}");
            }
            at = to;
        }
        assert_eq!(at, believed.state);
    }
}
