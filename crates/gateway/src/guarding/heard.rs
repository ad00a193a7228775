//! What an event of a stream says, by the strings that grow with it.

use crate::chunk::NOT_WRITTEN;
use crate::json::{JsonError, Place, Scanner, Strings, Written};
use crate::request::MEDIA;

/// Which string it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LaneName {
    pub choice: u64,
    /// The call it is an argument of.
    pub call: Option<u64>,
    pub key: String,
}

/// A piece of a string.
#[derive(Debug)]
pub(super) struct Piece {
    pub name: LaneName,
    pub place: Place,
}

/// What an event says.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub pieces: Vec<Piece>,
    pub logprobs: Vec<Place>,
    /// Choices that end.
    pub ended: Vec<u64>,
}

/// What an event says, by lanes.
pub(super) fn heard(data: &[u8]) -> Result<Heard, JsonError> {
    let mut heard = Heard::default();
    let mut scanner = Scanner::new(data);
    scanner.object(|key, scanner| match key {
        "choices" if scanner.peek() == Some(b'[') => scanner.array(|scanner| heard.choice(scanner, data)),
        _ => scanner.value().map(drop),
    })?;
    scanner.end()?;
    Ok(heard)
}

impl Heard {
    fn choice(&mut self, scanner: &mut Scanner<'_>, data: &[u8]) -> Result<(), JsonError> {
        if scanner.peek() != Some(b'{') {
            return scanner.value().map(drop);
        }
        let first = self.pieces.len();
        let (mut index, mut is_end) = (0, false);
        scanner.object(|key, scanner| {
            match key {
                "index" => index = number(&data[scanner.value()?]),
                "finish_reason" => {
                    is_end |= scanner.peek() == Some(b'"');
                    scanner.value()?;
                }
                "logprobs" => {
                    let place = scanner.value()?;
                    if &data[place.clone()] != b"null" {
                        self.logprobs.push(place);
                    }
                }
                "delta" | "message" if scanner.peek() == Some(b'{') => self.delta(scanner, data)?,
                _ => {
                    scanner.value()?;
                }
            }
            Ok::<(), JsonError>(())
        })?;
        self.pieces[first..].iter_mut().for_each(|piece| piece.name.choice = index);
        self.ended.extend(is_end.then_some(index));
        Ok(())
    }

    fn delta(&mut self, scanner: &mut Scanner<'_>, data: &[u8]) -> Result<(), JsonError> {
        scanner
            .object(|key, scanner| match key {
                "tool_calls" if scanner.peek() == Some(b'[') => {
                    scanner.array(|scanner| self.call(scanner, data))
                }
                key => {
                    let key = key.to_owned();
                    scanner.value_with(&mut Hearing { call: None, key: Some(key), heard: self }).map(drop)
                }
            })
            .map(drop)
    }

    fn call(&mut self, scanner: &mut Scanner<'_>, data: &[u8]) -> Result<(), JsonError> {
        if scanner.peek() != Some(b'{') {
            return scanner.value().map(drop);
        }
        let first = self.pieces.len();
        let mut index = 0;
        scanner.object(|key, scanner| match key {
            "index" => {
                index = number(&data[scanner.value()?]);
                Ok(())
            }
            _ => scanner.value_with(&mut Hearing { call: Some(0), key: None, heard: self }).map(drop),
        })?;
        self.pieces[first..].iter_mut().for_each(|piece| piece.name.call = Some(index));
        Ok(())
    }
}

/// Takes down pieces.
struct Hearing<'a> {
    call: Option<u64>,
    /// The key of the delta that a piece is under, where that names its lane.
    key: Option<String>,
    heard: &'a mut Heard,
}

impl Strings for Hearing<'_> {
    fn string(&mut self, key: &[u8], written: Written<'_>) {
        let top = self.key.as_ref().map(|key| key.as_bytes());
        let is_not = |key: &[u8]| NOT_WRITTEN.contains(&key) || MEDIA.contains(&key) || key == b"name";
        if written.text.is_empty() || is_not(key) || top.is_some_and(is_not) {
            return;
        }
        let key = self.key.clone().unwrap_or_else(|| String::from_utf8_lossy(key).into_owned());
        let name = LaneName { choice: 0, call: self.call, key };
        self.heard.pieces.push(Piece { name, place: written.place });
    }
}

fn number(written: &[u8]) -> u64 {
    std::str::from_utf8(written).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
