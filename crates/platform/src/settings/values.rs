//! How settings are read from what was written.

use provider::EncoderPrecision;
use rag::{DuplicatePolicy, Mode};

use super::{Auth, Settings, StackName};
use crate::extraction::OcrEngine;

/// Reads a search mode as flags and configuration write it.
pub(super) fn mode_from(value: &str) -> Result<Mode, String> {
    match value {
        "hybrid" => Ok(Mode::Hybrid),
        "dense" => Ok(Mode::Dense),
        "lexical" => Ok(Mode::Lexical),
        _ => Err("`hybrid`, `dense` or `lexical`".into()),
    }
}

pub(super) fn set_auth(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.server.auth = choose(value, Auth::NAMES)?;
    Ok(())
}

pub(super) fn set_stack(settings: &mut Settings, value: &str) -> Result<(), String> {
    match value {
        "embedded" => settings.stack = StackName::Embedded,
        "selfhosted" => settings.stack = StackName::SelfHosted,
        _ => return Err("`embedded` or `selfhosted`".into()),
    }
    Ok(())
}

pub(super) fn set_precision(settings: &mut Settings, value: &str) -> Result<(), String> {
    let precisions = [EncoderPrecision::Int8, EncoderPrecision::Fp32];
    let precision = precisions.into_iter().find(|precision| precision.name() == value);
    settings.encoder_precision = precision.ok_or("`int8` or `fp32`")?;
    Ok(())
}

pub(super) fn set_duplicates(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.duplicates = choose(value, DuplicatePolicy::NAMES)?;
    Ok(())
}

pub(super) fn set_ocr_engine(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.ocr.engine = choose(value, &OcrEngine::NAMES)?;
    Ok(())
}

/// Sets how long one picture may take as a whole, pauses included.
pub(super) fn set_ocr_seconds(settings: &mut Settings, value: &str) -> Result<(), String> {
    put(&mut settings.ocr.server.first_seconds_max, value, 1..=3600)?;
    settings.ocr.server.idle_seconds_max = settings.ocr.server.first_seconds_max;
    Ok(())
}

pub(super) fn set_endpoint(settings: &mut Settings, value: &str) -> Result<(), String> {
    if !value.starts_with("http://") && !value.starts_with("https://") {
        return Err("a URL that starts with `https://` or `http://`".into());
    }
    settings.hf_endpoint = value.trim_end_matches('/').to_owned();
    Ok(())
}

/// Takes one of these names; the error tells them all.
pub(super) fn choose<T: Copy>(value: &str, names: &[(&str, T)]) -> Result<T, String> {
    let named = names.iter().find(|(name, _)| *name == value).map(|(_, named)| *named);
    named.ok_or_else(|| {
        let all: Vec<String> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
        match all.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    })
}

/// Takes a URL, or nothing for none.
pub(super) fn put_url(place: &mut String, value: &str) -> Result<(), String> {
    if !value.is_empty() && !value.starts_with("http://") && !value.starts_with("https://") {
        return Err("a URL that starts with `https://` or `http://`".into());
    }
    value.trim_end_matches('/').clone_into(place);
    Ok(())
}

pub(super) fn put_text(place: &mut String, value: &str) -> Result<(), String> {
    value.clone_into(place);
    Ok(())
}

pub(super) fn put<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    place: &mut T,
    value: &str,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), String> {
    match value.parse() {
        Ok(value) if range.contains(&value) => {
            *place = value;
            Ok(())
        }
        _ => Err(format!("a number from {} to {}", range.start(), range.end())),
    }
}
