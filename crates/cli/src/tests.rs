//! The commands against a real server on a socket: the debugger's routes over a log in memory,
//! behind a token, and a tracking API that answers as it is told.

mod accounts;
mod encrypted;
mod live;
mod sending;
mod server;
mod tracing;

use clap::Subcommand;

#[test]
fn every_command_explains_itself() {
    let mut all = crate::Command::augment_subcommands(clap::Command::new("headwater"));
    all.build();
    all.clone().debug_assert();
    for path in ["tail", "send", "trace", "balance", "dead-letters list", "dead-letters redeliver"]
    {
        let mut command = &mut all;
        for name in path.split(' ') {
            command = command.find_subcommand_mut(name).expect("it is one");
        }
        let help = command.render_long_help().to_string();
        for part in ["Examples:", "Exit codes:", "HEADWATER_URL", "--json"] {
            assert!(help.contains(part), "{path} lacks {part}: {help}");
        }
        assert!(!help.contains("{{"), "{help}");
    }
}
