//! Embeds the browser SDK, when `npm ci` has put it into `browser/node_modules`; the crate builds
//! without it too.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder},
};

const BUNDLES: &str = "browser/node_modules/@segment/analytics-next/dist/umd";
/// Sets the write key before anything reads it; ours is set in front of the script instead.
const KEY_SLOT: &str = r#""__WRITE_KEY__""#;
const KEY_KEPT: &str = "window.analyticsWriteKey";

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by variables")]
fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let bundles = root.join(BUNDLES);
    println!("cargo::rerun-if-changed=build.rs");
    // A path that is not there would make cargo build the crate anew each time.
    let watched = if bundles.is_dir() { BUNDLES } else { "browser" };
    println!("cargo::rerun-if-changed={watched}");
    let code = match fs::read_to_string(bundles.join("standalone.js")) {
        Ok(standalone) => {
            let parts: Vec<&str> = standalone.split(KEY_SLOT).collect();
            assert_eq!(parts.len(), 2, "{BUNDLES}/standalone.js names its write key once");
            let script = embed(&out, "standalone.js", parts.join(KEY_KEPT).as_bytes(), deflate);
            format!(
                "static SCRIPT: Option<Asset> = Some({script});\n\
                 static CHUNKS: &[(&str, Asset)] = &[\n{}];\n",
                chunks(&bundles, &out)
            )
        }
        Err(_) => "static SCRIPT: Option<Asset> = None;\n\
                   static CHUNKS: &[(&str, Asset)] = &[];\n"
            .to_owned(),
    };
    fs::write(out.join("browser.rs"), code).expect("the output folder can be written");
}

fn chunks(bundles: &Path, out: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(bundles)
        .expect("standalone.js was read from it")
        .map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".js") && name.contains(".bundle."))
        .collect();
    names.sort();
    let line = |name: &String| {
        let plain = fs::read(bundles.join(name)).expect("it was listed");
        format!("    ({name:?}, {}),\n", embed(out, name, &plain, gzip))
    };
    names.iter().map(line).collect()
}

/// Writes both forms of an asset and gives the expression that holds them.
fn embed(out: &Path, name: &str, plain: &[u8], pack: fn(&[u8]) -> Vec<u8>) -> String {
    let (plain_path, packed_path) = (out.join(name), out.join(format!("{name}.packed")));
    fs::write(&plain_path, plain).expect("the output folder can be written");
    fs::write(&packed_path, pack(plain)).expect("the output folder can be written");
    format!(
        "Asset {{ plain: include_bytes!({plain_path:?}), packed: include_bytes!({packed_path:?}) }}"
    )
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("a vector takes any amount");
    encoder.finish().expect("a vector takes any amount")
}

/// Without a wrapper, so that a beginning can be put in front of it.
fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("a vector takes any amount");
    encoder.finish().expect("a vector takes any amount")
}
