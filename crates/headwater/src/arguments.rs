//! The command line: every subcommand, its arguments and its examples.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

/// Collects events, keeps them, and brings them to destinations.
#[derive(Debug, Parser)]
#[command(name = "headwater", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Start here:
  headwater dev                  try it in a scratch folder, events shown as they come
  headwater config reference     everything that can be configured
  headwater serve                run it for good

Exit codes: 0 done; 1 what was checked has problems, or what was looked for is not there;
2 wrong usage; 3 it could not be done.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(Serve),
    /// Try it: a server in a scratch folder that shows events as they come.
    Dev(Dev),
    /// Commands that talk to a running server.
    #[command(flatten)]
    Client(cli::Command),
    /// Check events in files, without a server.
    Check(Check),
    /// Make, check, compare and convert tracking plans, without a server.
    #[command(subcommand)]
    Plan(Plan),
    /// Look into the event log of a data directory.
    #[command(subcommand)]
    Log(Log),
    /// Check, show or explain the configuration.
    #[command(subcommand)]
    Config(Config),
    /// What only whoever runs the server may do, on its machine.
    #[command(subcommand)]
    Admin(Admin),
    /// Copy the control plane's database into a file, as it is at one moment; the server may run.
    ///
    /// The file holds accounts, partners, workspaces, sources and everything else but the events,
    /// which the event log keeps. Secrets in it are encrypted: keep a copy of the secret keys too,
    /// apart from it.
    #[command(after_help = "\
Examples:
  headwater backup headwater.backup
  headwater backup - | ssh vault 'cat > headwater.backup'")]
    Backup {
        /// The file, which must not be there yet; - is standard output.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        data_dir: DataDir,
    },
    /// Read a backup back into an empty database, of either engine.
    ///
    /// This is also the way from the embedded database to Postgres: back up, name the Postgres
    /// database as control.database, restore.
    #[command(after_help = "\
Examples:
  headwater restore headwater.backup --data-dir /var/lib/headwater
  HEADWATER_CONTROL__DATABASE=postgres://… headwater restore headwater.backup")]
    Restore {
        /// The file; - is standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        data_dir: DataDir,
    },
    /// Print a completion script for a shell.
    #[command(after_help = "\
