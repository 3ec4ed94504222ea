//! Chores in Rust. `cargo xtask ci` is the Rust half of `scripts/test`.

mod new_destination;
mod tidy;

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask <chore>

  ci                      everything below, in this order: fmt, clippy, tidy, tests, deny
  fmt                     is the code formatted?
  clippy                  lints, warnings denied
  tidy                    does every crate use only crates above it? what are the largest files?
  test [ARGS…]            tests of the whole workspace
  deny                    licences, bans and sources of dependencies
  new-destination <slug>  writes a destination and its line in the list
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&words) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(1)
        }
        None => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
    }
}

/// Does a chore; `None` when there is none of that name.
fn run(words: &[&str]) -> Option<Result<()>> {
    let done = match words {
        ["ci"] => ci(),
        ["fmt"] => fmt(),
        ["clippy"] => clippy(),
        ["tidy"] => tidy::run(),
        ["test", rest @ ..] => test(rest),
        ["deny"] => deny(),
        ["new-destination", slug] => new_destination::run(slug),
        _ => return None,
    };
    Some(done)
}

fn ci() -> Result<()> {
    fmt()?;
    clippy()?;
    tidy::run()?;
    test(&[])?;
    deny()
}

fn fmt() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])
}

fn clippy() -> Result<()> {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn test(rest: &[&str]) -> Result<()> {
    // End-to-end tests start the binary, which is built for its own tests before any runs. To
    // build it by itself would build every dependency twice: features are chosen per selection.
    cargo(&[&["test", "--workspace", "--no-fail-fast"], rest].concat())
}

fn deny() -> Result<()> {
    // Advisories come from a network database; they are checked where it can be reached.
    cargo(&["deny", "--all-features", "check", "licenses", "bans", "sources"])
}

fn cargo(args: &[&str]) -> Result<()> {
    println!("$ cargo {}", args.join(" "));
    let cargo = env!("CARGO");
    let status = Command::new(cargo).args(args).status().context("cargo could not be started")?;
    if !status.success() {
        bail!("cargo {} failed", args.join(" "));
    }
    Ok(())
}
