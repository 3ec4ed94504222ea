//! Holds the crates to the order of `docs/ARCHITECTURE.md`: a crate uses only crates above it.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use toml::Table;

/// Every crate, in the order of the table in `docs/ARCHITECTURE.md`.
const ORDER: [&str; 22] = [
    "spec",
    "catalog",
    "proof",
    "tracking-plan",
    "filters",
    "routing",
    "id-index",
    "event-log",
    "destination-kit",
    "destinations",
    "ingest",
    "debugger",
    "delivery",
    "content",
    "mail",
    "store",
    "api",
    "cli",
    "headwater",
    "hostile",
    "e2e",
    "xtask",
];
/// Who sees both planes, or none of our code.
const LONERS: [&str; 2] = ["e2e", "xtask"];
/// Crates of the data plane that must not know each other: they meet in the log.
const STRANGERS: [&str; 3] = ["ingest", "debugger", "delivery"];
const SHOWN: usize = 10;

pub(crate) fn run() -> Result<()> {
    let root = root()?;
    let mut faults = Vec::new();
    let mut manifests = BTreeMap::new();
    for entry in fs::read_dir(root.join("crates"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let text = fs::read_to_string(root.join("crates").join(&name).join("Cargo.toml"))
            .with_context(|| format!("crates/{name} has no manifest"))?;
        manifests.insert(name, text.parse::<Table>()?);
    }
    for name in manifests.keys().filter(|name| !ORDER.contains(&name.as_str())) {
        faults.push(format!("crate {name} has no place in the table of docs/ARCHITECTURE.md"));
    }
    for (name, manifest) in &manifests {
        let rank = |name: &str| ORDER.iter().position(|other| *other == name);
        let used = manifest.get("dependencies").and_then(|d| d.as_table());
        for used in used.into_iter().flat_map(Table::keys).filter(|n| rank(n).is_some()) {
            if rank(used) >= rank(name) {
                faults.push(format!("{name} uses {used}, which stands below it"));
            }
            if STRANGERS.contains(&used.as_str()) && STRANGERS.contains(&name.as_str()) {
                faults.push(format!("{name} uses {used}: they meet only in the log"));
            }
            if LONERS.contains(&name.as_str()) && *name == "xtask" {
                faults.push(format!("xtask uses {used}: chores stand alone"));
            }
        }
        let lints = manifest.get("lints").and_then(|l| l.get("workspace"));
        if lints.and_then(|l| l.as_bool()) != Some(true) {
            faults.push(format!("{name} does not take the workspace's lints"));
        }
    }
    print_largest(&root)?;
    if faults.is_empty() {
        println!("tidy: every crate uses only crates above it");
        return Ok(());
    }
    bail!("{}", faults.join("\n"))
}

/// The repository's root: two folders above this crate.
pub(crate) fn root() -> Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    Ok(here.join("../..").canonicalize()?)
}

fn print_largest(root: &std::path::Path) -> Result<()> {
    let mut sizes = Vec::new();
    let mut folders = vec![root.join("crates"), root.join("bench")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                sizes.push((fs::read_to_string(&path)?.lines().count(), path));
            }
        }
    }
    sizes.sort_by(|a, b| b.cmp(a));
    println!("largest files:");
    for (lines, path) in sizes.iter().take(SHOWN) {
        println!("{lines:6}  {}", path.strip_prefix(root).unwrap_or(path).display());
    }
    Ok(())
}
