//! The reference of the command line, as Markdown: `docs/cli.md` is what this prints.

use clap::{Command, CommandFactory};

use crate::arguments::Arguments;

/// The whole reference.
pub fn markdown() -> String {
    let mut command = Arguments::command().term_width(100);
    command.build();
    let mut text = String::from(
        "# Command line\n\nMade by `cargo xtask cli-reference` from the program itself; do not edit.\n",
    );
    section(&command, "patou", &mut text);
    text
}

fn section(command: &Command, path: &str, text: &mut String) {
    let help = command.clone().render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!("\n## {path}\n\n```text\n{}\n```\n", help.join("\n").trim()));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        section(inner, &format!("{path} {}", inner.get_name()), text);
    }
}
