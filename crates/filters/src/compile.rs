//! Filters made ready, once, for messages.

use std::{fmt, sync::Arc};

use crate::{
    change::Change,
    effect::{Effect, effect},
    filter::{ACTIONS_MAX, Action, ActionType, Algorithm, Filter, Problem, TITLE_CHARS_MAX},
    fql::Fql,
    hash::Salt,
};

/// The filters of one source and one destination, ready to be applied.
#[derive(Clone, Default)]
pub struct Compiled {
    filters: Arc<[Filter]>,
    salt: Salt,
    /// What the enabled ones do, in the order in which it is done.
    pub(crate) steps: Arc<[Step]>,
}

/// One action of a filter.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) title: Arc<str>,
    pub(crate) condition: Arc<Fql>,
    pub(crate) effect: Effect,
}

impl Compiled {
    /// Compiles `filters`, of which the earlier come first where two do the same kind of thing.
    /// `salt` is the key under which values are hashed.
    ///
    /// Errors: everything that is wrong with each, and which of them it is.
    pub fn new(filters: &[Filter], salt: &Salt) -> Result<Compiled, Vec<(usize, Problem)>> {
        let mut steps = Vec::new();
        let mut problems = Vec::new();
        for (index, filter) in filters.iter().enumerate() {
            match steps_of(filter, salt) {
                Ok(of_filter) if filter.enabled => steps.extend(of_filter),
                Ok(_) => {}
                Err(found) => problems.extend(found.into_iter().map(|problem| (index, problem))),
            }
        }
        match problems.is_empty() {
            true => Ok(Compiled::of(filters, salt, steps)),
            false => Err(problems),
        }
    }

    /// The same of filters that were checked when they were written. One that is no filter any
    /// longer lets nothing through, and says so.
    pub fn of_stored(filters: &[Filter], salt: &Salt) -> Compiled {
        let mut steps = Vec::new();
        for filter in filters.iter().filter(|filter| filter.enabled) {
            match steps_of(filter, salt) {
                Ok(of_filter) => steps.extend(of_filter),
                Err(problems) => {
                    let why = problems.first().map(Problem::to_string).unwrap_or_default();
                    steps.push(Step {
                        title: filter.title.as_str().into(),
                        condition: Fql::always().into(),
                        effect: Effect::Broken(why),
                    });
                }
            }
        }
        Compiled::of(filters, salt, steps)
    }

    fn of(filters: &[Filter], salt: &Salt, mut steps: Vec<Step>) -> Compiled {
        steps.sort_by_key(|step| step.effect.turn());
        Compiled { filters: filters.into(), salt: salt.clone(), steps: steps.into() }
    }

    /// The key under which it hashes.
    pub fn salt(&self) -> &Salt {
        &self.salt
    }

    /// What it was made of.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// Whether every message passes as it is.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Filters that say the same do the same.
impl PartialEq for Compiled {
    fn eq(&self, other: &Compiled) -> bool {
        self.filters == other.filters && self.salt == other.salt
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = self.filters.iter().map(|filter| &filter.title);
        f.debug_list().entries(titles).finish()
    }
}

impl Filter {
    /// Whether it hashes under a key.
    pub fn needs_salt(&self) -> bool {
        let keyed = |action: &Action| action.algorithm != Some(Algorithm::Sha256);
        let hashes = |action: &&Action| action.kind == ActionType::HashProperties;
        self.actions.iter().filter(hashes).any(keyed)
    }

    /// Everything that is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        steps_of(self, &Salt::default()).err().unwrap_or_default()
    }
}

fn steps_of(filter: &Filter, salt: &Salt) -> Result<Vec<Step>, Vec<Problem>> {
    let mut problems = Vec::new();
    let Filter { title, condition, actions, enabled: _ } = filter;
    let length = title.chars().count();
    if title.trim().is_empty() || length > TITLE_CHARS_MAX {
        let message = match length {
            _ if title.trim().is_empty() => "the title is empty".to_owned(),
            length => format!("the title has {length} characters"),
        };
        let fix = format!("name it in 1 to {TITLE_CHARS_MAX} characters");
        problems.push(Problem::new("/title", message, fix));
    }
    let condition = Fql::new(condition).map_err(|fault| {
        problems.push(Problem {
            pointer: "/if".to_owned(),
            offset: Some(fault.offset),
            message: format!("at byte {}: found {}", fault.offset, fault.found),
            fix: fault.expected,
        });
    });
    if actions.is_empty() || actions.len() > ACTIONS_MAX {
        let message = format!("the filter has {} actions", actions.len());
        let fix = format!("say in 1 to {ACTIONS_MAX} actions what becomes of the messages");
        problems.push(Problem::new("/actions", message, fix));
    }
    let mut effects = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        match effect(action, salt) {
            Ok(effect) => effects.push(effect),
            Err(found) => problems.extend(found.into_iter().map(|problem| {
                let pointer = format!("/actions/{index}{}", problem.pointer);
                Problem { pointer, ..problem }
            })),
        }
    }
    let Ok(condition) = condition.map(Arc::new) else { return Err(problems) };
    if !problems.is_empty() {
        return Err(problems);
    }
    let title: Arc<str> = title.as_str().into();
    let step = |effect| Step { title: title.clone(), condition: condition.clone(), effect };
    Ok(effects.into_iter().map(step).collect())
}

impl Step {
    /// What it changes in a message; `None` when it only says whether there is one.
    pub(crate) fn change(&self) -> Option<&Change> {
        match &self.effect {
            Effect::Change(change) => Some(change),
            _ => None,
        }
    }
}
