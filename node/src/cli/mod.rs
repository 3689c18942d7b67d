//! The command line: what can be asked, and where each answer is made. Deliberately thin: a command is REST calls or
//! a file's work, and the same things can be done by any HTTP client.

mod accounts;
mod catalogue;
mod cluster;
mod exit;
mod output;
mod payments;
mod ping;
mod plans;
mod vouchers;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::bench::{self, BenchArgs};
use crate::client::{Address, Rest};
use crate::config::{self, Config};
use crate::demo::{self, DemoArgs};
use crate::doctor::{self, DoctorArgs};
use crate::mock_psp::{self, MockPspArgs};
use crate::run;
use crate::watch::{self, WatchArgs};
pub(crate) use cluster::promote_when_ready;
pub(crate) use exit::Refused;
pub(crate) use output::{Output, table};

/// The box office that cannot oversell: nodes, operators' commands, a demo and measurements in one program.
#[derive(Debug, Parser)]
#[command(name = "usher", version, propagate_version = true, after_help = exit::MANUAL)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Globals {
    /// Base URL of any node of the cluster.
    #[arg(long, global = true, env = "USHER_SERVER", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) server: Address,
    /// API key (usk_…).
    #[arg(long, global = true, env = "USHER_KEY", hide_env_values = true, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Globals {
    /// Calls to the server that was named.
    pub(crate) fn rest(&self) -> Rest {
        Rest::new(self.server.clone(), self.key.as_deref())
    }

    /// Where results go.
    pub(crate) fn output(&self) -> Output {
        Output::new(self.json)
    }
}

/// How one node is run, this time.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct NodeArgs {
    /// Let this node stand for election although its log's tail was cut: only when voters that do not answer are lost for
    /// good, and only on the node whose log goes furthest. See "lost a voter after a power cut" in the manual.
    #[arg(long)]
    pub(crate) trust_cut_tail: bool,
    /// Stop, as if asked to, when standard input ends: for nodes that must not outlive their parent.
    #[arg(long, hide = true)]
    pub(crate) until_stdin_closes: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one node.
    Node {
        /// The node's configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        #[command(flatten)]
        how: NodeArgs,
    },
    /// Run a whole cluster on this machine, with things on sale, until Ctrl-C.
    Demo(DemoArgs),
    /// Form, watch and change a cluster; back it up and restore it.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Seating plans.
    #[command(subcommand)]
    Plan(plans::PlanCommand),
    /// Events.
    #[command(subcommand)]
    Event(catalogue::EventCommand),
    /// Showtimes.
    #[command(subcommand)]
    Showtime(catalogue::ShowtimeCommand),
    /// Vouchers and promo codes.
    #[command(subcommand)]
    Voucher(vouchers::VoucherCommand),
    /// Who works for the organization.
    #[command(subcommand)]
    Member(accounts::MemberCommand),
    /// Letters that were written: the letter box of a cluster without a mail server.
    Mails,
    /// What is to be done with the payment provider, and whether its books agree.
    #[command(subcommand)]
    Payments(payments::PaymentsCommand),
    /// Show a showtime's map and counts in the terminal, live.
    Watch(WatchArgs),
    /// Run a payment company that moves no money, for the demo and for tests.
    MockPsp(MockPspArgs),
    /// Measure a cluster with the box office's own workload, and check every answer.
    Bench(Box<BenchArgs>),
    /// Examine a node's configuration and its machine; names a remedy for whatever is wrong.
    Doctor(DoctorArgs),
    /// Ask a node whether it may take traffic.
    Ping,
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Parses the arguments, does what they ask and answers the exit code.
pub(crate) fn main() -> ExitCode {
    answer(std::env::args_os())
}

fn answer(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(told) => {
            // Help and version are no mistakes; clap knows where each goes.
            drop(told.print());
            return ExitCode::from(if told.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    match dispatch(cli) {
        Ok(()) => ExitCode::from(exit::OK),
        Err(error) => {
            output::complain(&error);
            ExitCode::from(exit::code(&error))
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<()> {
    let globals = cli.globals;
    match cli.command {
        Command::Node { config, how } => run::run(&read_config(&config)?, how),
        Command::MockPsp(args) => mock_psp::run(args),
        Command::Demo(args) => block_on(demo::run(args, &globals)),
        Command::Doctor(args) => block_on(doctor::run(args, &globals)),
        Command::Ping => block_on(ping::run(&globals)),
        Command::Watch(args) => block_on(watch::run(args, &globals)),
        Command::Bench(args) => block_on(bench::run(*args, &globals)),
        Command::Cluster(command) => block_on(cluster::run(command, &globals)),
        Command::Plan(command) => block_on(plans::plan(command, &globals)),
        Command::Event(command) => block_on(catalogue::event(command, &globals)),
        Command::Showtime(command) => block_on(catalogue::showtime(command, &globals)),
        Command::Voucher(command) => block_on(vouchers::voucher(command, &globals)),
        Command::Member(command) => block_on(accounts::member(command, &globals)),
        Command::Mails => block_on(accounts::mails(&globals)),
        Command::Payments(command) => block_on(payments::payments(command, &globals)),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "usher", &mut std::io::stdout());
            Ok(())
        }
    }
}

/// Reads a node's configuration, the environment laid over it.
pub(crate) fn read_config(file: &std::path::Path) -> anyhow::Result<Config> {
    Ok(config::load(file, std::env::vars())?)
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn globals_may_stand_anywhere() {
        for line in [
            "usher --server http://a:1 --key k --json cluster status",
            "usher cluster status --json --key k --server http://a:1",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.globals.server.to_string(), "http://a:1");
            assert_eq!(cli.globals.key.as_deref(), Some("k"));
            assert!(cli.globals.json);
        }
    }

    #[test]
    fn mistakes_of_usage_are_told() {
        for line in [
            "usher",
            "usher nodes",
            "usher node",
            "usher --server localhost cluster status",
            "usher cluster promote",
            "usher cluster promote leader",
            "usher cluster restore --from a",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
