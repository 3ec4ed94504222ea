//! The checklist before submission, as data: each line with whether it is done, and the way to
//! do it. Submission is open only when all are.
//!
//! Source: the submission checklist of Segment's Developer Center.

use serde::{Deserialize, Serialize};

use crate::{
    docs,
    info::{Info, Missing, Section, missing, validate},
    state::{Editing, State, editing},
};

/// What the catalog info cannot say about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts<'a> {
    /// What the integration is called.
    pub name: &'a str,
    /// Messages seen from sources made from it, outside customers' workspaces.
    pub test_events_seen: u64,
    /// Workspaces it was added to.
    pub installed_in: u32,
    /// Whether reviewers have an account to test with.
    pub has_test_account: bool,
    /// How the checks of these messages came out; none where no data plane can be asked.
    pub checks: Option<Checked<'a>>,
}

/// How the checks of what arrived came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked<'a> {
    /// What stands in the way; none when everything that must hold does.
    pub obstacle: Option<&'a str>,
    /// 0 to 100.
    pub score: u32,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    /// Stable name.
    pub key: String,
    /// What has to be so.
    pub label: String,
    /// Whether it is.
    pub done: bool,
    /// How it stands, in a sentence.
    pub detail: String,
    /// The next thing to do; empty when done.
    pub fix: String,
    /// JSON pointer to the field that the fix is about; none when it is not in the catalog info.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// All lines, in the order in which they are usually done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checklist {
    /// The lines.
    pub items: Vec<Item>,
    /// Lines that are done.
    pub done: usize,
    /// Whether it may be submitted: every line is done, and the state allows it.
    pub ready: bool,
}

impl Checklist {
    /// Whether it may be submitted.
    pub fn ready(&self) -> bool {
        self.ready
    }

    /// The lines that are not done.
    pub fn open(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| !item.done)
    }
}

/// The checklist of an integration in `state`. After launch an edit is submitted by the same
/// list, without the lines that the first review has settled.
pub fn checklist(state: State, info: &Info, facts: &Facts<'_>) -> Checklist {
    let mut gaps = missing(info);
    gaps.extend(docs::unnamed(facts.name, info).map(|finding| Missing {
        pointer: finding.pointer,
        what: "the name in the introduction".to_owned(),
        fix: finding.fix,
        section: Section::Documentation,
    }));
    let at = |pointer: &str| gaps.iter().filter(|gap| gap.pointer == pointer).collect::<Vec<_>>();
    let of = |section| gaps.iter().filter(|gap| gap.section == section).collect::<Vec<_>>();
    let launched = editing(state) == Editing::Reviewed;
    let mut items = vec![
        listed("description", "Description", &at("/description")),
        listed("website", "Website", &at("/website")),
        listed("category", "Category", &at("/primaryCategory")),
        listed("logo", "Logo in SVG", &at("/logo")),
        listed("mark", "Mark in SVG", &at("/mark")),
        listed("supportEmail", "Support address", &at("/supportEmail")),
        listed("events", "Events declared and described", &of(Section::Events)),
        listed("documentation", "Documentation complete", &of(Section::Documentation)),
        values(info),
    ];
    if !launched {
        items.extend([installed(facts), test_events(facts)]);
        items.extend(facts.checks.map(checks));
        items.push(test_account(facts));
    }
    let done = items.iter().filter(|item| item.done).count();
    let open = matches!(editing(state), Editing::Free | Editing::Reviewed);
    let ready = open && done == items.len();
    Checklist { items, done, ready }
}

fn listed(key: &str, label: &str, gaps: &[&Missing]) -> Item {
    let first = gaps.first();
    let detail = match gaps {
        [] => "there".to_owned(),
        [gap] => format!("missing: {}", gap.what),
        [gap, others @ ..] => format!("missing: {} and {} more", gap.what, others.len()),
    };
    Item {
        key: key.to_owned(),
        label: label.to_owned(),
        done: gaps.is_empty(),
        detail,
        fix: first.map(|gap| gap.fix.clone()).unwrap_or_default(),
        field: first.map(|gap| gap.pointer.clone()),
    }
}

fn values(info: &Info) -> Item {
    let mut wrong = validate(info);
    // a description from before today's limit may stay
    wrong.retain(|p| !(p.pointer == "/description" && p.code == "too_long"));
    let detail = match wrong.as_slice() {
        [] => "they do".to_owned(),
        [problem] => problem.message.clone(),
        [problem, others @ ..] => format!("{} and {} more", problem.message, others.len()),
    };
    let first = wrong.into_iter().next();
    Item {
        key: "values".to_owned(),
        label: "Every value fits its rule".to_owned(),
        done: first.is_none(),
        detail,
        fix: first.as_ref().map(|p| p.fix.clone()).unwrap_or_default(),
        field: first.map(|p| p.pointer),
    }
}

fn installed(facts: &Facts<'_>) -> Item {
    let done = facts.installed_in > 0;
    fact(
        "installed",
        "Added to a workspace",
        done,
        match facts.installed_in {
            0 => "not added to any workspace yet".to_owned(),
            1 => "added to one workspace".to_owned(),
            more => format!("added to {more} workspaces"),
        },
        "open Settings, choose a workspace of yours, and add it there",
    )
}

fn test_events(facts: &Facts<'_>) -> Item {
    let done = facts.test_events_seen > 0;
    fact(
        "testEvents",
        "Events seen from the test workspace",
        done,
        match facts.test_events_seen {
            0 => "no event has arrived yet".to_owned(),
            1 => "one event has arrived".to_owned(),
            more => format!("{more} events have arrived"),
        },
        "paste the source's write key into your product and do what a customer would do",
    )
}

fn checks(checked: Checked<'_>) -> Item {
    fact(
        "checks",
        "The source follows the Spec",
        checked.obstacle.is_none(),
        match checked.obstacle {
            None => format!("it does, with a score of {}", checked.score),
            Some(obstacle) => obstacle.to_owned(),
        },
        "open Test, mend what it shows in your product, and send the events again",
    )
}

fn test_account(facts: &Facts<'_>) -> Item {
    let done = facts.has_test_account;
    let detail = if done { "there, for reviewers only" } else { "reviewers cannot log in yet" };
    fact(
        "testAccount",
        "Test account for reviewers",
        done,
        detail.to_owned(),
        "give a user name and a password of an account in your product, with notes",
    )
}

fn fact(key: &str, label: &str, done: bool, detail: String, fix: &str) -> Item {
    Item {
        key: key.to_owned(),
        label: label.to_owned(),
        done,
        detail,
        fix: if done { String::new() } else { fix.to_owned() },
        field: None,
    }
}

#[cfg(test)]
mod tests;
