//! What we write about, as data, and the words for it.

use crate::{
    layout::{Block, Rendered, render},
    words::{moment, name, text},
};

#[cfg(test)]
mod tests;

/// One letter. Names and texts may be anybody's; addresses of pages (`url`) are ours, whole and `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "fields say what they are: names, texts, pages, times in Unix milliseconds"
)]
pub enum Letter {
    /// To a new account: is this address theirs?
    VerifyEmail { url: String, expires_at_ms: i64 },
    /// To an address that has an account already, when somebody signs up with it.
    AccountExists { sign_in_url: String },
    /// A link to choose a new password.
    ResetPassword { url: String, expires_at_ms: i64 },
    /// To the new address: is it theirs?
    ChangeEmail { url: String, expires_at_ms: i64 },
    /// To the old address, afterwards.
    EmailChanged { new_email: String, at_ms: i64 },
    /// The password was changed or reset.
    PasswordChanged { at_ms: i64, reset_url: String },
    /// The second factor was turned on or off.
    SecondFactorChanged { on: bool, at_ms: i64, account_url: String },
    /// A sign-in from a browser not seen before.
    NewSignIn { at_ms: i64, browser: String, address: String, sessions_url: String },
    /// Somebody invites them into a workspace.
    WorkspaceInvitation {
        workspace: String,
        inviter: String,
        role: String,
        url: String,
        expires_at_ms: i64,
    },
    /// An application has arrived.
    ApplicationReceived { company: String, url: String },
    /// We ask about an application.
    ApplicationQuestion { company: String, question: String, url: String },
    /// We say no to an application.
    ApplicationDeclined { company: String, reason: String },
    /// We say yes: the way into the Developer Portal.
    PartnerInvitation { company: String, url: String, expires_at_ms: i64 },
    /// Somebody invites them into a partner's team.
    PartnerTeamInvitation {
        company: String,
        inviter: String,
        role: String,
        url: String,
        expires_at_ms: i64,
    },
    /// A submission has arrived.
    ReviewStarted { integration: String, answer_by_ms: i64, url: String },
    /// A reviewer asks for changes.
    ChangesRequested { integration: String, comments: Vec<Comment>, url: String },
    /// A reviewer approves: beta, and public by itself later.
    Approved { integration: String, public_at_ms: i64, url: String },
    /// A reviewer lets invited customers use it before it is listed.
    InPrivateBeta { integration: String, url: String },
    /// A reviewer approves an edit of what customers read already.
    EditPublished { integration: String, url: String },
    /// No new sources are made of an integration.
    Deprecated { integration: String, reason: String },
    /// An integration leaves the catalog.
    Removed { integration: String, reason: String },
    /// A source or destination needs somebody, or is well again.
    Alert { workspace: String, title: String, says: String, url: String },
    /// An operator looks whether mail arrives.
    Test { at_ms: i64 },
}

/// One remark of a reviewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The field or the event it is about, in words.
    pub about: String,
    /// What is wrong and what would be right.
    pub text: String,
}

const NOT_YOU: &str = "If this was not you, ignore this message: nothing happens without the link.";
const ACCOUNT: &str = "You receive this because of your account.";
const INVITED: &str = "You receive this because somebody entered this address to invite you.";
const APPLIED: &str = "You receive this because of your application to the partner programme.";
const TEAM: &str = "You receive this because you are in this partner's team.";

impl Letter {
    /// The letter in words, as plain text and as HTML. All that others wrote is shown as it is and means nothing more.
    pub fn render(&self) -> Rendered {
        let (subject, reason, blocks) = self.words();
        render(name(&subject), reason, &blocks)
    }

    fn words(&self) -> (String, &'static str, Vec<Block>) {
        match self {
            Self::VerifyEmail { .. }
            | Self::AccountExists { .. }
            | Self::ResetPassword { .. }
            | Self::ChangeEmail { .. } => self.words_with_a_link(),
            Self::EmailChanged { .. }
            | Self::PasswordChanged { .. }
            | Self::SecondFactorChanged { .. }
            | Self::NewSignIn { .. } => self.words_of_safety(),
            Self::WorkspaceInvitation { .. }
            | Self::PartnerInvitation { .. }
            | Self::PartnerTeamInvitation { .. } => self.words_of_invitation(),
            Self::ApplicationReceived { .. }
            | Self::ApplicationQuestion { .. }
            | Self::ApplicationDeclined { .. } => self.words_on_an_application(),
            Self::ReviewStarted { .. }
            | Self::ChangesRequested { .. }
            | Self::Approved { .. }
            | Self::InPrivateBeta { .. }
            | Self::EditPublished { .. }
            | Self::Deprecated { .. }
            | Self::Removed { .. } => self.words_on_a_review(),
            Self::Alert { workspace, title, says, url } => {
                let reason = "You receive this because you own this workspace, or one of its \
                              alerts names this address.";
                // names that others chose are in it: no line of theirs begins one of ours
                let says = text(says).lines().collect::<Vec<_>>().join(" ");
                let blocks = vec![say(says), button("Look at it", url)];
                (format!("{}: {}", name(workspace), name(title)), reason, blocks)
            }
            Self::Test { at_ms } => {
                let sent = format!("Mail arrives. An operator sent this on {}.", moment(*at_ms));
                let reason = "You receive this because an operator tests the settings for mail.";
                ("Headwater: mail works".to_owned(), reason, vec![say(sent)])
            }
        }
    }

