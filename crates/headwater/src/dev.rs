//! `headwater dev`: a server in a scratch folder, ready to take events, that shows them as they
//! come.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};

use crate::{
    arguments::Dev,
    config::{self, Input},
    serve::{self, Running},
    token,
};

const SOURCE: &str = "dev";
const WRITE_KEY_CHARS: usize = 32;

/// Runs until it is interrupted.
pub fn run(arguments: &Dev) -> Result<ExitCode> {
    let folder = Folder::prepare(&arguments.dir)?;
    let listen = arguments.listen.clone().map_or_else(free_address, Ok)?;
    let input = Input::gather(Some(&folder.config))
        .with_context(|| format!("cannot read {}", folder.config.display()))?
        .with_files()
        .flag("server.listen", "--listen", Some(listen));
    serve::run_until_stopped(&input, async |running: &Running| {
        let key = running.first_write_key();
        if let Some(link) = running.operator_link() {
            print!("{}", serve::first_operator(running, link));
        }
        print!("{}", welcome(&running.url(), key.as_deref(), &folder));
        let connection = cli::Connection::to(&running.url(), running.token().expose());
        let arguments = cli::tail::Arguments::all(connection);
        if let Err(failure) = cli::tail::run(&arguments, &mut cli::Screen::stdio()).await {
            eprintln!("headwater: {failure}");
        }
    })
}

/// The usual address when it is free, else one that is.
fn free_address() -> Result<String> {
    let usual = "127.0.0.1:8080";
    if std::net::TcpListener::bind(usual).is_ok() {
        return Ok(usual.to_owned());
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").context("cannot listen on loopback")?;
    Ok(free.local_addr()?.to_string())
}

/// The scratch folder.
struct Folder {
    path: PathBuf,
    config: PathBuf,
}

impl Folder {
    /// Makes the folder and its configuration, unless they are there from last time.
    fn prepare(path: &Path) -> Result<Folder> {
        fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        let path = path.canonicalize()?;
        let config = path.join(config::FILE);
        if !config.exists() {
            let write_key = token::random(WRITE_KEY_CHARS)?;
            fs::write(&config, configuration(&path, &write_key))
                .with_context(|| format!("cannot write {}", config.display()))?;
        }
        Ok(Folder { path, config })
    }
}

fn configuration(folder: &Path, write_key: &str) -> String {
    let quoted = |path: PathBuf| toml::Value::String(path.display().to_string()).to_string();
    format!(
        "# Made by headwater dev. Change it while it runs: sources and destinations are read again\n\
         # at once. headwater config reference shows everything that can be configured.\n\
         [server]\n\
         data_dir = {data}\n\n\
         [logging]\n\
         level = \"warn\"\n\n\
         [log]\n\
         segment_bytes = \"16 MiB\"\n\n\
         [delivery]\n\
         allow_private_addresses = true\n\n\
         [[sources]]\n\
         slug = \"{SOURCE}\"\n\
         name = \"Development\"\n\
         write_keys = [\"{write_key}\"]\n\n\
         [[destinations]]\n\
         slug = \"events\"\n\
         type = \"file\"\n\
         sources = [\"{SOURCE}\"]\n\
         [destinations.settings]\n\
         path = {events}\n",
        data = quoted(folder.join("data")),
        events = quoted(folder.join("events")),
    )
}

/// What to do now, ready to be copied.
fn welcome(url: &str, write_key: Option<&str>, folder: &Folder) -> String {
    let folder = folder.path.display();
    let Some(key) = write_key else {
        return format!(
            "Headwater is ready at {url}, and {folder}/headwater.toml has no source.\n"
        );
    };
    format!(
        r#"Headwater is ready at {url}

  write key    {key}
  events       {folder}/events/current.ndjson
  settings     {folder}/headwater.toml (read again when you change it)
  The folder stays when this stops; delete it whenever you like.

Send an event:

  curl {url}/v1/track -u {key}: -H 'content-type: application/json' \
    -d '{{"userId": "ada", "event": "Order Completed", "properties": {{"total": 42.50}}}}'

Or with Segment's SDKs, unchanged:

  Node     npm install @segment/analytics-node
           import {{ Analytics }} from '@segment/analytics-node'
           const analytics = new Analytics({{ writeKey: '{key}', host: '{url}' }})
           analytics.track({{ userId: 'ada', event: 'Order Completed' }})
           await analytics.closeAndFlush()

  Browser  npm install @segment/analytics-next
           import {{ AnalyticsBrowser }} from '@segment/analytics-next'
           const analytics = AnalyticsBrowser.load({{ writeKey: '{key}', cdnURL: '{url}' }})
           analytics.track('Order Completed')

  Python   pip install segment-analytics-python
           import segment.analytics as analytics
           analytics.write_key, analytics.host = '{key}', '{url}'
           analytics.track('ada', 'Order Completed'); analytics.flush()

Events are shown below as they come. Ctrl-C stops.

"#
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn the_folder_is_made_once_and_its_configuration_is_valid() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(&scratch.path().join("a b")).unwrap();
        let text = fs::read_to_string(&folder.config).unwrap();
        let input = Input { text: text.clone(), ..Input::default() };
        let loaded = config::load(&input, &destinations::all()).unwrap();
        assert_eq!(loaded.config.sources[0].write_keys[0].value.as_str().len(), WRITE_KEY_CHARS);
        Folder::prepare(&folder.path).unwrap();
        assert_eq!(fs::read_to_string(&folder.config).unwrap(), text);
    }

    #[test]
    fn the_welcome_can_be_copied() {
        let folder = Folder { path: "/x".into(), config: "/x/headwater.toml".into() };
        let text = welcome("http://127.0.0.1:8080", Some("KEY"), &folder);
        assert!(text.contains("curl http://127.0.0.1:8080/v1/track -u KEY:"), "{text}");
        assert!(text.contains(r#""properties": {"total": 42.50}"#), "{text}");
    }
}
