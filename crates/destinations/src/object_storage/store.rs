//! Where objects are kept: a store made from settings, under the egress rule, and tried out.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use destination_kit::{BadSetting, DeliveryError, Fault, Setting, SettingKind, Settings, World};
use futures_util::TryStreamExt as _;
use object_store::{
    BackoffConfig, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig, aws::AmazonS3Builder,
    azure::MicrosoftAzureBuilder, gcp::GoogleCloudStorageBuilder, local::LocalFileSystem,
    path::Path,
};
use serde_json::{Value, json};
use url::Url;

use super::{fault::delivery_error, transport::Connector};

/// A request that broke off is made again at once so often; all further patience is the engine's.
const REPEATS_MAX: usize = 2;
const REPEATS_TIMEOUT: Duration = Duration::from_secs(10);
/// What the connection test writes, reads, lists and deletes.
const PROBE: &[u8] = b"Headwater tries whether it may write here. This can be deleted.\n";

/// A place for objects. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    place: Place,
    /// `bucket "events"`, for sentences.
    name: String,
    prefix: Path,
}

#[derive(Debug, Clone)]
enum Place {
    Remote(Arc<dyn ObjectStore>),
    /// Made when it is first needed: a disk can be mounted later.
    Folder(PathBuf, Arc<OnceLock<LocalFileSystem>>),
}

impl Store {
    /// Opens the store that `settings` describe, which the settings of [`remote_settings`] or of
    /// [`folder_settings`] have been checked against. Connects to nothing yet.
    ///
    /// Errors: every setting that is missing or wrong.
    pub fn open(settings: &Settings, world: &World) -> Result<Store, Vec<BadSetting>> {
        let place = match text(settings, "path") {
            Some(path) => Place::Folder(world.base_dir.join(path), Arc::default()),
            None => Place::Remote(remote(settings, world)?),
        };
        let name = match (&place, text(settings, "bucket").unwrap_or_default()) {
            (Place::Folder(path, _), _) => format!("folder {}", path.display()),
            (_, bucket) if text(settings, "provider") == Some("azure") => {
                format!("container {bucket:?}")
            }
            (_, bucket) => format!("bucket {bucket:?}"),
        };
        let prefix = text(settings, "prefix").unwrap_or_default().trim_matches('/');
        let prefix = Path::parse(prefix).map_err(|error| bad("prefix", &error.to_string()))?;
        Ok(Store { place, name, prefix })
    }

    /// The store itself; all that is ours in it lies below [`Store::prefix`].
    ///
    /// Errors: the folder can be neither found nor made.
    pub fn objects(&self) -> object_store::Result<&dyn ObjectStore> {
        match &self.place {
            Place::Remote(store) => Ok(&**store),
            Place::Folder(path, opened) => {
                if let Some(store) = opened.get() {
                    return Ok(store);
                }
                let made = std::fs::create_dir_all(path);
                made.map_err(|source| object_store::Error::Generic {
                    store: "folder",
                    source: Box::new(source),
                })?;
                let store = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
                Ok(opened.get_or_init(|| store.with_automatic_cleanup(true)))
            }
        }
    }

    /// What everything in it begins with.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// `bucket "events"` or `folder /var/…`, for sentences.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What an error means for a delivery; `doing` is a word such as `writing`.
    pub fn delivery_error(&self, doing: &str, error: &object_store::Error) -> DeliveryError {
        delivery_error(&format!("{doing} in {}", self.name), error)
    }

    /// Writes, reads, lists and deletes a small object in `folder`, below the prefix.
    ///
    /// Errors: the first of these that does not work, in words.
    pub async fn try_out(&self, folder: &Path) -> Result<String, Fault> {
        let at = folder.clone().join("connection-test");
        let objects = self.objects().map_err(|error| self.fault("opening", &error))?;
        let fault = |doing: &'static str| move |error| self.fault(doing, &error);
        objects.put(&at, PutPayload::from_static(PROBE)).await.map_err(fault("writing"))?;
        let read = objects.get(&at).await.map_err(fault("reading"))?;
        let read = read.bytes().await.map_err(fault("reading"))?;
        let mut listed = objects.list(Some(folder));
        let mut found = false;
        while let Some(object) = listed.try_next().await.map_err(fault("listing"))? {
            found |= object.location == at;
        }
        objects.delete(&at).await.map_err(fault("deleting"))?;
        if read != PROBE || !found {
            let what = if found { "read otherwise" } else { "not listed" };
            let excerpt = format!("what was just written in {} is {what}", self.name);
            return Err(Fault { status: None, code: "EPROTO".to_owned(), excerpt });
        }
        Ok(format!("an object was written, read, listed and deleted in {}", self.name))
    }