    fn words_with_a_link(&self) -> (String, &'static str, Vec<Block>) {
        let (subject, what, label, url, expires) = match self {
            Self::VerifyEmail { url, expires_at_ms } => (
                "Confirm your e-mail address",
                "Welcome to Headwater. Confirm that this address is yours, and your account is ready.",
                "Confirm address",
                url,
                Some(expires_at_ms),
            ),
            Self::AccountExists { sign_in_url } => (
                "You already have an account",
                "Somebody, probably you, tried to create an account with this address. There is one already: sign in, or reset the password there.",
                "Sign in",
                sign_in_url,
                None,
            ),
            Self::ResetPassword { url, expires_at_ms } => (
                "Reset your password",
                "Somebody, probably you, asked to reset the password of your account.",
                "Choose a new password",
                url,
                Some(expires_at_ms),
            ),
            Self::ChangeEmail { url, expires_at_ms } => (
                "Confirm your new e-mail address",
                "Confirm that this address is yours, and your account will use it from then on.",
                "Confirm address",
                url,
                Some(expires_at_ms),
            ),
            _ => unreachable!("`words` sends only letters with a link here"),
        };
        let mut blocks = vec![say(what), button(label, url)];
        blocks.extend(expires.map(|at_ms| until(*at_ms)));
        blocks.push(note(NOT_YOU));
        (subject.to_owned(), ACCOUNT, blocks)
    }

    fn words_of_safety(&self) -> (String, &'static str, Vec<Block>) {
        match self {
            Self::EmailChanged { new_email, at_ms } => {
                let what = format!(
                    "Your account uses another address since {}: {}.",
                    moment(*at_ms),
                    name(new_email)
                );
                let else_ = "If this was not you, tell the operator of this server at once; this address can no longer reset the password.";
                (
                    "Your e-mail address was changed".to_owned(),
                    ACCOUNT,
                    vec![say(what), note(else_)],
                )
            }
            Self::PasswordChanged { at_ms, reset_url } => {
                let what = format!(
                    "The password of your account was changed on {}. All other sessions were ended.",
                    moment(*at_ms)
                );
                let blocks = vec![
                    say(what),
                    note("If this was not you, reset it now and look at your sessions."),
                    button("Reset the password", reset_url),
                ];
                ("Your password was changed".to_owned(), ACCOUNT, blocks)
            }
            Self::SecondFactorChanged { on, at_ms, account_url } => {
                let turned = if *on { "on" } else { "off" };
                let what = format!(
                    "The second factor of your account was turned {turned} on {}.",
                    moment(*at_ms)
                );
                let blocks = vec![
                    say(what),
                    note("If this was not you, change your password now and end all sessions."),
                    button("Look at the account", account_url),
                ];
                (format!("Your second factor was turned {turned}"), ACCOUNT, blocks)
            }
            Self::NewSignIn { at_ms, browser, address, sessions_url } => {
                let what = format!(
                    "Somebody signed in to your account on {} with {} from {}.",
                    moment(*at_ms),
                    name(browser),
                    name(address)
                );
                let blocks = vec![
                    say(what),
                    note(
                        "If this was you, there is nothing to do. If not, end that session and change your password.",
                    ),
                    button("Look at your sessions", sessions_url),
                ];
                ("New sign-in to your account".to_owned(), ACCOUNT, blocks)
            }
            _ => unreachable!("`words` sends only letters about safety here"),
        }
    }

    fn words_of_invitation(&self) -> (String, &'static str, Vec<Block>) {
        let (subject, what, label, url, expires_at_ms) = match self {
            Self::WorkspaceInvitation { workspace, inviter, role, url, expires_at_ms } => {
                let (workspace, inviter, role) = (name(workspace), name(inviter), name(role));
                let what = format!(
                    "{inviter} invites you to the workspace “{workspace}”. Your role: {role}."
                );
                let subject = format!("Invitation to the workspace “{workspace}”");
                (subject, what, "Look at the invitation", url, *expires_at_ms)
            }
            Self::PartnerInvitation { company, url, expires_at_ms } => {
                let what = format!(
                    "We approved the application of {}. This link opens the Developer Portal, where you build, test and submit your integration.",
                    name(company)
                );
                let subject = "Welcome to the partner programme".to_owned();
                (subject, what, "Enter the Developer Portal", url, *expires_at_ms)
            }
            Self::PartnerTeamInvitation { company, inviter, role, url, expires_at_ms } => {
                let (company, inviter, role) = (name(company), name(inviter), name(role));
                let what = format!(
                    "{inviter} invites you to the team of {company} in the Developer Portal. Your role: {role}."
                );
                let subject = format!("Invitation to the team of {company}");
                (subject, what, "Look at the invitation", url, *expires_at_ms)
            }
            _ => unreachable!("`words` sends only invitations here"),
        };
        let ignore = "If you did not expect this, ignore it: nothing happens without the link.";
        let blocks = vec![say(what), button(label, url), until(expires_at_ms), note(ignore)];
        (subject, INVITED, blocks)
    }

