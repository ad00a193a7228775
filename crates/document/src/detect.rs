//! Which format a file is of.

use std::fmt;

use serde::Serialize;

/// A programming language with a grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeLanguage {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C.
    C,
    /// HCL, the language of Terraform.
    Hcl,
    /// YAML.
    Yaml,
    /// A language without a grammar here: cut at lines.
    Other,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
    /// HTML.
    Html,
    /// One JSON value.
    Json,
    /// Comma-, semicolon-, tab- or bar-separated values.
    Csv,
    /// Source code.
    Code(CodeLanguage),
}

/// File name endings and what they are. To add one: a line here.
const ENDINGS: &[(&str, Format)] = &[
    ("md", Format::Markdown),
    ("markdown", Format::Markdown),
    ("mdx", Format::Markdown),
    ("txt", Format::Text),
    ("text", Format::Text),
    ("log", Format::Text),
    ("html", Format::Html),
    ("htm", Format::Html),
    ("xhtml", Format::Html),
    ("json", Format::Json),
    ("csv", Format::Csv),
    ("tsv", Format::Csv),
    ("rs", Format::Code(CodeLanguage::Rust)),
    ("py", Format::Code(CodeLanguage::Python)),
    ("js", Format::Code(CodeLanguage::JavaScript)),
    ("mjs", Format::Code(CodeLanguage::JavaScript)),
    ("cjs", Format::Code(CodeLanguage::JavaScript)),
    ("jsx", Format::Code(CodeLanguage::JavaScript)),
    ("ts", Format::Code(CodeLanguage::TypeScript)),
    ("mts", Format::Code(CodeLanguage::TypeScript)),
    ("tsx", Format::Code(CodeLanguage::Tsx)),
    ("go", Format::Code(CodeLanguage::Go)),
    ("java", Format::Code(CodeLanguage::Java)),
    ("c", Format::Code(CodeLanguage::C)),
    ("h", Format::Code(CodeLanguage::C)),
    ("hcl", Format::Code(CodeLanguage::Hcl)),
    ("tf", Format::Code(CodeLanguage::Hcl)),
    ("tfvars", Format::Code(CodeLanguage::Hcl)),
    ("yaml", Format::Code(CodeLanguage::Yaml)),
    ("yml", Format::Code(CodeLanguage::Yaml)),
    ("toml", Format::Code(CodeLanguage::Other)),
    ("ini", Format::Code(CodeLanguage::Other)),
    ("cfg", Format::Code(CodeLanguage::Other)),
    ("conf", Format::Code(CodeLanguage::Other)),
    ("properties", Format::Code(CodeLanguage::Other)),
    ("xml", Format::Code(CodeLanguage::Other)),
    ("sql", Format::Code(CodeLanguage::Other)),
    ("sh", Format::Code(CodeLanguage::Other)),
    ("bash", Format::Code(CodeLanguage::Other)),
    ("ps1", Format::Code(CodeLanguage::Other)),
    ("bicep", Format::Code(CodeLanguage::Other)),
    ("cpp", Format::Code(CodeLanguage::Other)),
    ("cc", Format::Code(CodeLanguage::Other)),
    ("hpp", Format::Code(CodeLanguage::Other)),
    ("cs", Format::Code(CodeLanguage::Other)),
    ("kt", Format::Code(CodeLanguage::Other)),
    ("swift", Format::Code(CodeLanguage::Other)),
    ("rb", Format::Code(CodeLanguage::Other)),
    ("php", Format::Code(CodeLanguage::Other)),
    ("lua", Format::Code(CodeLanguage::Other)),
    ("r", Format::Code(CodeLanguage::Other)),
    ("scala", Format::Code(CodeLanguage::Other)),
    ("css", Format::Code(CodeLanguage::Other)),
    ("proto", Format::Code(CodeLanguage::Other)),
    ("graphql", Format::Code(CodeLanguage::Other)),
];

/// Names without an ending that are known to be text.
const NAMES: &[(&str, Format)] = &[
    ("readme", Format::Markdown),
    ("license", Format::Text),
    ("notice", Format::Text),
    ("changelog", Format::Text),
    ("dockerfile", Format::Code(CodeLanguage::Other)),
    ("makefile", Format::Code(CodeLanguage::Other)),
    ("jenkinsfile", Format::Code(CodeLanguage::Other)),
];

/// How many bytes are looked at to tell text from anything else.
const SNIFF_BYTES: usize = 4096;

impl Format {
    /// The name that reports and filters use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Html => "html",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Code(language) => language.as_str(),
        }
    }
}

impl CodeLanguage {
    /// The name that reports and filters use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::Tsx => "tsx",
            Self::Go => "go",
            Self::Java => "java",
            Self::C => "c",
            Self::Hcl => "hcl",
            Self::Yaml => "yaml",
            Self::Other => "code",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Format {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The format of a file by its name and first bytes; `None` when nothing here reads it.
pub fn detect(name: &str, bytes: &[u8]) -> Option<Format> {
    let start = &bytes[..bytes.len().min(SNIFF_BYTES)];
    let wide = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    if start.contains(&0) && !wide {
        return None;
    }
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase();
    if let Some((stem, ending)) = name.rsplit_once('.')
        && !stem.is_empty()
    {
        return ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format);
    }
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide_and_zero_bytes_refuse() {
        let name = |name| detect(name, b"x").map(Format::as_str);
        assert_eq!(name("a/B.MD"), Some("markdown"));
        assert_eq!(name("main.tf"), Some("hcl"));
        assert_eq!(name("Dockerfile"), Some("code"));
        assert_eq!(name("photo.png"), None);
        assert_eq!(name(".hidden"), None);
        assert_eq!(detect("a.txt", b"a\0b"), None);
        assert_eq!(detect("a.txt", b"\xff\xfea\0"), Some(Format::Text));
    }
}
