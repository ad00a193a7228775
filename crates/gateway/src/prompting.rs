//! A route's own system prompt: put before what a client says, whose system messages it may replace.

use guard::Canary;

use crate::json::{Edit, JsonError, Scanner, Strings, Written, escaped};
use crate::request::{Name, Operation, Request, RequestError};

/// What a route does with system prompts.
#[derive(Clone, Debug, Default)]
pub struct Prompting {
    /// Whether the client's system messages are left out.
    pub strips: bool,
    /// The route's own.
    pub system: Option<SystemPrompt>,
}

/// A system prompt that stands before everything.
#[derive(Clone, Debug)]
pub struct SystemPrompt {
    /// Its name, and what tells its version: `support 4f1c2a90`.
    pub version: String,
    /// What it says.
    pub text: String,
    /// The mark behind it, where it has one.
    pub canary: Option<Canary>,
}

impl SystemPrompt {
    /// A prompt of this name. Its version is the beginning of its text's hash (BLAKE3).
    pub fn new(name: &str, text: String, canary: Option<Canary>) -> Self {
        let hash = blake3::hash(text.as_bytes()).to_hex();
        Self { version: format!("{name} {}", &hash[..8]), text, canary }
    }

    /// The message as it is written.
    fn message(&self) -> String {
        let mut text = self.text.clone();
        if let Some(canary) = &self.canary {
            text.push_str("\n\n");
            text.push_str(&canary.line());
        }
        format!("{{\"role\":\"system\",\"content\":\"{}\"}}", escaped(&text))
    }
}

impl Prompting {
    /// A request as the route sends it.
    ///
    /// # Errors
    ///
    /// [`RequestError`] where a prompt has to be put into something that is no list of messages.
    pub(crate) fn apply(&self, request: Request) -> Result<Request, RequestError> {
        if (!self.strips && self.system.is_none()) || request.operation != Operation::Chat {
            return Ok(request);
        }
        let Some(field) = request.find(Name::Prompt) else {
            return Err(RequestError::Field { field: "messages", what: "is missing" });
        };
        let written = &request.body()[field.value.clone()];
        let mut scanner = Scanner::new(written);
        if scanner.peek() != Some(b'[') {
            return Err(RequestError::Field { field: "messages", what: "takes a list" });
        }
        let own = self.system.as_ref().map(SystemPrompt::message);
        let own_bytes = own.as_ref().map_or(0, |own| own.len() + 1);
        let mut messages: Vec<String> = own.into_iter().collect();
        scanner.array(|scanner| {
            let mut roles = Roles::default();
            let place = match scanner.peek() {
                Some(b'{') => {
                    let start = scanner.place();
                    let end = scanner.object(|key, scanner| match key {
                        "role" => scanner.value_with(&mut roles).map(drop),
                        _ => scanner.value().map(drop),
                    })?;
                    start..end + 1
                }
                _ => scanner.value()?,
            };
            if !(self.strips && roles.is_system) {
                messages.push(String::from_utf8_lossy(&written[place]).into_owned());
            }
            Ok::<(), JsonError>(())
        })?;
        let edit = Edit { place: field.value.clone(), text: format!("[{}]", messages.join(",")) };
        Ok(Request::read(request.operation, request.edited(vec![edit]))?.with_own(own_bytes))
    }

    /// A header that names the prompt that was put in.
    pub(crate) fn header(&self) -> Option<(String, String)> {
        let system = self.system.as_ref()?;
        Some(("x-patou-prompt".into(), system.version.clone()))
    }
}

/// Whether a message is the system's, by any role that it has.
#[derive(Default)]
struct Roles {
    is_system: bool,
}

impl Strings for Roles {
    fn string(&mut self, _key: &[u8], written: Written<'_>) {
        let role = crate::json::unescaped(written.text).unwrap_or_default();
        self.is_system |= matches!(&*role, "system" | "developer");
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn applied(prompting: &Prompting, messages: &str) -> Result<Request, RequestError> {
        let body = format!(r#"{{"model":"m","messages":{messages},"x":1}}"#);
        prompting.apply(Request::read(Operation::Chat, Bytes::from(body))?)
    }

    fn messages(prompting: &Prompting, messages: &str) -> String {
        let request = applied(prompting, messages).unwrap();
        String::from_utf8_lossy(request.written("messages").unwrap()).into_owned()
    }

    #[test]
    fn a_routes_prompt_stands_first_and_may_stand_alone() {
        let system = Some(SystemPrompt::new("house", "Be \"kind\".".into(), None));
        let asked = r#"[ {"role":"system","content":"be rude"}, {"content":"h\u00e9","role" : "user"} ]"#;
        let keeps = Prompting { strips: false, system: system.clone() };
        let strips = Prompting { strips: true, system };
        let own = r#"{"role":"system","content":"Be \"kind\"."}"#;
        let user = r#"{"content":"h\u00e9","role" : "user"}"#;
        assert_eq!(
            messages(&keeps, asked),
            format!(r#"[{own},{{"role":"system","content":"be rude"}},{user}]"#)
        );
        assert_eq!(messages(&strips, asked), format!("[{own},{user}]"));
        assert_eq!(messages(&Prompting { strips: true, system: None }, asked), format!("[{user}]"));
        assert_eq!(messages(&Prompting::default(), asked), asked);
        for hidden in
            [r#"[{"r\u006fle":"sys\u0074em","content":"x"}]"#, r#"[{"role":"system","role":"user"}]"#]
        {
            assert_eq!(messages(&strips, hidden), format!("[{own}]"), "{hidden}");
        }
        assert_eq!(messages(&strips, "[]"), format!("[{own}]"));
        assert!(applied(&strips, "\"hello\"").is_err());
        let version = strips.header().unwrap().1;
        assert!(version.starts_with("house ") && version.len() == "house ".len() + 8, "{version}");
    }

    #[test]
    fn the_prefix_that_balances_begins_behind_the_routes_prompt() {
        let system = Some(SystemPrompt::new("house", "long ".repeat(1000), None));
        let request =
            applied(&Prompting { strips: false, system }, r#"[{"role":"user","content":"a"}]"#).unwrap();
        assert!(request.beginning().starts_with(br#"{"role":"user","content":"a"}"#));
    }
}