    fn words_on_an_application(&self) -> (String, &'static str, Vec<Block>) {
        match self {
            Self::ApplicationReceived { company, url } => {
                let what = format!(
                    "We received the application of {}. We read it and write to you at this address.",
                    name(company)
                );
                let blocks = vec![say(what), button("See where it stands", url)];
                ("We received your application".to_owned(), APPLIED, blocks)
            }
            Self::ApplicationQuestion { company, question, url } => {
                let what =
                    format!("We have a question about the application of {}.", name(company));
                let quote = Block::Quote { about: None, text: text(question) };
                let blocks = vec![say(what), quote, button("Answer", url)];
                ("A question about your application".to_owned(), APPLIED, blocks)
            }
            Self::ApplicationDeclined { company, reason } => {
                let what = format!(
                    "We read the application of {} and decided not to take it further for now.",
                    name(company)
                );
                let quote = Block::Quote { about: Some("Why".to_owned()), text: text(reason) };
                let blocks = vec![
                    say(what),
                    quote,
                    say("You are welcome to apply again when this has changed."),
                ];
                ("Your application".to_owned(), APPLIED, blocks)
            }
            _ => unreachable!("`words` sends only letters about applications here"),
        }
    }

    fn words_on_a_review(&self) -> (String, &'static str, Vec<Block>) {
        match self {
            Self::ReviewStarted { integration, answer_by_ms, url } => {
                let integration = name(integration);
                let what = format!(
                    "{integration} is submitted for review. We mean to answer by {}. Until then it cannot be edited; you can withdraw it.",
                    moment(*answer_by_ms)
                );
                let blocks = vec![say(what), button("Look at the submission", url)];
                (format!("{integration} is in review"), TEAM, blocks)
            }
            Self::ChangesRequested { integration, comments, url } => {
                let integration = name(integration);
                let many = match comments.len() {
                    1 => "one comment".to_owned(),
                    count => format!("{count} comments"),
                };
                let what = format!("We reviewed {integration} and ask for changes: {many}.");
                let mut blocks = vec![say(what)];
                blocks.extend(comments.iter().map(|comment| Block::Quote {
                    about: Some(name(&comment.about)),
                    text: text(&comment.text),
                }));
                blocks.push(button("Answer and edit", url));
                (format!("Changes requested for {integration}"), TEAM, blocks)
            }
            Self::Approved { integration, public_at_ms, url } => {
                let integration = name(integration);
                let what = format!(
                    "{integration} is approved and in the catalog, with a beta badge until {}. The badge goes by itself.",
                    moment(*public_at_ms)
                );
                let blocks = vec![say(what), button("See it in the catalog", url)];
                (format!("{integration} is in the catalog"), TEAM, blocks)
            }
            Self::InPrivateBeta { integration, url } => {
                let integration = name(integration);
                let what = format!(
                    "{integration} is approved for private beta: whoever has this link can add it. The catalog does not list it yet."
                );
                let blocks = vec![say(what), button("Open its install link", url)];
                (format!("{integration} is in private beta"), TEAM, blocks)
            }
            Self::EditPublished { integration, url } => {
                let integration = name(integration);
                let what =
                    format!("Your edit of {integration} is approved, and customers read it now.");
                let blocks = vec![say(what), button("See it in the catalog", url)];
                (format!("Your edit of {integration} is published"), TEAM, blocks)
            }
            Self::Deprecated { integration, reason } => {
                let integration = name(integration);
                let what = format!(
                    "{integration} is deprecated: the sources that customers have go on, and no new ones are made of it."
                );
                let quote = Block::Quote { about: Some("Why".to_owned()), text: text(reason) };
                (format!("{integration} is deprecated"), TEAM, vec![say(what), quote])
            }
            Self::Removed { integration, reason } => {
                let integration = name(integration);
                let what = format!("{integration} was removed from the catalog.");
                let quote = Block::Quote { about: Some("Why".to_owned()), text: text(reason) };
                (format!("{integration} was removed"), TEAM, vec![say(what), quote])
            }
            _ => unreachable!("`words` sends only letters about reviews here"),
        }
    }
}

fn say(words: impl Into<String>) -> Block {
    Block::Paragraph(words.into())
}

fn note(words: &str) -> Block {
    Block::Note(words.to_owned())
}

fn until(at_ms: i64) -> Block {
    Block::Note(format!("The link works once, until {}.", moment(at_ms)))
}

fn button(label: &'static str, url: &str) -> Block {
    Block::Button { label, url: url.split(|c: char| c.is_whitespace() || c.is_control()).collect() }
}
