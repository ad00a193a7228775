//! Rich text cut into groups, control words, escapes and text.

/// What stands next in rich text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// A control word with its number.
    Word(&'a str, Option<i32>),
    /// A control of one other character.
    Symbol(u8),
    /// A byte written as two hexadecimal digits.
    Hex(u8),
    /// Text, in the encoding that holds there.
    Text(&'a [u8]),
    /// Bytes as they are.
    Binary(&'a [u8]),
}

/// The tokens of a text.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn control(&mut self) -> Token<'a> {
        let rest = &self.bytes[self.at..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if letters == 0 {
            let Some(&symbol) = rest.first() else { return Token::Symbol(b' ') };
            self.at += 1;
            if symbol == b'\'' {
                let digit = |at: usize| rest.get(at).and_then(|byte| (*byte as char).to_digit(16));
                if let (Some(high), Some(low)) = (digit(1), digit(2)) {
                    self.at += 2;
                    return Token::Hex(u8::try_from(high * 16 + low).unwrap_or_default());
                }
            }
            return Token::Symbol(symbol);
        }
        let word = std::str::from_utf8(&rest[..letters]).unwrap_or_default();
        let negative = rest.get(letters) == Some(&b'-');
        let start = letters + usize::from(negative);
        let digits = rest[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = letters;
        let mut number = None;
        if digits > 0 {
            end = start + digits;
            let value: i64 =
                std::str::from_utf8(&rest[start..end]).ok().and_then(|n| n.parse().ok()).unwrap_or(0);
            let value = if negative { -value } else { value };
            number = Some(i32::try_from(value).unwrap_or(0));
        }
        end += usize::from(rest.get(end) == Some(&b' '));
        self.at += end;
        if word == "bin" {
            let count = usize::try_from(number.unwrap_or(0)).unwrap_or(0).min(self.bytes.len() - self.at);
            let start = self.at;
            self.at += count;
            return Token::Binary(&self.bytes[start..self.at]);
        }
        Token::Word(word, number)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            match byte {
                b'{' | b'}' => {
                    self.at += 1;
                    return Some(if byte == b'{' { Token::Open } else { Token::Close });
                }
                b'\\' => {
                    self.at += 1;
                    return Some(self.control());
                }
                b'\r' | b'\n' => self.at += 1,
                _ => {
                    let start = self.at;
                    let rest = &self.bytes[start..];
                    let special = |byte: &u8| matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n');
                    self.at += rest.iter().position(special).unwrap_or(rest.len());
                    return Some(Token::Text(&self.bytes[start..self.at]));
                }
            }
        }
    }
}
