//! From what was written to what holds: defaults, then the file, then the environment, then flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::environment::Environment;
use crate::settings::{KEYS, Key, Kind, Settings};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of a configuration file.
    File(PathBuf, usize),
    /// An environment variable.
    Variable(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Something wrong in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where.
    pub origin: Origin,
    /// What, and what would be right.
    pub what: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.what)
    }
}

/// One setting as it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedValue {
    /// `table.key`.
    pub name: &'static str,
    /// As it would be written.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
    /// What it does.
    pub what: &'static str,
}

/// What was resolved: the settings, each value's origin, and everything that is wrong.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The settings; a value with a problem keeps its default.
    pub settings: Settings,
    /// Every setting in the table's order.
    pub values: Vec<ResolvedValue>,
    /// Everything that is wrong, at once.
    pub problems: Vec<ConfigProblem>,
}

/// A configuration file with its text.
pub(crate) struct ConfigFile {
    pub path: PathBuf,
    pub text: String,
}

/// Resolves the settings from a file, the environment and flags (`key`, value, the flag's name).
pub(crate) fn resolve_from(
    file: Option<&ConfigFile>,
    environment: &Environment,
    flags: &[(&'static str, String, &'static str)],
) -> Resolved {
    let mut problems = Vec::new();
    let mut written: BTreeMap<&'static str, (String, Origin)> = BTreeMap::new();
    if let Some(file) = file {
        read_file(file, &mut written, &mut problems);
    }
    if let Some(endpoint) = environment.get("HF_ENDPOINT") {
        let origin = Origin::Variable("HF_ENDPOINT".into());
        written.insert("model.hf_endpoint", (endpoint.to_owned(), origin));
    }
    for key in KEYS {
        if let Some(value) = environment.get(&key.variable()) {
            written.insert(key.name, (value.to_owned(), Origin::Variable(key.variable())));
        }
    }
    for name in environment.unknown() {
        let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
        let near = nearest(name, known.iter().map(String::as_str));
        problems.push(ConfigProblem {
            origin: Origin::Variable(name.to_owned()),
            what: format!("there is no such variable{near}"),
        });
    }
    for (key, value, flag) in flags {
        written.insert(key, (value.clone(), Origin::Flag(flag)));
    }
    let mut resolved = apply(&written, problems);
    resolved.problems.sort_by_key(|problem| match &problem.origin {
        Origin::File(_, line) => *line,
        _ => usize::MAX,
    });
    resolved
}

fn apply(written: &BTreeMap<&'static str, (String, Origin)>, mut problems: Vec<ConfigProblem>) -> Resolved {
    let mut settings = Settings::default();
    let mut values = Vec::with_capacity(KEYS.len());
    for key in KEYS {
        let mut value = key.default.to_owned();
        let mut origin = Origin::Default;
        if let Err(fits) = (key.set)(&mut settings, &value) {
            problems.push(ConfigProblem {
                origin: Origin::Default,
                what: format!("`{}` takes {fits}", key.name),
            });
        }
        if let Some((own, from)) = written.get(key.name) {
            match (key.set)(&mut settings, own) {
                Ok(()) => (value, origin) = (own.clone(), from.clone()),
                Err(fits) => problems.push(ConfigProblem {
                    origin: from.clone(),
                    what: format!("`{}` takes {fits}, not `{own}`", key.name),
                }),
            }
        }
        values.push(ResolvedValue { name: key.name, value, origin, what: key.what });
    }
    Resolved { settings, values, problems }
}

fn read_file(
    file: &ConfigFile,
    written: &mut BTreeMap<&'static str, (String, Origin)>,
    problems: &mut Vec<ConfigProblem>,
) {
    match DeTable::parse(&file.text) {
        Ok(table) => walk(table.get_ref(), "", &mut Reading { file, written, problems }),
        Err(error) => problems.push(ConfigProblem {
            origin: Origin::File(
                file.path.clone(),
                error.span().map_or(1, |span| line_of(&file.text, span.start)),
            ),
            what: error.message().to_owned(),
        }),
    }
}

struct Reading<'a> {
    file: &'a ConfigFile,
    written: &'a mut BTreeMap<&'static str, (String, Origin)>,
    problems: &'a mut Vec<ConfigProblem>,
}

