//! From file and environment to [`Config`]. Collects every unknown key and wrong type before it gives up.
//! Deliberately not here: whether values make sense (`rules`).

use std::fmt;
use std::path::Path;

use toml::{Table, Value};

use super::{Config, rules};

const ENV_PREFIX: &str = "USHER_";
/// Between section and key: keys have single underscores of their own.
const ENV_BETWEEN: &str = "__";

/// Everything wrong with a configuration, one line each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistakes(pub(crate) Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} mistake(s):", self.0.len())?;
        self.0.iter().try_for_each(|m| write!(f, "\n  - {m}"))
    }
}

impl std::error::Error for Mistakes {}

/// Reads the file, lays the environment over it and checks all of it.
pub(crate) fn load(file: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Config, Mistakes> {
    let text = std::fs::read_to_string(file)
        .map_err(|e| Mistakes(vec![format!("{}: cannot be read: {e}", file.display())]))?;
    let config = parse(&text, environment)?;
    rules::check(&config).map(|()| config)
}

/// The same without the rules, from text.
pub(super) fn parse(text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Config, Mistakes> {
    let mut mistakes = Vec::new();
    let mut given: Table =
        text.parse().map_err(|e: toml::de::Error| Mistakes(vec![e.to_string().trim_end().to_owned()]))?;
    let known = Table::try_from(Config::default()).map_err(|e| Mistakes(vec![e.to_string()]))?;
    for (name, value) in environment {
        if let Err(mistake) = lay_over(&mut given, &known, &name, &value) {
            mistakes.push(mistake);
        }
    }
    compare(&given, &known, "", &mut mistakes);
    if mistakes.is_empty() {
        match given.try_into() {
            Ok(config) => return Ok(config),
            Err(e) => mistakes.push(e.to_string().trim_end().to_owned()),
        }
    }
    Err(Mistakes(mistakes))
}

fn lay_over(given: &mut Table, known: &Table, name: &str, value: &str) -> Result<(), String> {
    // USHER_KEY and USHER_SERVER are the command line's, not the node's.
    let Some((section, key)) = name.strip_prefix(ENV_PREFIX).and_then(|rest| rest.split_once(ENV_BETWEEN)) else {
        return Ok(());
    };
    let (section, key) = (section.to_lowercase(), key.to_lowercase());
    let like = known.get(&section).and_then(|s| s.get(&key));
    let Some(like) = like else { return Err(format!("{name}: there is no key {section}.{key}")) };
    let value = if like.is_str() {
        Value::String(value.to_owned())
    } else {
        let parsed: Option<Table> = format!("value = {value}").parse().ok();
        let parsed = parsed.and_then(|mut t| t.remove("value"));
        parsed.ok_or_else(|| format!("{name} = {value:?}: expected {}", name_of(like)))?
    };
    let section = given.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Some(section) = section.as_table_mut() {
        section.insert(key, value);
    }
    Ok(())
}

fn compare(given: &Table, known: &Table, path: &str, mistakes: &mut Vec<String>) {
    for (key, value) in given {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (known.get(key), value) {
            (None, _) => mistakes.push(format!("{path}: there is no such key")),
            (Some(Value::Table(known)), Value::Table(given)) => compare(given, known, &path, mistakes),
            (Some(like), value) if like.same_type(value) => {}
            (Some(like), value) => {
                mistakes.push(format!("{path} = {value}: expected {}", name_of(like)));
            }
        }
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list in square brackets",
        Value::Table(_) => "a section",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: &str = include_str!("../../../deploy/config.toml");

    fn none() -> impl Iterator<Item = (String, String)> {
        std::iter::empty()
    }

    fn keys(table: &Table) -> Vec<String> {
        let mut keys: Vec<String> = table
            .iter()
            .flat_map(|(section, t)| t.as_table().into_iter().flatten().map(move |(key, _)| format!("{section}.{key}")))
            .collect();
        keys.sort();
        keys
    }

    #[test]
    fn the_documented_file_names_every_key_with_its_default() {
        assert_eq!(parse(DOCUMENTED, none()), Ok(Config::default()));
        let documented: Table = DOCUMENTED.parse().unwrap();
        assert_eq!(keys(&documented), keys(&Table::try_from(Config::default()).unwrap()));
    }

    #[test]
    fn every_key_of_the_documented_file_has_a_comment_above_it_or_above_its_group() {
        let mut commented = false;
        for line in DOCUMENTED.lines() {
            commented = line.starts_with('#') || (commented && line.contains('='));
            assert!(commented || line.is_empty() || line.starts_with('['), "{line}");
        }
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        assert_eq!(parse("", none()), Ok(Config::default()));
    }

    #[test]
    fn all_unknown_keys_and_wrong_types_are_told_at_once() {
        let text = "[http]\nlisten = 8080\nport = 1\n[nodes]\nx = 1\n[log]\nformat = \"text\"";
        let Err(Mistakes(found)) = parse(text, none()) else { panic!("accepted") };
        assert_eq!(
            found,
            [
                "http.listen = 8080: expected a text in quotes",
                "http.port: there is no such key",
                "nodes: there is no such key",
            ]
        );
    }

    #[test]
    fn the_environment_wins_and_is_checked() {
        let environment = [
            ("USHER_HTTP__LISTEN", "0.0.0.0:9000"),
            ("USHER_CLUSTER__HEARTBEAT_MS", "75"),
            ("USHER_HTTP__PUBLIC_URLS", r#"["https://tickets.example"]"#),
            ("USHER_KEY", "not a node's"),
            ("PATH", "/bin"),
        ];
        let environment = environment.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let config = parse("[http]\nlisten = \"127.0.0.1:1\"", environment.into_iter()).unwrap();
        assert_eq!(config.http.listen, "0.0.0.0:9000".parse().unwrap());
        assert_eq!(config.cluster.heartbeat_ms, 75);
        assert_eq!(config.http.public_urls, ["https://tickets.example"]);

        let wrong = [("USHER_HTTP__PORT", "1"), ("USHER_CLUSTER__HEARTBEAT_MS", "soon")];
        let Err(Mistakes(found)) = parse("", wrong.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter()) else {
            panic!("accepted")
        };
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
