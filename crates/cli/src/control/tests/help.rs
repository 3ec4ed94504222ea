use clap::Subcommand;

/// Every command explains itself: what it is for, by example, and how it ends.
#[test]
fn every_command_has_examples_and_says_how_it_ends() {
    let mut all = super::super::Command::augment_subcommands(clap::Command::new("headwater"));
    all.build();
    all.clone().debug_assert();
    let mut leaves = 0;
    for command in all.get_subcommands_mut() {
        leaves += check(command, &mut Vec::new());
    }
    assert!(leaves > 70, "{leaves} commands");
}

fn check(command: &mut clap::Command, path: &mut Vec<String>) -> usize {
    if command.get_name() == "help" {
        return 0;
    }
    path.push(command.get_name().to_owned());
    let mut leaves = 0;
    if !command.has_subcommands() || path.as_slice() == ["apply"] {
        leaves += 1;
        let help = command.render_long_help().to_string();
        let path = path.join(" ");
        for part in ["Examples:", "Exit codes:", "HEADWATER_URL", "HEADWATER_TOKEN", "--json"] {
            assert!(help.contains(part), "{path} lacks {part}: {help}");
        }
        assert!(help.contains(&format!("  headwater {path}")), "{path} has no example: {help}");
        assert!(!help.contains("{{"), "{help}");
    }
    for command in command.get_subcommands_mut() {
        leaves += check(command, path);
    }
    path.pop();
    leaves
}
