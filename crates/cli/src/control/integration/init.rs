//! `headwater integration init`: a headwater-source.toml, and on request the code of a source to
//! begin with.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{
    file::{FILE, SourceFile},
    slug,
};
use crate::{
    EXIT_CODES, Failure,
    control::console::{Console, Reply},
};

#[cfg(test)]
mod tests;

/// Write a headwater-source.toml to fill in: catalog info as code, kept in your repository.
///
/// With --lang also the smallest source that follows the rules, in that language: it runs as it is,
/// sends the events that the file lists, and has a workflow that checks them in CI. A file that is
/// there is never replaced.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration create 'Acme Mail'
  headwater integration init acme-mail --name 'Acme Mail'
  headwater integration push
  headwater integration init acme-mail --lang node --dir acme-mail
  headwater integration init --lang rust

{EXIT_CODES}"))]
pub struct Init {
    /// Slug of the integration; with --lang that of headwater-source.toml unless given.
    #[arg(value_name = "INTEGRATION", required_unless_present = "lang")]
    pub slug: Option<String>,
    /// Its name; the server's unless given.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Replace a file that is there.
    #[arg(long, conflicts_with = "lang")]
    pub force: bool,
    /// Where to.
    #[arg(long, short, value_name = "FILE", default_value = FILE, conflicts_with = "lang")]
    pub file: PathBuf,
    /// Write a source in this language.
    #[arg(long, value_name = "LANG")]
    pub lang: Option<Lang>,
    /// Folder for the source; made when it is not there.
    #[arg(long, value_name = "DIR", default_value = ".", requires = "lang")]
    pub dir: PathBuf,
}

/// A language that we have a source in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Node.js, with Segment's library.
    Node,
    /// Python, with Segment's library.
    Python,
    /// Rust, by plain HTTP.
    Rust,
}

/// A file of a source: where it goes, and what is in it.
type Template = (&'static str, &'static str);

/// One file for each line; the last two go where they mean something to others.
macro_rules! templates {
    ($lang:literal, $($path:literal),+) => {
        &[
            $(($path, include_str!(concat!("../../../templates/", $lang, "/", $path))),)+
            (".gitignore", include_str!(concat!("../../../templates/", $lang, "/gitignore"))),
            (
                ".github/workflows/headwater.yml",
                include_str!(concat!("../../../templates/", $lang, "/headwater.yml")),
            ),
        ]
    };
}

const NODE: &[Template] = templates!("node", "README.md", "main.js", "package.json", "source.js");
const PYTHON: &[Template] =
    templates!("python", "README.md", "main.py", "requirements.txt", "source.py");
const RUST: &[Template] =
    templates!("rust", "Cargo.toml", "README.md", "src/main.rs", "src/source.rs");
/// The events that all of them send, as catalog info.
const EVENTS: &str = include_str!("../../../templates/events.json");

/// What the templates, which run as they are, call the integration.
const SLUG: &str = "acme-mail";
const NAME: &str = "Acme Mail";

impl Lang {
    fn templates(self) -> &'static [Template] {
        match self {
            Lang::Node => NODE,
            Lang::Python => PYTHON,
            Lang::Rust => RUST,
        }
    }

    /// How the source is run.
    fn run(self) -> &'static str {
        match self {
            Lang::Node => "npm install && npm start",
            Lang::Python => "pip install -r requirements.txt && python main.py",
            Lang::Rust => "cargo run",
        }
    }
}

pub(super) async fn init(arguments: &Init, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match arguments.lang {
        Some(lang) => source(lang, arguments, console).await,
        None => catalog_info(arguments, console).await,
    }
}

async fn catalog_info(arguments: &Init, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let path = &arguments.file;
    if path.exists() && !arguments.force {
        return Err(Failure::usage(
            format!("{} is there already", path.display()),
            "push or pull it, or say --force to begin again",
        ));
    }
    let slug = slug(arguments.slug.as_deref())?;
    let name = name(arguments, &slug, console).await?;
    SourceFile::new(path.clone(), &slug, &name).write()?;
    let reply = Reply { data: json!({ "file": path.display().to_string() }), etag: None };
    let line = format!("wrote {}; fill it in, then `headwater integration push`", path.display());
    console.show_done(&reply, &line)
}

async fn source(
    lang: Lang,
    arguments: &Init,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let folder = &arguments.dir;
    let kept = match folder.join(FILE) {
        path if path.exists() => Some(SourceFile::read(&path)?),
        _ => None,
    };
    let slug = match (&arguments.slug, &kept) {
        (None, Some(file)) => file.slug()?.to_owned(),
        (named, _) => slug(named.as_deref())?,
    };
    check_slug(&slug)?;
    let name = match kept.as_ref().and_then(SourceFile::name) {
        Some(name) => name.to_owned(),
        None => name(arguments, &slug, console).await?,
    };
    let mut written = write_all(lang, folder, &slug, &name)?;
    if kept.is_none() {
        let mut file = SourceFile::new(folder.join(FILE), &slug, &name);
        let mut info = file.info();
        info.append(&mut events());
        file.set_info(&info);
        file.write()?;
        written.push(folder.join(FILE));
    }
    let files: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    let reply = Reply { data: json!({ "files": files }), etag: None };
    let line = format!(
        "wrote {}\nset WRITE_KEY and HEADWATER_URL, then in {}: {}",
        files.join(", "),
        folder.display(),
        lang.run(),
    );
    console.show_done(&reply, &line)
}

/// The integration's name: given, or the server's.
async fn name(
    arguments: &Init,
    slug: &str,
    console: &mut Console<'_, '_>,
) -> Result<String, Failure> {
    if let Some(name) = &arguments.name {
        return Ok(name.clone());
    }
    let reply = console.get(&["integrations", slug], &[]).await?;
    Ok(reply.text("/integration/name").to_owned())
}

/// A slug becomes part of code, so it must be one.
fn check_slug(slug: &str) -> Result<(), Failure> {
    let sign = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
    if !slug.is_empty() && slug.chars().all(sign) {
        return Ok(());
    }
    Err(Failure::usage(
        format!("`{slug}` is no slug"),
        "give the integration's slug, as `headwater integration list` shows it",
    ))
}

/// Writes every file of the source, or none when one of them is there already.
fn write_all(lang: Lang, folder: &Path, slug: &str, name: &str) -> Result<Vec<PathBuf>, Failure> {
    let files = lang.templates().iter().map(|(path, text)| (folder.join(path), *text));
    let files: Vec<(PathBuf, &str)> = files.collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        return Err(Failure::usage(
            format!("{} is there already", path.display()),
            "name an empty folder with --dir; nothing was written",
        ));
    }
    let one_line: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    for (path, text) in &files {
        let text = text.replace(SLUG, slug).replace(NAME, &one_line);
        write_new(path, &text).map_err(|cause| Failure::Io {
            what: format!("cannot write {}", path.display()),
            cause,
        })?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::options().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// The events of the templates as catalog info.
fn events() -> Map<String, Value> {
    let events: Value = serde_json::from_str(EVENTS).expect("the events are JSON");
    Map::from_iter([("events".to_owned(), events)])
}
