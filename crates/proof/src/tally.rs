//! How messages kept each rule, with the newest that show it.

use std::collections::HashMap;

use spec::rules::{self, Rule};

use crate::{Broken, RuleReport, Sample, check::rank, declared};

/// Messages that are shown for one thing.
const SHOWN: usize = 3;

/// The newest messages that show something: those that broke it, or else some that kept it.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    broken: Vec<Sample>,
    kept: Vec<Sample>,
}

impl Shown {
    pub(crate) fn broken(&mut self, sample: &Sample, broken: &Broken) {
        if self.broken.len() < SHOWN {
            self.broken.push(Sample { broken: Some(broken.clone()), ..sample.clone() });
        }
    }

    pub(crate) fn kept(&mut self, sample: &Sample) {
        if self.kept.len() < SHOWN {
            self.kept.push(sample.clone());
        }
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        let shown = if self.broken.is_empty() { &self.kept } else { &self.broken };
        shown.clone()
    }
}

/// All rules.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    of: HashMap<&'static str, OfRule>,
    /// Messages that rules about content were applied to, and messages in all.
    accepted: u64,
    all: u64,
    /// The newest messages.
    newest: Vec<Sample>,
}

#[derive(Debug, Default)]
struct OfRule {
    messages: u64,
    /// Number of the last message that was counted, from 1: one that breaks a rule twice counts
    /// once.
    last: u64,
    shown: Shown,
}

impl Tally {
    pub(crate) fn broken(&mut self, rule: &'static Rule, sample: &Sample, broken: &Broken) {
        let of = self.of.entry(rule.code).or_default();
        let number = self.all + 1;
        if of.last != number {
            of.last = number;
            of.messages += 1;
            of.shown.broken(sample, broken);
        }
    }

    pub(crate) fn end_of_message(&mut self, sample: &Sample, accepted: bool) {
        self.all += 1;
        self.accepted += u64::from(accepted);
        if accepted && self.newest.len() < SHOWN {
            self.newest.push(sample.clone());
        }
    }

    /// The broken rules before the others, the gravest first.
    pub(crate) fn report(&self) -> Vec<RuleReport> {
        let rules = declared::RULES.into_iter().chain(rules::all().iter().copied());
        let mut reports: Vec<RuleReport> = rules.map(|rule| self.of_rule(rule)).collect();
        reports.sort_by_key(|report| (report.passed(), rank(report.severity)));
        reports
    }

    fn of_rule(&self, rule: &Rule) -> RuleReport {
        let of = self.of.get(rule.code);
        let samples = of.map_or_else(|| self.newest.clone(), |of| of.shown.samples());
        RuleReport {
            code: rule.code.to_owned(),
            severity: rule.severity,
            title: rule.title.to_owned(),
            fix: rule.fix.to_owned(),
            docs: format!("/docs/spec#{}", rule.code),
            checked: if rule.code == declared::DISCARDED.code { self.all } else { self.accepted },
            broken: of.map_or(0, |of| of.messages),
            samples,
        }
    }
}
