//! `robots.txt` as RFC 9309 has it: which paths of a host may be asked for, and how slowly.

use std::time::Duration;

/// The longest `robots.txt` that is read, in bytes; RFC 9309 asks for at least 500 KiB.
pub(super) const BYTES_MAX: usize = 512 << 10;
/// Rules beyond so many are left out, the ones that forbid last of all: none is, since all is forbidden then.
const RULES_MAX: usize = 10_000;

/// What a host allows this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Robots {
    rules: Vec<Rule>,
    delay_ms: Option<u64>,
    /// Sitemaps that the file names.
    pub sitemaps: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: String,
}

impl Robots {
    /// A host that forbids everything: where its file cannot be had because the server is broken.
    pub(super) fn closed() -> Self {
        Self { rules: vec![Rule { allow: false, pattern: "/".into() }], ..Self::default() }
    }

    /// Reads the file. Groups that name `agent` count; where there is none, those for `*`.
    pub(super) fn parse(bytes: &[u8], agent: &str) -> Self {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(BYTES_MAX)]);
        let (mut own, mut any, mut sitemaps) = (None, None, Vec::new());
        let (mut in_own, mut in_any, mut agents_open) = (false, false, false);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if !agents_open {
                    (in_own, in_any) = (false, false);
                }
                agents_open = true;
                in_any |= value == "*";
                in_own |= names(value, agent);
                if in_own {
                    own.get_or_insert_with(Self::default);
                }
                continue;
            }
            if key == "sitemap" {
                sitemaps.push(value.to_owned());
                continue;
            }
            agents_open = false;
            if in_own {
                own.get_or_insert_with(Self::default).take(&key, value);
            }
            if in_any {
                any.get_or_insert_with(Self::default).take(&key, value);
            }
        }
        let mut robots: Self = own.or(any).unwrap_or_default();
        robots.sitemaps = sitemaps;
        robots
    }

    fn take(&mut self, key: &str, value: &str) {
        match key {
            "allow" | "disallow" if value.is_empty() => {}
            "allow" | "disallow" if self.rules.len() >= RULES_MAX => *self = Self::closed(),
            "allow" | "disallow" => {
                self.rules.push(Rule { allow: key == "allow", pattern: value.to_owned() });
            }
            "crawl-delay" => {
                let seconds = value.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0);
                let ms = seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
                self.delay_ms = ms.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
            }
            _ => {}
        }
    }

    /// Whether a path with its query may be asked for. The longest pattern decides; of two as long, the one that
    /// allows.
    pub(super) fn allows(&self, path: &str) -> bool {
        let fitting = self.rules.iter().filter(|rule| fits(&rule.pattern, path));
        fitting.max_by_key(|rule| (rule.pattern.len(), rule.allow)).is_none_or(|rule| rule.allow)
    }

    /// How long to wait between two requests: as the host asks, and no longer than `delay_max`.
    pub(super) fn delay(&self, delay_max: Duration) -> Duration {
        self.delay_ms.map_or(Duration::ZERO, Duration::from_millis).min(delay_max)
    }
}

/// Whether a group's name is that of `agent`: letters alone count, in either case.
fn names(value: &str, agent: &str) -> bool {
    let token = value.split(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_').next();
    token.is_some_and(|token| !token.is_empty() && token.eq_ignore_ascii_case(agent))
}

/// Whether a path begins as the pattern says; `*` stands for anything, and `$` at the end for the end. Takes time
/// in the length of both: pieces between stars are found from left to right, and none is looked for twice.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let mut last_was_star = false;
    let pieces: Vec<&str> = pieces.collect();
    for (place, piece) in pieces.iter().enumerate() {
        last_was_star = piece.is_empty();
        if to_the_end && place + 1 == pieces.len() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    !to_the_end || rest.is_empty() || last_was_star
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, path: &str, allowed: bool) {
        assert_eq!(Robots::parse(file.as_bytes(), "patou").allows(path), allowed, "{path} of\n{file}");
    }

    #[test]
    fn the_group_for_us_comes_before_that_for_all() {
        let file = "User-agent: *\nDisallow: /\n\nUser-Agent: Patou/1.0\nuser-agent: other\nDisallow: /private # no\n";
        check(file, "/docs", true);
        check(file, "/private/a", false);
        check("User-agent: *\nDisallow: /a\n", "/a/b", false);
        check("User-agent: other\nDisallow: /\n", "/a", true);
        check("User-agent: patou\nDisallow:\n\nUser-agent: *\nDisallow: /\n", "/a", true);
        check("", "/a", true);
    }

    #[test]
    fn the_longest_pattern_decides() {
        let file = "User-agent: *\nAllow: /docs\nDisallow: /\nDisallow: /docs/old\nAllow: /docs/old\n";
        check(file, "/docs/new", true);
        check(file, "/docs/old", true);
        check(file, "/other", false);
    }

    #[test]
    fn stars_and_ends() {
        for (pattern, path, fitting) in [
            ("/*.pdf$", "/a/b.pdf", true),
            ("/*.pdf$", "/a/b.pdf?x", false),
            ("/*.pdf", "/a/b.pdf?x", true),
            ("/a*c*e", "/abcde", true),
            ("/a*c*e", "/abce", true),
            ("/a*e*c", "/abce", false),
            ("/fish*", "/fish", true),
            ("/a$", "/a", true),
            ("/a$", "/ab", false),
            ("/*$", "/x", true),
            ("*", "/", true),
            ("/aa*aa$", "/aaa", false),
        ] {
            assert_eq!(fits(pattern, path), fitting, "{pattern} on {path}");
        }
        let stars = "*a".repeat(5000);
        assert!(!fits(&stars, &"a".repeat(4999)), "many stars take no time");
    }

    #[test]
    fn a_delay_is_bounded() {
        let delay = |text: &str| {
            let file = format!("user-agent: *\ncrawl-delay: {text}\n");
            Robots::parse(file.as_bytes(), "patou").delay(Duration::from_secs(10))
        };
        assert_eq!(delay("0.5"), Duration::from_millis(500));
        assert_eq!(delay("1e300"), Duration::from_secs(10));
        assert_eq!(delay("-1"), Duration::ZERO);
        assert_eq!(delay("nan"), Duration::ZERO);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>, path: String) {
            let _ = Robots::parse(&bytes, "patou").allows(&path);
        }
    }
}
