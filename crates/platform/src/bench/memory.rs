//! How much memory this process holds, as the system tells it.

#![expect(clippy::disallowed_methods, reason = "this module reads the process's own status")]

/// Resident memory in MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resident {
    /// Its own.
    pub own_mib: u64,
    /// Of mapped files, which the system takes back as it likes.
    pub mapped_mib: u64,
}

/// What this process holds now; `None` where the system does not tell.
pub(super) fn resident() -> Option<Resident> {
    parse(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn parse(status: &str) -> Option<Resident> {
    let mib = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
    };
    Some(Resident { own_mib: mib("RssAnon:")?, mapped_mib: mib("RssFile:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_tells_both_kinds() {
        let status = "VmRSS:\t  9000 kB\nRssAnon:\t    2048 kB\nRssFile:\t    4096 kB\n";
        assert_eq!(parse(status), Some(Resident { own_mib: 2, mapped_mib: 4 }));
        assert_eq!(parse("VmRSS: 1 kB"), None);
    }
}
