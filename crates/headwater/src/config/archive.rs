//! `[archive]`.

use std::time::Duration;

use destination_kit::{Definition, Settings, World};
use destinations::object_storage::store::{Store, folder_settings, remote_settings};

use super::{
    destinations::read_settings,
    section::Section,
    values::{choice, duration_within},
};

pub(super) const DOC: &str = "Where full segments of the log are copied before retention takes them; replays read them there. Nothing is archived unless a type is given.";

/// Where full segments of the log are copied.
#[derive(Debug, Clone, PartialEq)]
pub struct Archive {
    /// As the store asks for them, defaults filled in.
    pub settings: Settings,
    /// How long segments are kept there.
    pub keep: Duration,
}

impl Archive {
    /// `None`: nothing is archived.
    pub(super) fn read(s: &mut Section<'_>, world: &World) -> Option<Archive> {
        let place = s.optional(
            "type",
            r#""object-storage""#,
            "object-storage or folder; the settings below say where it is, as for a destination of that type.",
            choice(&["object-storage", "folder"]),
        );
        let keep = s.key(
            "keep",
            r#""1095d""#,
            "How long segments are kept there.",
            duration_within("1d", "36500d"),
        );
        let (slug, settings) = match place {
            Some("folder") => ("folder", folder_settings()),
            _ => ("object-storage", remote_settings()),
        };
        let (name, description) = (String::new(), String::new());
        let definition =
            Definition { slug: slug.to_owned(), name, description, settings, actions: vec![] };
        let check = |settings: Settings| Store::open(&settings, world).map(|_| settings);
        if s.is_example() || place.is_none() {
            s.free_table("settings");
            return None;
        }
        let settings = read_settings(s, &definition, "archive", check)?;
        Some(Archive { settings, keep })
    }
}
