//! Has the web app embedded again when it was built again: its files have other names then, which
//! nothing else would look for.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[expect(clippy::disallowed_methods, reason = "this is how Cargo speaks to a build script")]
    let profile = std::env::var("PROFILE");
    // Debug builds read the files when they are asked for.
    if profile.as_deref() == Ok("release") {
        let app = std::path::Path::new("../../web/dist");
        // A folder that is not there would be taken for one that always changes.
        if app.is_dir() || std::fs::create_dir_all(app).is_ok() {
            println!("cargo::rerun-if-changed=../../web/dist");
        }
    }
}
