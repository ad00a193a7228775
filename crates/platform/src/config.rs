//! From what was written to what holds: defaults, then the file, then the environment, then flags.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::environment::Environment;
use crate::settings::{FAMILIES, Family, KEYS, Key, Kind, Settings};

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
    pub name: Cow<'static, str>,
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
    let mut written = Written::new();
    let mut tables = Vec::new();
    if let Some(file) = file {
        read_file(
            file,
            &mut Reading { file, written: &mut written, tables: &mut tables, problems: &mut problems },
        );
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
    apply_tables(&tables, &mut resolved);
    resolved.problems.sort_by_key(|problem| match &problem.origin {
        Origin::File(_, line) => *line,
        _ => usize::MAX,
    });
    resolved
}

fn apply(written: &Written, mut problems: Vec<ConfigProblem>) -> Resolved {
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
        values.push(ResolvedValue { name: key.name.into(), value, origin, what: key.what });
    }
    Resolved { settings, values, problems }
}

fn apply_tables(tables: &[WrittenTable], resolved: &mut Resolved) {
    for table in tables {
        for key in table.family.keys {
            // A default fits: `every_default_fits` holds each to it.
            let _ = (key.set)(&mut resolved.settings, &table.entry, key.default);
            let Some((value, origin)) = table.written.get(key.name) else { continue };
            let name = format!("{}.{}.{}", table.family.name, table.entry, key.name);
            if let Err(fits) = (key.set)(&mut resolved.settings, &table.entry, value) {
                let what = format!("`{name}` takes {fits}, not `{value}`");
                resolved.problems.push(ConfigProblem { origin: origin.clone(), what });
            }
            let (value, origin) = (value.lines().collect::<Vec<_>>().join(", "), origin.clone());
            resolved.values.push(ResolvedValue { name: name.into(), value, origin, what: key.what });
        }
    }
    for (name, what) in resolved.settings.contradictions() {
        let table = tables.iter().find(|table| format!("{}.{}", table.family.name, table.entry) == name);
        let value = resolved.values.iter().find(|value| value.name == name);
        let origin = table.map(|table| &table.origin).or(value.map(|value| &value.origin));
        let origin = origin.cloned().unwrap_or(Origin::Default);
        resolved.problems.push(ConfigProblem { origin, what });
    }
}

fn read_file(file: &ConfigFile, reading: &mut Reading<'_>) {
    match DeTable::parse(&file.text) {
        Ok(table) => walk(table.get_ref(), "", reading),
        Err(error) => reading.problems.push(ConfigProblem {
            origin: Origin::File(
                file.path.clone(),
                error.span().map_or(1, |span| line_of(&file.text, span.start)),
            ),
            what: error.message().to_owned(),
        }),
    }
}

/// What was written for each setting, and where.
type Written = BTreeMap<&'static str, (String, Origin)>;

/// A table of those that users name.
struct WrittenTable {
    family: &'static Family,
    entry: String,
    origin: Origin,
    written: Written,
}

struct Reading<'a> {
    file: &'a ConfigFile,
    written: &'a mut Written,
    tables: &'a mut Vec<WrittenTable>,
    problems: &'a mut Vec<ConfigProblem>,
}

