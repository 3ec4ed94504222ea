//! What the service knows, and the one way to change it: a line in the journal, then memory.
//!
//! All history is in memory, which is right for an example; a real service has a database here.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    campaign::{BadDraft, Campaign, Draft, List, Mail, Planned},
    event::{self, Happening, Integration, Visitor},
    journal::{Entry, Journal, Sent, Unsent},
    token::Signer,
};

/// How many of the newest messages are kept for the page.
const RECENT: usize = 100;

/// The service, shared by its pages and its workers.
pub struct Service {
    /// Who we are to Headwater.
    pub integration: Integration,
    /// Whom campaigns go to.
    pub list: List,
    /// Signs what stands in the addresses of a mail.
    pub signer: Signer,
    /// Wakes whoever sends mails.
    pub mails: Notify,
    /// Wakes whoever sends messages to Headwater.
    pub messages: Notify,
    known: Mutex<Known>,
}

struct Known {
    journal: Journal,
    sent: Sent,
    history: History,
    trouble: [Option<String>; 2],
}

/// What the journal adds up to.
#[derive(Default)]
struct History {
    campaigns: Vec<Arc<Campaign>>,
    /// Where the mail with this id is: which campaign, which of its mails.
    mails: HashMap<String, (usize, usize)>,
    /// What happened to the mail with this id.
    happened: HashMap<String, Vec<Happening>>,
    /// Who wants no more mail, in lower case.
    suppressed: HashSet<String>,
    /// Every `messageId`: a cause that is told twice is one event.
    ids: HashSet<String>,
    /// The newest messages, each with the place of its end in the journal.
    recent: VecDeque<(u64, Value)>,
}

/// A mail and the campaign that it is part of.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The campaign.
    pub campaign: Arc<Campaign>,
    /// The mail.
    pub mail: Mail,
}

/// A campaign, and what happened to each of its mails.
pub type Progress = (Arc<Campaign>, Vec<Vec<Happening>>);

/// Everything that the page shows.
pub struct Overview {
    /// Newest first.
    pub campaigns: Vec<Progress>,
    /// Newest first, with whether Headwater has it.
    pub messages: Vec<(Value, bool)>,
    /// How many people want no more mail.
    pub suppressed: usize,
    /// What holds up the workers.
    pub trouble: Vec<String>,
}

/// Who can be held up.
#[derive(Debug, Clone, Copy)]
pub enum Worker {
    /// Sends mails.
    Mailer,
    /// Sends messages to Headwater.
    Courier,
}

