//! The four criteria of approval.

use serde::{Deserialize, Serialize};

use super::NOTE_CHARS_MAX;
use crate::{problem::Problem, text::check_lines};

/// What the operator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Criterion {
    /// It represents a legitimate company.
    LegitimateCompany,
    /// Its use cases fit the platform.
    FitsPlatform,
    /// It has a service that can integrate.
    HasService,
    /// It is neither an ordinary customer nor a security researcher.
    NotCustomerOrResearcher,
}

impl Criterion {
    /// Every criterion, in the order of the form.
    pub const ALL: [Criterion; 4] = [
        Criterion::LegitimateCompany,
        Criterion::FitsPlatform,
        Criterion::HasService,
        Criterion::NotCustomerOrResearcher,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Criterion::LegitimateCompany => "legitimateCompany",
            Criterion::FitsPlatform => "fitsPlatform",
            Criterion::HasService => "hasService",
            Criterion::NotCustomerOrResearcher => "notCustomerOrResearcher",
        }
    }

    /// What has to hold.
    pub fn label(self) -> &'static str {
        match self {
            Criterion::LegitimateCompany => "Represents a legitimate company",
            Criterion::FitsPlatform => "Its use cases fit the platform",
            Criterion::HasService => "Has a service that can integrate",
            Criterion::NotCustomerOrResearcher => {
                "Is neither an ordinary customer nor a security researcher"
            }
        }
    }
}

/// What the operator found about one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tick {
    /// Which criterion.
    pub criterion: Criterion,
    /// Whether it holds.
    pub met: bool,
    /// How one knows.
    #[serde(default)]
    pub note: String,
}

/// What stands in the way of approval: each criterion has to be ticked, with a note.
pub fn check_criteria(ticks: &[Tick]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, tick) in ticks.iter().enumerate() {
        let pointer = format!("/criteria/{index}");
        if ticks[..index].iter().any(|earlier| earlier.criterion == tick.criterion) {
            problems.push(Problem::new(
                "criterion_twice",
                format!("{pointer}/criterion"),
                format!("{} is given twice", tick.criterion.as_str()),
                "each criterion once",
                "keep one of them",
            ));
        }
        if tick.note.trim().is_empty() {
            problems.push(Problem::new(
                "note_missing",
                format!("{pointer}/note"),
                format!("{} has no note", tick.criterion.as_str()),
                "how one knows",
                "say in a few words what you looked at",
            ));
        }
        problems.extend(check_lines(&tick.note, NOTE_CHARS_MAX, &format!("{pointer}/note")));
        if !tick.met {
            problems.push(Problem::new(
                "criterion_not_met",
                format!("{pointer}/met"),
                format!("{} does not hold", tick.criterion.as_str()),
                "every criterion met",
                "ask the applicant, or decline",
            ));
        }
    }
    for criterion in Criterion::ALL {
        if !ticks.iter().any(|tick| tick.criterion == criterion) {
            problems.push(Problem::new(
                "criterion_missing",
                "/criteria",
                format!("{} was not looked at", criterion.as_str()),
                criterion.label(),
                "tick it with a note, ask the applicant, or decline",
            ));
        }
    }
    problems
}
