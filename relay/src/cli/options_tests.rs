use super::*;
use clap::{Arg, CommandFactory as _, Parser};

#[derive(Debug, Parser)]
struct Wrapper {
    #[command(flatten)]
    options: Options,
}

fn read(arguments: &[&str]) -> Result<Config, ConfigError> {
    let arguments = ["test"].iter().chain(arguments);
    Wrapper::try_parse_from(arguments).unwrap().options.config()
}

#[test]
fn a_certificate_comes_from_one_place() {
    assert_eq!(read(&[]).unwrap().tls, Tls::Own);
    assert_eq!(read(&["--tls-cert", "a.pem"]), Err(ConfigError::HalfTls));
    let all = ["--tls-cert", "a.pem", "--tls-key", "b.pem", "--acme-contact", "it@a.example"];
    assert_eq!(read(&all), Err(ConfigError::TwoCertificates));
    assert_eq!(read(&["--acme-contact", "it@a.example"]), Err(ConfigError::AcmeName));
    let on_loopback = ["--acme-contact", "it@a.example", "--public-url", "https://127.0.0.1"];
    assert_eq!(read(&on_loopback), Err(ConfigError::AcmeName));
    let nobody = ["--acme-contact", "it", "--public-url", "https://relay.a.example"];
    assert_eq!(read(&nobody), Err(ConfigError::AcmeContact("it".into())));
    let named = ["--acme-contact", "it@a.example", "--public-url", "https://relay.a.example"];
    let Tls::Acme(acme) = read(&named).unwrap().tls else { panic!("not ACME") };
    assert_eq!((acme.host.as_str(), acme.directory.as_str()), ("relay.a.example", LETS_ENCRYPT));
}

#[test]
fn one_address_gets_half_of_the_connections_unless_told() {
    let caps = |arguments: &[&str]| read(arguments).map(|config| config.connections);
    assert_eq!(caps(&["--max-connections", "7"]), Ok(Connections { total: 7, each_address: 4 }));
    let wrong = ["--max-connections", "7", "--max-connections-per-address", "8"];
    assert_eq!(caps(&wrong), Err(ConfigError::Connections { each: 8, total: 7 }));
}

/// The table of `docs/operations.md`, as the flags themselves tell it.
fn table() -> String {
    let mut rows = String::from("| flag | environment | default | meaning |\n|---|---|---|---|\n");
    let command = crate::cli::Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    for argument in serve.get_arguments().filter(|argument| argument.get_env().is_some()) {
        rows.push_str(&row(argument));
    }
    rows
}

fn row(argument: &Arg) -> String {
    let flag = argument.get_long().unwrap();
    let value = argument.get_value_names().map_or(String::new(), |names| format!(" {}", names[0]));
    let env = argument.get_env().unwrap().to_string_lossy();
    let default: Vec<_> =
        argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    let default = if default.is_empty() { "none".to_owned() } else { default.join(", ") };
    let help = argument.get_help().unwrap();
    format!("| `--{flag}{value}` | `{env}` | {default} | {help} |\n")
}

#[test]
fn the_documents_table_is_the_flags_own() {
    let document = include_str!("../../../docs/operations.md");
    let table = table();
    assert!(document.contains(&table), "put this table into docs/operations.md:\n{table}");
}
