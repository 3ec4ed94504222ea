//! `headwater-source.toml`: the catalog info of one source, kept beside its code.
//!
//! The keys are the API's own names, so that what the API says of `/docs/events` is found in the
//! file. Three more are the file's: `slug`, `name`, and `base`, a hash of what the server had when
//! the file was last the same. Pictures are paths from the file's folder. Comments and order stay
//! when the file is written again.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use toml_edit::{DocumentMut, value};

use super::convert;
use crate::Failure;

/// The file's name unless another one is given.
pub(in crate::control) const FILE: &str = "headwater-source.toml";

/// Keys that are the file's and no catalog info.
const OWN: [&str; 3] = ["slug", "name", "base"];

const TEMPLATE: &str = include_str!("template.toml");

/// The file.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    path: PathBuf,
    document: DocumentMut,
}

impl SourceFile {
    /// A new one, with everything explained.
    pub(super) fn new(path: PathBuf, slug: &str, name: &str) -> SourceFile {
        let mut document: DocumentMut = TEMPLATE.parse().expect("the template is TOML");
        document["slug"] = value(slug);
        document["name"] = value(name);
        SourceFile { path, document }
    }

    /// Reads one.
    pub(super) fn read(path: &Path) -> Result<SourceFile, Failure> {
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::usage(
                format!("there is no {}", path.display()),
                "make one with `headwater integration init`, or name it with --file",
            ),
            _ => Failure::reading(path, error),
        })?;
        let document = text.parse::<DocumentMut>().map_err(|error| {
            Failure::usage(format!("{}: {error}", path.display()), "mend the file")
        })?;
        Ok(SourceFile { path: path.to_owned(), document })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A picture that this file names, from its own folder.
    ///
    /// Errors: it is elsewhere. Whoever pulls what somebody else wrote must not have any file of
    /// theirs replaced.
    pub(super) fn beside(&self, named: &str) -> Result<PathBuf, Failure> {
        let named = Path::new(named);
        if named.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir))
        {
            return Err(Failure::usage(
                format!("{}: {} is not in its folder", self.path.display(), named.display()),
                "keep pictures beside the file, or in a folder there",
            ));
        }
        Ok(self.path.parent().unwrap_or(Path::new("")).join(named))
    }

    /// The integration's slug.
    pub(super) fn slug(&self) -> Result<&str, Failure> {
        self.text("slug").ok_or_else(|| {
            Failure::usage(
                format!("{}: slug is missing", self.path.display()),
                "write the integration's slug, as `headwater integration list` shows it",
            )
        })
    }

    /// What it is to be called.
    pub(super) fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The hash of what the server had when the file was last the same.
    pub(super) fn base(&self) -> Option<&str> {
        self.text("base")
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.document.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The catalog info in it, pictures by their paths. Empty texts are what is not there yet.
    pub(super) fn info(&self) -> Map<String, Value> {
        let all = convert::json(self.document.as_table());
        all.into_iter().filter(|(key, _)| !OWN.contains(&key.as_str())).collect()
    }

    /// Writes `info` into it; what is not in `info` is taken out. Returns the keys that changed.
    pub(super) fn set_info(&mut self, info: &Map<String, Value>) -> Vec<String> {
        let before = self.info();
        let gone = before.keys().filter(|key| !info.contains_key(*key));
        let changed = info.iter().filter(|(key, value)| before.get(*key) != Some(*value));
        let changed: Vec<String> =
            changed.map(|(key, _)| key.clone()).chain(gone.cloned()).collect();
        for key in &changed {
            convert::set(self.document.as_table_mut(), key, info.get(key));
        }
        changed
    }

    /// Notes what it is called.
    pub(super) fn set_name(&mut self, name: &str) {
        convert::set(self.document.as_table_mut(), "name", Some(&name.into()));
    }

    /// Notes that the server has `info` now.
    pub(super) fn set_base(&mut self, info: &Value) {
        convert::set(self.document.as_table_mut(), "base", Some(&hash(info).into()));
    }

    /// Writes it; a file that is half written is never there.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let new = self.path.with_extension("toml.new");
        let written = fs::write(&new, self.document.to_string());
        written.and_then(|()| fs::rename(&new, &self.path)).map_err(|cause| Failure::Io {
            what: format!("cannot write {}", self.path.display()),
            cause,
        })
    }
}

/// A hash of catalog info as the server tells it.
pub(super) fn hash(info: &Value) -> String {
    let digest = Sha256::digest(info.to_string().as_bytes());
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
