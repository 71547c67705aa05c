//! Label and field selectors, with the server's grammar and error messages.

use serde_json::Value;

use super::go_format::go_quote;
use super::names;
use super::request::Request;
use super::resource::Resource;
use super::status::Refusal;

/// What a request selects of a collection.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    labels: Vec<Requirement>,
    /// Field, whether it must be equal, value.
    fields: Vec<(String, bool, String)>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Selection {
    /// Parses `labelSelector` and `fieldSelector`.
    pub fn of(resource: &Resource, request: &Request) -> Result<Self, Refusal> {
        let labels = Parser::new(request.param("labelSelector").unwrap_or_default()).parse().map_err(Refusal::bad_request)?;
        let fields = fields(resource, request.param("fieldSelector").unwrap_or_default()).map_err(Refusal::bad_request)?;
        Ok(Self { labels, fields })
    }

    /// The one name that a field selector asks for. Authorization takes it into account.
    #[must_use]
    pub fn name(request: &Request) -> &str {
        let terms = request.param("fieldSelector").unwrap_or_default().split(',');
        let named = terms.filter_map(|t| t.strip_prefix("metadata.name=")).next().unwrap_or_default();
        named.strip_prefix('=').unwrap_or(named)
    }

    /// Whether nothing is selected by. Other lists don't say how many items remain.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether an object is selected.
    #[must_use]
    pub fn has(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|r| r.holds(labels.get(&r.key).and_then(Value::as_str)))
            && self.fields.iter().all(|(field, equal, value)| (field_of(object, field) == value) == *equal)
    }
}

fn field_of<'a>(object: &'a Value, field: &str) -> &'a str {
    field.split('.').fold(object, |value, member| &value[member]).as_str().unwrap_or_default()
}

fn fields(resource: &Resource, text: &str) -> Result<Vec<(String, bool, String)>, String> {
    let mut out = Vec::new();
    for term in text.split(',').filter(|term| !term.is_empty()) {
        let found =
            ["!=", "==", "="].iter().filter_map(|op| Some((term.find(op)?, *op))).min_by_key(|(at, op)| (*at, 2 - op.len()));
        let Some((at, op)) = found else {
            return Err(format!("invalid selector: '{text}'; can't understand '{term}'"));
        };
        let (field, value) = (&term[..at], &term[at + op.len()..]);
        if let Some(c) = value.chars().find(|c| matches!(c, '=' | '\\')) {
            return Err(format!("invalid field selector: unescaped character in value: {}", c as u32));
        }
        match resource.field_labels {
            None if !["metadata.name", "metadata.namespace"].contains(&field) => {
                let field = go_quote(field);
                return Err(format!("{field} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""));
            }
            Some(known) if !known.contains(&field) => return Err(format!("field label not supported: {field}")),
            _ => {}
        }
        out.push((field.to_owned(), op != "!=", value.to_owned()));
    }
    Ok(out)
}

impl Requirement {
    fn holds(&self, label: Option<&str>) -> bool {
        let number = || label.and_then(|l| l.parse::<i64>().ok());
        match &self.test {
            Test::Exists => label.is_some(),
            Test::Absent => label.is_none(),
            Test::In(values) => label.is_some_and(|l| values.iter().any(|v| v == l)),
            Test::NotIn(values) => label.is_none_or(|l| values.iter().all(|v| v != l)),
            Test::Greater(than) => number().is_some_and(|n| n > *than),
            Test::Less(than) => number().is_some_and(|n| n < *than),
        }
    }
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
}

const SYMBOLS: [&str; 10] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<", ""];

impl Parser {
    fn new(text: &str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let symbol = SYMBOLS.iter().find(|s| !s.is_empty() && rest.starts_with(**s));
            let len = symbol.map_or_else(
                || rest.find(|c: char| c.is_whitespace() || "=!(),<>".contains(c)).unwrap_or(rest.len()),
                |s| s.len(),
            );
            tokens.push(rest[..len].to_owned());
            rest = rest[len..].trim_start();
        }
        Self { tokens, at: 0 }
    }

    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let token = self.peek().to_owned();
        self.at += 1;
        token
    }

    fn parse(mut self) -> Result<Vec<Requirement>, String> {
        let mut out = Vec::new();
        loop {
            match self.peek() {
                "" => return Ok(out),
                token if token == "!" || is_word(token) => {
                    out.push(self.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?);
                    match self.next().as_str() {
                        "" => return Ok(out),
                        "," => {
                            let token = self.peek();
                            if token != "!" && !is_word(token) {
                                return Err(format!("found '{token}', expected: identifier after ','"));
                            }
                        }
                        token => return Err(format!("found '{token}', expected: ',' or 'end of string'")),
                    }
                }
                token => return Err(format!("found '{token}', expected: !, identifier, or 'end of string'")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == "!";
        if absent {
            self.next();
        }
        let key = self.next();
        if key.is_empty() || !is_word(&key) {
            return Err(format!("found '{key}', expected: identifier"));
        }
        if let Some(fault) = names::qualified_name(&key).first() {
            return Err(format!("<nil>: Invalid value: {}: {fault}", go_quote(&key)));
        }
        if absent {
            return Ok(Requirement { key, test: Test::Absent });
        }
        let test = match self.peek() {
            "" | "," => Test::Exists,
            _ => {
                let operator = self.next();
                let values = match operator.as_str() {
                    "in" | "notin" => self.values()?,
                    "=" | "==" | "!=" | ">" | "<" => vec![self.exact()],
                    other => return Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
                };
                for (i, value) in values.iter().enumerate() {
                    if let Some(fault) = names::label_value(value).first() {
                        return Err(format!("values[{i}][{key}]: Invalid value: {}: {fault}", go_quote(value)));
                    }
                }
                let number = || {
                    let text = values.first().map_or("", String::as_str);
                    let why = "for 'Gt', 'Lt' operators, the value must be an integer";
                    text.parse().map_err(|_| format!("values[0]: Invalid value: {}: {why}", go_quote(text)))
                };
                match operator.as_str() {
                    ">" => Test::Greater(number()?),
                    "<" => Test::Less(number()?),
                    "notin" | "!=" => Test::NotIn(values),
                    _ => Test::In(values),
                }
            }
        };
        Ok(Requirement { key, test })
    }

    /// The value after an operator. It may be missing, which means the empty string.
    fn exact(&mut self) -> String {
        if is_word(self.peek()) { self.next() } else { String::new() }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.next();
        if open != "(" {
            return Err(format!("found '{open}' expected: '('"));
        }
        let mut out = vec![self.exact()];
        loop {
            match self.next().as_str() {
                ")" => return Ok(out),
                "," => out.push(self.exact()),
                other => return Err(format!("found '{other}', expected: ',' or ')'")),
            }
        }
    }
}

fn is_word(token: &str) -> bool {
    !token.is_empty() && !SYMBOLS.contains(&token)
}