/// Why there is no campaign.
#[derive(Debug, thiserror::Error)]
pub enum NoCampaign {
    /// Mend the draft.
    #[error(transparent)]
    Draft(#[from] BadDraft),
    /// Try again later.
    #[error("the campaign cannot be kept")]
    Journal(#[from] io::Error),
}

impl Service {
    /// Takes up the history that `folder` keeps, or begins one.
    ///
    /// # Errors
    /// The folder cannot be read or written, is damaged, or in use.
    pub fn open(folder: &Path, integration: Integration, list: List) -> io::Result<Service> {
        std::fs::create_dir_all(folder)?;
        let mut history = History::default();
        let journal = Journal::open(folder, |end, entry| history.add(end, entry))?;
        let (signer, sent) = (Signer::of(folder)?, Sent::open(folder)?);
        let known = Known { journal, sent, history, trouble: [None, None] };
        Ok(Service {
            integration,
            list,
            signer,
            mails: Notify::new(),
            messages: Notify::new(),
            known: Mutex::new(known),
        })
    }

    /// Makes a campaign of a draft; its mails go out soon, whatever happens to us meanwhile.
    ///
    /// # Errors
    /// The draft cannot be meant, or the campaign cannot be kept.
    pub fn plan(&self, draft: &Draft, at: Timestamp) -> Result<Planned, NoCampaign> {
        let mut known = self.known();
        let suppressed = |email: &str| known.history.is_suppressed(email);
        let fresh = || Uuid::new_v4().simple().to_string();
        let planned = draft.plan(&self.list, suppressed, fresh, at)?;
        known.add(Entry::Campaign(planned.campaign.clone()))?;
        self.mails.notify_one();
        Ok(planned)
    }

    /// Keeps what happened to a mail, and tells Headwater soon. What was told before is not told
    /// again. Waits for the disk.
    ///
    /// # Errors
    /// It cannot be kept.
    pub fn record(
        &self,
        happening: Happening,
        letter: &Letter,
        visitor: &Visitor,
        at: Timestamp,
    ) -> io::Result<()> {
        let Letter { campaign, mail } = letter;
        let message = event::message(happening, campaign, mail, visitor, &self.integration, at);
        let mut known = self.known();
        let id = message["messageId"].as_str().unwrap_or_default();
        if known.history.ids.contains(id) {
            return Ok(());
        }
        known.add(Entry::Message(message))?;
        self.messages.notify_one();
        Ok(())
    }

    /// The mail with this id.
    pub fn letter(&self, mail: &str) -> Option<Letter> {
        let known = self.known();
        let (campaign, place) = known.history.mails.get(mail)?;
        let campaign = known.history.campaigns[*campaign].clone();
        let mail = campaign.mails[*place].clone();
        Some(Letter { campaign, mail })
    }

    /// Mails that nobody took or refused yet, oldest first, to people who still want them.
    pub fn waiting(&self) -> Vec<Letter> {
        let known = self.known();
        let history = &known.history;
        let mut waiting = Vec::new();
        for campaign in &history.campaigns {
            let mails = campaign.mails.iter().filter(|mail| {
                !history.happened.contains_key(&mail.id) && !history.is_suppressed(&mail.email)
            });
            waiting.extend(
                mails.map(|mail| Letter { campaign: campaign.clone(), mail: mail.clone() }),
            );
        }
        waiting
    }

    /// Whether somebody wants no more mail.
    pub fn is_suppressed(&self, email: &str) -> bool {
        self.known().history.is_suppressed(email)
    }

    /// The next messages for Headwater.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn unsent(&self, max: usize, max_bytes: usize) -> io::Result<Unsent> {
        let known = self.known();
        known.journal.unsent(known.sent.at(), max, max_bytes)
    }

    /// Notes that Headwater has every message before `next`.
    ///
    /// # Errors
    /// It cannot be kept.
    pub fn sent(&self, next: u64) -> io::Result<()> {
        self.known().sent.set(next)
    }

    /// Says what holds a worker up, for the page; `None` when nothing does.
    pub fn held_up(&self, worker: Worker, by: Option<String>) {
        if by.is_some() {
            // what a mail server says may name a person, which is nothing for a log
            tracing::warn!(?worker, "held up, and will try again; the page says why");
        }
        self.known().trouble[worker as usize] = by;
    }

    /// A campaign and what happened to its mails.
    pub fn progress(&self, campaign: &str) -> Option<Progress> {
        let known = self.known();
        let campaign = known.history.campaigns.iter().find(|known| known.id == campaign)?;
        Some(known.history.progress(campaign))
    }

    /// Everything that the page shows.
    pub fn overview(&self) -> Overview {
        let known = self.known();
        let history = &known.history;
        let messages = history.recent.iter().rev();
        Overview {
            campaigns: history.campaigns.iter().rev().map(|it| history.progress(it)).collect(),
            messages: messages.map(|(end, it)| (it.clone(), *end <= known.sent.at())).collect(),
            suppressed: history.suppressed.len(),
            trouble: known.trouble.iter().flatten().cloned().collect(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // memory changes only after the journal did, so it is right even after a panic
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn add(&mut self, entry: Entry) -> io::Result<()> {
        let end = self.journal.append(&entry)?;
        self.history.add(end, entry);
        Ok(())
    }
}

impl History {
    fn add(&mut self, end: u64, entry: Entry) {
        match entry {
            Entry::Campaign(campaign) => {
                for (place, mail) in campaign.mails.iter().enumerate() {
                    self.mails.insert(mail.id.clone(), (self.campaigns.len(), place));
                }
                self.campaigns.push(Arc::new(campaign));
            }
            Entry::Message(message) => {
                let text = |pointer| {
                    message.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                let happening = Happening::named(&text("/event"));
                if let Some(Happening::Unsubscribed | Happening::MarkedAsSpam) = happening {
                    self.suppressed.insert(text("/context/traits/email").to_lowercase());
                }
                self.happened.entry(text("/properties/email_id")).or_default().extend(happening);
                self.ids.insert(text("/messageId"));
                self.recent.push_back((end, message));
                if self.recent.len() > RECENT {
                    self.recent.pop_front();
                }
            }
        }
    }

    fn is_suppressed(&self, email: &str) -> bool {
        self.suppressed.contains(&email.to_lowercase())
    }

    fn progress(&self, campaign: &Arc<Campaign>) -> Progress {
        let happened = |mail: &Mail| self.happened.get(&mail.id).cloned().unwrap_or_default();
        (campaign.clone(), campaign.mails.iter().map(happened).collect())
    }
}
