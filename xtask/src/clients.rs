//! Installs what tests drive or compare with: Chromium, poppler's `pdftotext`, Tesseract, Redis, npm and Python packages.

#![expect(clippy::disallowed_methods, reason = "this module keeps packages outside the clone")]

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::machine::Machine;
use crate::repository;

/// The lists of packages, below the root.
const LISTS: [&str; 3] =
    ["xtask/clients/package.json", "xtask/clients/package-lock.json", "xtask/clients/requirements.txt"];
/// Debian's packages, and the program that each of them has.
const DEBIAN: [(&str, &[&str]); 4] = [
    ("/usr/bin/chromium", &["chromium", "fonts-liberation"]),
    ("/usr/bin/pdftotext", &["poppler-utils"]),
    ("/usr/bin/tesseract", &["tesseract-ocr"]),
    ("/usr/bin/redis-server", &["redis-server"]),
];

/// Installs everything; costs nothing where that was done before.
///
/// # Errors
///
/// When a part cannot be installed; the message says which.
pub fn install(machine: &Machine) -> Result<()> {
    for (program, packages) in DEBIAN {
        debian(machine, program, packages)?;
    }
    let folder = machine.clients();
    let wanted: String = LISTS.iter().map(|list| repository::read(machine, list)).collect();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    for list in LISTS {
        let name = list.rsplit('/').next().unwrap_or(list);
        fs::write(folder.join(name), repository::read(machine, list))
            .with_context(|| format!("cannot write `{name}` into `{}`", folder.display()))?;
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let npm = machine.program("npm").arguments(&[
        "ci",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--omit=optional",
    ]);
    npm.arguments(&["--prefix", &text(&folder)]).read()?;
    machine.program("python3").arguments(&["-m", "venv", &text(&folder.join("venv"))]).read()?;
    let pip = machine.program(folder.join("venv/bin/python")).arguments(&["-m", "pip", "install", "--quiet"]);
    pip.arguments(&["--disable-pip-version-check", "-r", &text(&folder.join("requirements.txt"))]).read()?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write `{}`", stamp.display()))
}

fn debian(machine: &Machine, program: &str, packages: &[&str]) -> Result<()> {
    if Path::new(program).exists() {
        return Ok(());
    }
    let name = packages.first().copied().unwrap_or_default();
    let apt = |words: &[&str]| {
        machine.program("apt-get").with("DEBIAN_FRONTEND", "noninteractive").arguments(words).read()
    };
    apt(&["update", "-qq"]).with_context(|| format!("cannot look for Debian's package `{name}`"))?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())
        .with_context(|| format!("cannot install Debian's package `{name}`: install it by hand"))?;
    if !Path::new(program).exists() {
        bail!("Debian's package `{name}` left no `{program}`");
    }
    Ok(())
}