    fn fault(&self, doing: &str, error: &object_store::Error) -> Fault {
        match self.delivery_error(doing, error) {
            DeliveryError::Retry(fault, _)
            | DeliveryError::Refused(fault)
            | DeliveryError::BadSettings(fault)
            | DeliveryError::Gone(fault) => fault,
        }
    }
}

/// Keys are given, never taken from the server's surroundings: those are its operator's.
fn remote(settings: &Settings, world: &World) -> Result<Arc<dyn ObjectStore>, Vec<BadSetting>> {
    let mut missing = Vec::new();
    let mut need = |key: &str, what: &str| {
        text(settings, key).map(str::to_owned).unwrap_or_else(|| {
            let problem = format!("is required: {what}");
            missing.push(BadSetting { key: key.to_owned(), problem });
            String::new()
        })
    };
    let bucket = need("bucket", "the bucket or container.");
    let wrong: Vec<BadSetting> =
        ["bucket", "region", "account"].iter().filter_map(|key| odd_name(settings, key)).collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let endpoint = text(settings, "endpoint").map(endpoint).transpose().map_err(|bad| vec![bad])?;
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(2), ..Default::default() };
    let retry = RetryConfig { backoff, max_retries: REPEATS_MAX, retry_timeout: REPEATS_TIMEOUT };
    let connector = Connector::new(world);
    let (key, opened) = match text(settings, "provider").unwrap_or_default() {
        "gcs" => {
            let account = need("service_account", "the JSON key of a service account.");
            // the key may name an endpoint, and so may we: it goes through the same rule
            let account = account_at(&account, endpoint).map_err(|bad| vec![bad])?;
            let builder = GoogleCloudStorageBuilder::new()
                .with_bucket_name(bucket)
                .with_service_account_key(account)
                .with_retry(retry)
                .with_http_connector(connector);
            if !missing.is_empty() {
                return Err(missing);
            }
            ("service_account", builder.build().map(|s| Arc::new(s) as Arc<dyn ObjectStore>))
        }
        "azure" => {
            let builder = MicrosoftAzureBuilder::new()
                .with_container_name(&bucket)
                .with_account(need("account", "the storage account."))
                .with_access_key(need("account_key", "a key of the storage account."))
                .with_retry(retry)
                .with_http_connector(connector);
            if !missing.is_empty() {
                return Err(missing);
            }
            let builder = match endpoint {
                Some(url) => builder.with_endpoint(base(&url)),
                None => builder,
            };
            ("account_key", builder.build().map(|s| Arc::new(s) as Arc<dyn ObjectStore>))
        }
        _ => {
            let path_style = settings.get("path_style").and_then(Value::as_bool).unwrap_or(true);
            let builder = AmazonS3Builder::new()
                .with_bucket_name(&bucket)
                .with_region(text(settings, "region").unwrap_or("us-east-1"))
                .with_access_key_id(need("access_key_id", "the id of an access key."))
                .with_secret_access_key(need("secret_access_key", "the secret of the access key."))
                .with_virtual_hosted_style_request(!path_style)
                // not every store that speaks S3 knows how to delete many at once
                .with_disable_bulk_delete(true)
                .with_retry(retry)
                .with_http_connector(connector);
            if !missing.is_empty() {
                return Err(missing);
            }
            let builder = match endpoint {
                Some(url) if path_style => builder.with_endpoint(base(&url)),
                Some(url) => {
                    let url = host_of_bucket(url, &bucket).map_err(|bad| vec![bad])?;
                    builder.with_endpoint(base(&url))
                }
                None => builder,
            };
            ("bucket", builder.build().map(|s| Arc::new(s) as Arc<dyn ObjectStore>))
        }
    };
    opened.map_err(|error| bad(key, &error.to_string()))
}

/// What becomes a part of a URL must not be able to end it.
fn odd_name(settings: &Settings, key: &str) -> Option<BadSetting> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let odd = text(settings, key)?.chars().find(|c| !plain(*c))?;
    let problem = format!("holds {odd:?}, and may hold letters, digits, - _ and . only");
    Some(BadSetting { key: key.to_owned(), problem })
}

