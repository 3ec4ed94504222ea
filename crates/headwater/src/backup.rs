//! `headwater backup` and `headwater restore`: the control plane's database as one file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use store::{Db, backup};

use crate::{
    FOUND, admin, arguments, config::Config, control, data_dir::DataDir, secret_keys, serve::now_ms,
};

/// Rows compress well at any level; more of it only takes longer.
const LEVEL: i32 = 3;

/// Writes the database into `file`.
pub fn write(file: &Path, data_dir: &arguments::DataDir) -> Result<ExitCode> {
    let Some(config) = admin::load(data_dir)? else { return Ok(ExitCode::from(FOUND)) };
    let path = config.server.data_dir.join(control::FILE);
    if config.control.database.is_none() && !path.exists() {
        bail!("there is no control plane's database at {}", path.display());
    }
    let shown = file.display();
    if file == Path::new("-") {
        taken(&config, io::stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut options = OpenOptions::new();
    let out = options.create_new(true).write(true).mode(0o600).open(file);
    let out = out.with_context(|| format!("cannot make {shown}"))?;
    let done = taken(&config, &out).and_then(|taken| {
        out.sync_all()?;
        Ok(taken)
    });
    let done = done.inspect_err(|_| drop(fs::remove_file(file)))?;
    println!("{} rows of {} tables are in {shown}", done.rows(), done.tables.len());
    let keys = control::keys_path(&config, &config.server.data_dir);
    println!("secrets in it open only with {}: keep a copy of that, apart", keys.display());
    Ok(ExitCode::SUCCESS)
}

fn taken(config: &Config, out: impl Write) -> Result<backup::Taken> {
    runtime()?.block_on(async {
        let db = Db::open(&control::database_url(config, &config.server.data_dir)).await;
        let db = db.context("cannot open the control plane's database")?;
        let mut out = zstd::Encoder::new(BufWriter::new(out), LEVEL)?;
        let taken = backup::write(&db, now_ms(), &mut out).await?;
        out.finish()?.flush()?;
        db.close().await;
        Ok(taken)
    })
}

/// Reads `file` back into the empty database that the configuration names.
pub fn restore(file: &Path, data_dir: &arguments::DataDir) -> Result<ExitCode> {
    let Some(config) = admin::load(data_dir)? else { return Ok(ExitCode::from(FOUND)) };
    let dir = &config.server.data_dir;
    // A running server would fill the database beside us.
    let _held = DataDir::open(dir)?;
    let shown = file.display();
    let input: Box<dyn io::Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).with_context(|| format!("cannot read {shown}"))?)
    };
    let url = control::database_url(&config, dir);
    let taken = runtime()?.block_on(async {
        #[expect(
            clippy::disallowed_methods,
            reason = "a line at a time, from whoever runs the server"
        )]
        let mut input = BufReader::new(zstd::Decoder::new(input)?);
        let (db, taken) = backup::restore(&url, &mut input).await?;
        db.close().await;
        anyhow::Ok(taken)
    });
    let taken = taken.with_context(|| format!("cannot restore {shown}"))?;
    println!("{} rows of {} tables were restored", taken.rows(), taken.tables.len());
    let keys = control::keys_path(&config, dir);
    if !keys.exists() {
        println!(
            "there are no keys at {}: put the copy of {} there before the server starts, or the secrets stay closed",
            keys.display(),
            secret_keys::FILE
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