Examples:
  headwater completions bash > /etc/bash_completion.d/headwater
  headwater completions zsh > ~/.zfunc/_headwater
  headwater completions fish > ~/.config/fish/completions/headwater.fish")]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the version.
    Version {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Where the configuration comes from.
#[derive(Debug, Clone, Args)]
pub struct ConfigFile {
    /// The configuration; headwater.toml in the working directory unless given.
    #[arg(long, value_name = "FILE", env = "HEADWATER_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Run the server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater serve
  headwater serve --config /etc/headwater.toml --data-dir /var/lib/headwater --listen 0.0.0.0:8080
  headwater serve --only ingest
  HEADWATER_SERVER__LISTEN=0.0.0.0:8080 headwater serve

Signals: SIGTERM and SIGINT stop it once everything under way is done, a second one stops it at
once; SIGHUP reads the configuration again (it is read again after every change anyway).")]
pub struct Serve {
    #[command(flatten)]
    pub config: ConfigFile,
    /// Where everything is kept (server.data_dir).
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address and port (server.listen).
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// What this process does: ingest, delivery, debugger, control, web (server.roles).
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    pub only: Vec<String>,
}

/// Try it: a server in a scratch folder that shows events as they come.
///
/// Makes the folder with a configuration in it: a source with a write key, and a destination that
/// writes files. Prints what to copy, then shows events until it is interrupted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater dev
  headwater dev --dir /tmp/try --listen 127.0.0.1:9000")]
pub struct Dev {
    /// The scratch folder; made when missing, kept afterwards.
    #[arg(long, value_name = "DIR", default_value = "headwater-dev")]
    pub dir: PathBuf,
    /// Address and port; 127.0.0.1:8080 unless given, or a free port when that one is taken.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
}

/// Check events in files, without a server: what the tracking API would say, for each event, and
/// what the Spec and a tracking plan ask for beyond that.
///
/// A file holds events, batches or lists of them, one after the other, laid out in any way. Each
/// event says its type, for there is no path to say it. Exits with 1 when an event would be refused
/// or discarded, or breaks the plan; what the Spec advises are warnings and hints.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater check event.json
  headwater check --plan plan.json events.ndjson
  headwater check fixtures/*.ndjson --json | jq 'select(.code)'
  generate-events | headwater check -")]
pub struct Check {
    /// The files; - is standard input.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Hold the events to this tracking plan, a JSON or CSV file.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Say nothing of what the Spec advises.
    #[arg(long)]
    pub no_spec: bool,
    /// As JSON, one finding on each line.
    #[arg(long)]
    pub json: bool,
}

/// Make, check, compare and convert tracking plans, without a server. A file whose name ends in
/// .csv is a table, every other one JSON.
#[derive(Debug, Subcommand)]
pub enum Plan {
    /// Check a plan; names every problem and exits with 1 if there is one.
    #[command(after_help = "\
Examples:
  headwater plan check plan.json")]
    Check {
        /// The plan.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print a plan of the Spec's events of one category, or the categories.
    #[command(after_help = "\
Examples:
  headwater plan starter
  headwater plan starter Email > plan.json")]
    Starter {
        /// The category, as the list without it says.
        #[arg(value_name = "CATEGORY")]
        category: Option<String>,
    },
    /// Print the plan that events conform to, with how much there is behind each part of it.
    ///
    /// A property is required when it was always there. What the plan rests on goes to standard
    /// error, or with --json to standard output, beside the plan.
    #[command(after_help = "\
Examples:
  headwater log export --since 7d | headwater plan infer - > plan.json
  headwater plan infer events.ndjson --json | jq '.rules[].properties'")]
    Infer {
        /// Files with events, as headwater check takes them; - is standard input.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// As JSON, what it rests on included.
        #[arg(long)]
        json: bool,
    },
    /// Say what changed from one plan to the next; exits with 1 when a change breaks senders.
    #[command(after_help = "\
Examples:
  headwater plan diff before.json after.json
  headwater plan diff before.json after.json --json | jq 'select(.breaking)'")]
    Diff {
        /// The plan before.
        #[arg(value_name = "BEFORE")]
        before: PathBuf,
        /// The plan after.
        #[arg(value_name = "AFTER")]
        after: PathBuf,
        /// As JSON, one change on each line.
        #[arg(long)]
        json: bool,
    },
    /// Print a plan in JSON as a table, and a table as a plan in JSON.
    #[command(after_help = "\
Examples:
  headwater plan convert plan.json > plan.csv
  headwater plan convert plan.csv > plan.json")]
    Convert {
        /// The plan.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Which data directory.
#[derive(Debug, Clone, Args)]
pub struct DataDir {
    #[command(flatten)]
    pub config: ConfigFile,
    /// The data directory (server.data_dir).
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Look into the event log of a data directory.
#[derive(Debug, Subcommand)]
pub enum Log {
    /// How much there is, and who has read how far.
    #[command(after_help = "\
Examples:
  headwater log stat
  headwater log stat --data-dir /var/lib/headwater --json | jq .end")]
    Stat {
        #[command(flatten)]
        data_dir: DataDir,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Read everything and check every checksum; exits with 1 when something is damaged.
    #[command(after_help = "\
Examples:
  headwater log verify
  headwater log verify --data-dir /backup/headwater --json")]
    Verify {
        #[command(flatten)]
        data_dir: DataDir,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write accepted messages as lines of JSON, oldest first.
    #[command(after_help = "\
Examples:
  headwater log export > messages.ndjson
  headwater log export --source website --since 24h | gzip > website.ndjson.gz
  headwater log export --since 2026-11-01T00:00:00Z --until 2026-11-02T00:00:00Z --output day.ndjson")]
    Export {
        #[command(flatten)]
        data_dir: DataDir,
        /// Only messages of this source.
        #[arg(long, value_name = "SLUG")]
        source: Option<String>,
        /// Only messages received since: a time, or how long ago.
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Only messages received before: a time, or how long ago.
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// Where to; standard output unless given.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Each line also says where the message stands, its source and when it was received.
        #[arg(long)]
        envelope: bool,
    },
}

/// Check, show or explain the configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Check a configuration; names every problem and exits with 1 if there is one.
    #[command(after_help = "\
Examples:
  headwater config check
  headwater config check /etc/headwater.toml
  headwater config check --json | jq -r '.problems[].message'")]
    Check {
        /// The file; headwater.toml in the working directory unless given.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the values in effect and where each comes from. Secrets are masked.
    #[command(after_help = "\
Examples:
  headwater config show
  headwater config show --config /etc/headwater.toml --json | jq .server.listen")]
    Show {
        #[command(flatten)]
        config: ConfigFile,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print everything that can be configured, commented, with its defaults.
    #[command(after_help = "\
Examples:
  headwater config reference | less
  headwater config reference > headwater.toml")]
    Reference,
}

/// What only whoever runs the server may do, on its machine.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Make an account an operator; the account is made when there is none.
    ///
    /// Prints a password to log in with, unless one is given. An account that was there gets that
    /// password too, its second factor is removed and its sessions end: this is also the way back
    /// in for an operator who lost them. The server may run meanwhile.
    #[command(after_help = "\
Examples:
  headwater admin create-operator ada@example.com
  pass show headwater | headwater admin create-operator ada@example.com --password-stdin")]
    CreateOperator {
        /// The account's e-mail address.
        #[arg(value_name = "EMAIL")]
        email: String,
        #[command(flatten)]
        data_dir: DataDir,
        /// Read the password from standard input, one line.
        #[arg(long)]
        password_stdin: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Encrypt every secret in the database with the newest key, so that older ones can go.
    ///
    /// To rotate: add a line with a higher number to the file with the secret keys, restart the
    /// server, run this, and take the older lines out. The server does it by itself within the
    /// hour; it may run meanwhile. Exits with 1 when there are secrets that no key opens.
    #[command(after_help = "\
Examples:
  headwater admin reseal
  headwater admin reseal --json")]
    Reseal {
        #[command(flatten)]
        data_dir: DataDir,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}
