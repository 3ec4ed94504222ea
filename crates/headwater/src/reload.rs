//! Reads the configuration again after every change. Sources and destinations take effect at
//! once, without a connection dropped; a broken edit changes nothing and is said aloud.

use std::{io, time::Duration};

use destination_kit::DestinationKind;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tracing::{error, info, warn};

use crate::{
    config::{self, Config, Input, Role},
    snapshot::{Composer, snapshot},
};

/// How often the file is looked at. A change counts once it was seen twice alike, so that a file
/// that is just being written is not taken for an empty one.
const EVERY: Duration = Duration::from_millis(500);

/// What became of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Of the snapshot in effect.
    pub revision: u64,
    /// Sources in effect.
    pub sources: usize,
    /// Destinations in effect.
    pub destinations: usize,
    /// Whether there is a control plane, which may have others.
    pub control: bool,
    /// Why the file as it stands is not in effect.
    pub stale: Option<Stale>,
    /// Keys that were changed and take effect at the next start.
    pub waiting: Vec<&'static str>,
}

/// Why a file is not in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// It has this many problems.
    Problems(usize),
    /// It cannot be read.
    Unreadable,
}

impl Loaded {
    /// A configuration in effect.
    pub fn new(config: &Config, revision: u64) -> Loaded {
        Loaded {
            revision,
            sources: config.sources.len(),
            destinations: config.destinations.len(),
            control: config.server.roles.contains(&Role::Control)
                || config.control.database.is_some(),
            stale: None,
            waiting: vec![],
        }
    }

    /// What an operator should know, in a sentence. Public: names no value.
    pub fn detail(&self) -> Option<String> {
        let stale = match self.stale {
            Some(Stale::Problems(number)) => Some(format!(
                "the configuration file was changed and has {}; what it said before stays in effect. Run: headwater config check",
                crate::config_command::count(number, "problem")
            )),
            Some(Stale::Unreadable) => Some(
                "the configuration file cannot be read; what it said before stays in effect"
                    .to_owned(),
            ),
            None if self.waiting.is_empty() => None,
            None => Some(format!("takes effect at the next start: {}", self.waiting.join(", "))),
        };
        stale.or_else(|| {
            (self.sources == 0 && !self.control).then(|| {
                "no source is configured, so no message is kept. Add [[sources]] to the configuration; headwater config reference shows how"
                    .to_owned()
            })
        })
    }
}

/// Keeps the routing as the file says.
pub struct Reload {
    input: Input,
    kinds: Vec<Box<dyn DestinationKind>>,
    running: Config,
    composer: Composer,
    state: watch::Sender<Loaded>,
    seen: Option<String>,
}

impl Reload {
    /// `running` was loaded from `input`, and `composer` holds its snapshot.
    pub fn new(
        input: Input,
        kinds: Vec<Box<dyn DestinationKind>>,
        running: Config,
        composer: Composer,
    ) -> Reload {
        let revision = composer.routing().current().revision;
        let state = watch::Sender::new(Loaded::new(&running, revision));
        Reload { input, kinds, running, composer, state, seen: None }
    }

    /// What became of the configuration, now and later.
    pub fn state(&self) -> watch::Receiver<Loaded> {
        self.state.subscribe()
    }

    /// Looks at the file for ever.
    ///
    /// Errors: the system gives no signals.
    pub async fn run(mut self) -> io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = hangup.recv() => true,
                _ = ticks.tick() => false,
            };
            let text = tokio::fs::read_to_string(&self.input.file).await;
            self.look(text, asked);
        }
    }

    /// Takes what stands in the file now. `asked`: somebody wants it read at once.
    fn look(&mut self, text: io::Result<String>, asked: bool) {
        let text = match text {
            Ok(text) => text,
            // There never was a file.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.input.text.is_empty() => {
                return;
            }
            Err(error) => {
                self.seen = None;
                if self.note(Some(Stale::Unreadable)) {
                    error!(file = %self.input.file.display(), %error, "cannot read the configuration; what it said before stays in effect");
                }
                return;
            }
        };
        let unreadable = self.state.borrow().stale == Some(Stale::Unreadable);
        if text == self.input.text && !asked && !unreadable {
            self.seen = None;
        } else if asked || self.seen.as_ref() == Some(&text) {
            self.seen = None;
            self.take(text);
        } else {
            self.seen = Some(text);
        }
    }

    fn take(&mut self, text: String) {
        self.input.text = text;
        let file = self.input.file.display().to_string();
        match config::load(&self.input, &self.kinds) {
            Ok(loaded) => {
                let revision = self.composer.set_file(snapshot(&loaded.config, 0));
                let waiting = self.running.differs_until_restart(&loaded.config);
                if !waiting.is_empty() {
                    warn!(keys = waiting.join(", "), "changes take effect at the next start");
                }
                let state = Loaded { waiting, ..Loaded::new(&loaded.config, revision) };
                info!(
                    file,
                    revision,
                    sources = state.sources,
                    destinations = state.destinations,
                    "configuration read again"
                );
                metrics::counter!("headwater_config_reloads_total", "result" => "ok").increment(1);
                self.state.send_replace(state);
            }
            Err(problems) => {
                for problem in problems.lines() {
                    error!("{problem}");
                }
                error!(
                    file,
                    problems = problems.list.len(),
                    "configuration has problems; what it said before stays in effect"
                );
                metrics::counter!("headwater_config_reloads_total", "result" => "refused")
                    .increment(1);
                self.note(Some(Stale::Problems(problems.list.len())));
            }
        }
    }

    /// Whether this is news.
    fn note(&self, stale: Option<Stale>) -> bool {
        self.state.send_if_modified(|state| {
            let news = state.stale != stale;
            state.stale = stale;
            news
        })
    }
}

#[cfg(test)]
mod tests;