fn walk(table: &DeTable<'_>, prefix: &str, reading: &mut Reading<'_>) {
    for (name, value) in table {
        let path = format!("{prefix}{}", name.get_ref());
        let origin = Origin::File(reading.file.path.clone(), line_of(&reading.file.text, name.span().start));
        if let Some(key) = KEYS.iter().find(|key| key.name == path) {
            match text_of(key.kind, value) {
                Ok(text) => drop(reading.written.insert(key.name, (text, origin))),
                Err(fits) => {
                    let what = format!("`{path}` takes {fits}");
                    reading.problems.push(ConfigProblem { origin, what });
                }
            }
            continue;
        }
        let table_prefix = format!("{path}.");
        match value.get_ref() {
            DeValue::Table(inner) if KEYS.iter().any(|key| key.name.starts_with(&table_prefix)) => {
                walk(inner, &table_prefix, reading);
            }
            DeValue::Table(_) => {
                let near = nearest(&path, KEYS.iter().filter_map(|key| Some(key.name.rsplit_once('.')?.0)));
                let what = format!("there is no table `{path}`{near}");
                reading.problems.push(ConfigProblem { origin, what });
            }
            _ => {
                let near = nearest(&path, KEYS.iter().map(|key| key.name));
                let what = format!("there is no setting `{path}`{near}");
                reading.problems.push(ConfigProblem { origin, what });
            }
        }
    }
}

/// The value as text, if it is of the kind.
fn text_of(kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<String, &'static str> {
    let value = toml::Value::deserialize(toml::de::ValueDeserializer::from(value.clone()));
    match (kind, value) {
        (Kind::Text, Ok(toml::Value::String(text))) => Ok(text),
        (Kind::Integer, Ok(toml::Value::Integer(number))) => Ok(number.to_string()),
        (Kind::Number, Ok(toml::Value::Integer(number))) => Ok(number.to_string()),
        (Kind::Number, Ok(toml::Value::Float(number))) => Ok(number.to_string()),
        (Kind::Switch, Ok(toml::Value::Boolean(value))) => Ok(value.to_string()),
        (Kind::Text, _) => Err("a text in quotes"),
        (Kind::Integer, _) => Err("a whole number"),
        (Kind::Number, _) => Err("a number"),
        (Kind::Switch, _) => Err("`true` or `false`"),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// `; did you mean …?` when something known is near.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let near = known
        .map(|known| {
            (strsim::jaro_winkler(known, name).max(strsim::jaro_winkler(&last(known), &last(name))), known)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((likeness, known)) if likeness > 0.75 => format!("; did you mean `{known}`?"),
        _ => String::new(),
    }
}

/// The file to read: the one named, else `patou.toml` here, else the home's, if there is one.
pub(crate) fn find_file(named: Option<&Path>, home: &Path) -> Option<PathBuf> {
    let here = PathBuf::from("patou.toml");
    let at_home = home.join("patou.toml");
    match named {
        Some(named) => Some(named.to_owned()),
        None if here.is_file() => Some(here),
        None => at_home.is_file().then_some(at_home),
    }
}

/// Resolves the settings from the text of a configuration file alone, as `config check` on it would.
pub fn resolve(path: &Path, text: &str) -> Resolved {
    let file = ConfigFile { path: path.to_owned(), text: text.to_owned() };
    resolve_from(Some(&file), &Environment::default(), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) -> Settings {
        let resolved = resolve(Path::new("patou.toml"), text);
        let problems: Vec<String> = resolved.problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, expect);
        resolved.settings
    }

    #[test]
    fn a_file_sets_what_it_names() {
        let settings = check("[search]\ntop_k = 3\nmode = \"lexical\"\n", &[]);
        assert_eq!((settings.top_k, settings.mode, settings.candidates), (3, rag::Mode::Lexical, 100));
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_line() {
        check(
            "[search]\ntop_q = 3\nmode = \"both\"\n[serch]\nx = 1\n[ingest]\nchunk_tokens_max = \"many\"\n",
            &[
                "patou.toml:2: there is no setting `search.top_q`; did you mean `search.top_k`?",
                "patou.toml:3: `search.mode` takes `hybrid`, `dense` or `lexical`, not `both`",
                "patou.toml:4: there is no table `serch`; did you mean `search`?",
                "patou.toml:7: `ingest.chunk_tokens_max` takes a whole number",
            ],
        );
        check("[search\n", &["patou.toml:1: unclosed table, expected `]`"]);
    }

    #[test]
    fn flags_win_over_variables_and_those_over_the_file() {
        let file = ConfigFile { path: "f.toml".into(), text: "[search]\ntop_k = 3\ncandidates = 7\n".into() };
        let environment = Environment(
            [("PATOU_SEARCH_TOP_K", "4"), ("PATOU_SERCH_MODE", "x"), ("PATOU_HOME", "/h")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        );
        let resolved = resolve_from(Some(&file), &environment, &[("stack", "embedded".into(), "--stack")]);
        let origin =
            |name| resolved.values.iter().find(|value| value.name == name).unwrap().origin.to_string();
        assert_eq!(resolved.settings.top_k, 4);
        assert_eq!(origin("search.top_k"), "PATOU_SEARCH_TOP_K");
        assert_eq!(origin("search.candidates"), "f.toml:3");
        assert_eq!(origin("stack"), "--stack");
        assert_eq!(origin("search.mode"), "default");
        assert_eq!(resolved.problems.len(), 1);
        assert!(resolved.problems[0].what.contains("PATOU_SEARCH_MODE"));
    }
}
