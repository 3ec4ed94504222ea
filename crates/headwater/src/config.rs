//! The configuration: the one place that reads files and the environment.
//!
//! A TOML file comes first, then variables such as `HEADWATER_SERVER__LISTEN`, then flags. Every
//! problem is found at once and named with its file, line, key and what would be right.

mod archive;
mod control;
mod destinations;
mod problem;
mod reference;
mod section;
mod server;
mod sources;
mod tree;
mod values;

#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use destination_kit::DestinationKind;

pub use archive::Archive;
pub use control::{Control, Mail};
pub use destinations::Destination;
pub use problem::{Origin, Problems, nearest};
pub use reference::{reference, show, show_json};
pub use server::{Delivery, Log, LogFormat, Logging, Role, Server, Tls};
pub use sources::Source;
pub use values::{Secret, parse_duration};

use section::{Declared, Reader};
use tree::Table;

/// The file that is read when none is named and it is there.
pub const FILE: &str = "headwater.toml";
/// What names of variables that set configuration keys begin with.
const VARIABLE_PREFIX: &str = "HEADWATER_";
/// What stands between the keys of a path in a variable's name.
const VARIABLE_STEP: &str = "__";

/// Everything that can be configured, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[server]`.
    pub server: Server,
    /// `[logging]`.
    pub logging: Logging,
    /// `[log]`.
    pub log: Log,
    /// `[delivery]`.
    pub delivery: Delivery,
    /// `[archive]`.
    pub archive: Option<Archive>,
    /// `[control]`.
    pub control: Control,
    /// `[mail]`.
    pub mail: Option<Mail>,
    /// `[[sources]]`.
    pub sources: Vec<Source>,
    /// `[[destinations]]`.
    pub destinations: Vec<Destination>,
}

impl Config {
    /// The sections in which `other` differs and which are read only at the start.
    pub fn differs_until_restart(&self, other: &Config) -> Vec<&'static str> {
        let sections = [
            ("[server]", self.server == other.server),
            ("[logging]", self.logging == other.logging),
            ("[log]", self.log == other.log),
            ("[delivery]", self.delivery == other.delivery),
            ("[archive]", self.archive == other.archive),
            ("[control]", self.control == other.control),
            ("[mail]", self.mail == other.mail),
        ];
        sections.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
    }
}

/// What a configuration is read from.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The file, for messages; it need not exist.
    pub file: PathBuf,
    /// What stands in it; empty when there is none.
    pub text: String,
    /// Variables with their values.
    pub environment: Vec<(String, String)>,
    /// Path of keys, value and name of each flag that sets a key.
    pub flags: Vec<(&'static str, String, &'static str)>,
    /// Reads the files that keys name, such as certificates; they are not looked at without it.
    pub files: Option<ReadFile>,
}

/// Reads a file.
pub type ReadFile = fn(&Path) -> io::Result<Vec<u8>>;

/// A checked configuration and what it was made of, for showing.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    declared: Vec<Declared>,
}

impl Input {
    /// Reads `file`, or [`FILE`] where it is there, and takes the process's variables.
    ///
    /// Errors: a file that was named and cannot be read.
    pub fn gather(file: Option<&Path>) -> io::Result<Input> {
        let path = file.unwrap_or(Path::new(FILE)).to_path_buf();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => {
                String::new()
            }
            Err(error) => return Err(error),
        };
        Ok(Input { file: path, text, environment: variables(), ..Input::default() })
    }

    /// Reads and checks also the files that keys name.
    pub fn with_files(mut self) -> Input {
        self.files = Some(|path| std::fs::read(path));
        self
    }

    /// Adds a flag, when it was given.
    pub fn flag(mut self, key: &'static str, flag: &'static str, value: Option<String>) -> Input {
        self.flags.extend(value.map(|value| (key, value, flag)));
        self
    }
}

/// The process's variables that set keys: those with `__` in their names.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX) && name.contains(VARIABLE_STEP))
        .collect()
}

/// Reads and checks a configuration.
///
/// Errors: everything that is wrong with it.
pub fn load(input: &Input, kinds: &[Box<dyn DestinationKind>]) -> Result<Loaded, Problems> {
    let (mut root, mut problems) = tree::parse(&input.text);
    // After a fault of grammar the rest is guesswork: what it misses would be reported as missing.
    if !problems.is_empty() {
        return Err(Problems::new(input.file.clone(), problems));
    }
    let mut environment = input.environment.clone();
    environment.sort();
    for (name, value) in &environment {
        let path = name.trim_start_matches(VARIABLE_PREFIX).to_lowercase();
        let path: Vec<&str> = path.split(VARIABLE_STEP).collect();
        problems.extend(root.overlay(&path, value, &tree::environment(name)).err());
    }
    for (path, value, flag) in &input.flags {
        let path: Vec<&str> = path.split('.').collect();
        let origin = Origin::Flag(Arc::from(*flag));
        problems.extend(root.overlay(&path, value, &origin).err());
    }
    let mut reader = Reader { problems, files: input.files, ..Reader::default() };
    let config = read(&mut reader, &root, kinds);
    match config {
        Some(config) if reader.problems.is_empty() => {
            Ok(Loaded { config, declared: reader.declared })
        }
        _ => Err(Problems::new(input.file.clone(), reader.problems)),
    }
}

/// The whole configuration, in the order of the reference. `None` only when there are problems.
fn read(reader: &mut Reader, root: &Table, kinds: &[Box<dyn DestinationKind>]) -> Option<Config> {
    let mut root = reader.root(root);
    let server = root.section("server", server::SERVER, Server::read);
    let logging = root.section("logging", server::LOGGING, Logging::read);
    let log = root.section("log", server::LOG, Log::read);
    let delivery = root.section("delivery", server::DELIVERY, Delivery::read);
    let control = root.section("control", control::CONTROL, Control::read);
    let mail = root.section("mail", control::MAIL, Mail::read);
    let world = delivery.world();
    let archive = root.section("archive", archive::DOC, |section| Archive::read(section, &world));
    let sources = root.each("sources", sources::DOC, Source::read);
    let destinations = root.each("destinations", destinations::DOC, |section| {
        Destination::read(section, kinds, &world)
    });
    let sources: Option<Vec<Source>> = sources.into_iter().collect();
    let destinations: Option<Vec<Destination>> = destinations.into_iter().collect();
    if let Some(sources) = &sources {
        sources::check(&mut root, sources);
        if let Some(destinations) = &destinations {
            destinations::check(&mut root, destinations, sources);
        }
    }
    root.finish();
    Some(Config {
        server: server?,
        logging,
        log,
        delivery,
        archive,
        control,
        mail,
        sources: sources?,
        destinations: destinations?,
    })
}