fn endpoint(url: &str) -> Result<Url, BadSetting> {
    let problem = |problem: String| BadSetting { key: "endpoint".to_owned(), problem };
    let url = Url::parse(url).map_err(|bad| problem(format!("is no URL: {bad}")))?;
    let more = url.query().or(url.fragment()).is_some() || !url.username().is_empty();
    if more || url.password().is_some() {
        return Err(problem("must be a host, perhaps with a port and a path".to_owned()));
    }
    Ok(url)
}

/// `https://s3.example` with the bucket in front of the host.
fn host_of_bucket(mut url: Url, bucket: &str) -> Result<Url, BadSetting> {
    let host = format!("{bucket}.{}", url.host_str().unwrap_or_default());
    url.set_host(Some(&host)).map_err(|bad| {
        let problem = format!("cannot have the bucket in front of it: {bad}");
        BadSetting { key: "endpoint".to_owned(), problem }
    })?;
    Ok(url)
}

fn base(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// The key of a service account, leading to `endpoint` where one is given.
fn account_at(account: &str, endpoint: Option<Url>) -> Result<String, BadSetting> {
    let Some(endpoint) = endpoint.filter(|_| !account.is_empty()) else {
        return Ok(account.to_owned());
    };
    let read = serde_json::from_str(account).ok();
    let Some(Value::Object(mut key)) = read else {
        let problem = "must be the JSON key of a service account".to_owned();
        return Err(BadSetting { key: "service_account".to_owned(), problem });
    };
    key.insert("gcs_base_url".to_owned(), json!(base(&endpoint)));
    Ok(Value::Object(key).to_string())
}

fn bad(key: &str, problem: &str) -> Vec<BadSetting> {
    vec![BadSetting { key: key.to_owned(), problem: problem.to_owned() }]
}

fn text<'a>(settings: &'a Settings, key: &str) -> Option<&'a str> {
    settings.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The settings that lead to a store over HTTP.
pub fn remote_settings() -> Vec<Setting> {
    let providers = ["s3", "gcs", "azure"].map(str::to_owned).to_vec();
    let text = |key, label, what| Setting::new(key, label, SettingKind::Text, what);
    vec![
        Setting::new(
            "provider",
            "Provider",
            SettingKind::Choice { of: providers },
            "Amazon S3 and what is compatible with it, Google Cloud Storage, or Azure Blob Storage.",
        )
        .or(json!("s3")),
        text("bucket", "Bucket", "The bucket; with Azure the container. It must exist.").required(),
        prefix(),
        text("region", "Region", "S3: the region of the bucket.")
            .or(json!("us-east-1"))
            .only_with("provider", &["s3"]),
        Setting::new(
            "endpoint",
            "Endpoint",
            SettingKind::Url,
            "Where the store is, when that is not its provider's usual address, as with MinIO, R2 or \
             Ceph.",
        ),
        Setting::new(
            "path_style",
            "Bucket in the path",
            SettingKind::Switch,
            "S3: the bucket stands in the path of URLs, not in front of the host.",
        )
        .only_with("provider", &["s3"])
        .or(json!(true)),
        text("access_key_id", "Access key id", "S3: the id of an access key.")
            .only_with("provider", &["s3"]),
        text("secret_access_key", "Secret access key", "S3: the secret of the access key.")
            .only_with("provider", &["s3"])
            .secret(),
        text(
            "service_account",
            "Service account",
            "Google: the JSON key of a service account that may create, read, list and delete \
             objects in the bucket.",
        )
        .only_with("provider", &["gcs"])
        .secret(),
        text("account", "Storage account", "Azure: the storage account.")
            .only_with("provider", &["azure"]),
        text("account_key", "Account key", "Azure: a key of the storage account.")
            .only_with("provider", &["azure"])
            .secret(),
    ]
}

/// The settings that lead to a folder on the server.
pub fn folder_settings() -> Vec<Setting> {
    vec![
        Setting::new(
            "path",
            "Folder",
            SettingKind::Path,
            "The folder that takes the files, made when it is not there. A relative one begins in \
             the folder of the configuration.",
        )
        .required(),
        prefix(),
    ]
}

fn prefix() -> Setting {
    let what = "What the names of all objects begin with, such as raw/headwater.";
    Setting::new("prefix", "Prefix", SettingKind::Text, what).or(json!(""))
}