fn walk(table: &DeTable<'_>, prefix: &str, reading: &mut Reading<'_>) {
    for (name, value) in table {
        let path = format!("{prefix}{}", name.get_ref());
        let origin = reading.origin(name);
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
        let family = FAMILIES.iter().find(|family| family.name == path);
        match value.get_ref() {
            DeValue::Table(inner) if family.is_some() => {
                family.into_iter().for_each(|family| walk_family(family, inner, reading));
            }
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

/// Every entry of a table of those that users name.
fn walk_family(family: &'static Family, table: &DeTable<'_>, reading: &mut Reading<'_>) {
    for (entry, value) in table {
        let (origin, path) = (reading.origin(entry), format!("{}.{}", family.name, entry.get_ref()));
        let DeValue::Table(inner) = value.get_ref() else {
            let what = format!("`{path}` is a table: write `[{}.{}]`", family.name, family.entry);
            reading.problems.push(ConfigProblem { origin, what });
            continue;
        };
        let mut written = Written::new();
        for (name, value) in inner {
            let at = reading.origin(name);
            let name = name.get_ref();
            let found = match family.keys.iter().find(|key| key.name == name) {
                Some(key) => text_of(key.kind, value)
                    .map(|text| drop(written.insert(key.name, (text, at.clone()))))
                    .map_err(|fits| format!("`{path}.{name}` takes {fits}")),
                None => {
                    let near = nearest(name, family.keys.iter().map(|key| key.name));
                    Err(format!("there is no setting `{path}.{name}`{near}"))
                }
            };
            if let Err(what) = found {
                reading.problems.push(ConfigProblem { origin: at, what });
            }
        }
        reading.tables.push(WrittenTable { family, entry: entry.get_ref().to_string(), origin, written });
    }
}

impl Reading<'_> {
    fn origin(&self, name: &Spanned<Cow<'_, str>>) -> Origin {
        Origin::File(self.file.path.clone(), line_of(&self.file.text, name.span().start))
    }
}

/// The value as text, if it is of the kind.
fn text_of(kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<String, &'static str> {
    let value = toml::Value::deserialize(toml::de::ValueDeserializer::from(value.clone()));
    match (kind, value) {
        (Kind::Text, Ok(toml::Value::String(text))) => Ok(text),
        (Kind::Texts, Ok(toml::Value::Array(texts))) => {
            let texts: Option<Vec<&str>> = texts.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join("\n")).ok_or("a list of texts in quotes")
        }
        (Kind::Integer, Ok(toml::Value::Integer(number))) => Ok(number.to_string()),
        (Kind::Number, Ok(toml::Value::Integer(number))) => Ok(number.to_string()),
        (Kind::Number, Ok(toml::Value::Float(number))) => Ok(number.to_string()),
        (Kind::Switch, Ok(toml::Value::Boolean(value))) => Ok(value.to_string()),
        (Kind::Text, _) => Err("a text in quotes"),
        (Kind::Texts, _) => Err("a list of texts in quotes"),
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
    fn every_default_fits() {
        for family in FAMILIES {
            for key in family.keys {
                assert_eq!((key.set)(&mut Settings::default(), "x", key.default), Ok(()), "{}", key.name);
            }
        }
    }

    #[test]
    fn tables_have_the_names_that_users_give_them() {
        let settings = check(
            "[gateway.backends.one]\nbase_url = \"http://a/v1\"\nweight = 3\n\
             [gateway.routes.\"org/model-1.5\"]\nbackends = [\"one\"]\n",
            &[],
        );
        assert_eq!(settings.gateway.backends["one"].weight, 3);
        let route = &settings.gateway.routes["org/model-1.5"];
        assert_eq!((route.backends.as_slice(), route.idle_seconds_max), (&["one".to_owned()][..], 60));
        check(
            "[gateway.backends.one]\nbase_ulr = \"http://a/v1\"\n[gateway.routes]\nx = 1\n\
             [gateway.routes.m]\nbackends = [\"two\", 1]\n[gateway.routes.n]\nbackends = [\"two\"]\n",
            &[
                "patou.toml:1: the backend `one` needs a `base_url`",
                "patou.toml:2: there is no setting `gateway.backends.one.base_ulr`; did you mean `base_url`?",
                "patou.toml:4: `gateway.routes.x` is a table: write `[gateway.routes.MODEL]`",
                "patou.toml:5: the route `m` needs `backends`",
                "patou.toml:6: `gateway.routes.m.backends` takes a list of texts in quotes",
                "patou.toml:7: the route `n` names the backend `two`, which is not there",
            ],
        );
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
