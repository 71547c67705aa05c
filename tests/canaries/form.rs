//! How a canary is written where it is planted: whole, in parts, between other words, encoded, or broken over lines.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use testkit::Rng;

/// One way to write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Alone.
    Whole,
    /// Between other words.
    Embedded,
    /// Between other letters, without a break.
    Glued,
    /// Eight to twelve bytes of it.
    Slice,
    /// In base64, behind so many other bytes.
    Base64(usize),
    /// In base64 as URLs have it.
    Base64Url,
    /// In hexadecimal.
    Hex,
    /// In hexadecimal, with capitals.
    HexUpper,
    /// As a URL has it.
    Percent,
    /// Every byte as `%XX`.
    PercentAll,
    /// As JSON has it.
    Json,
    /// Every byte as `\u00XX`.
    JsonAll,
    /// With one line break somewhere inside.
    Broken,
    /// Twelve bytes of it, with a line break in the middle: neither half is a slice by itself.
    BrokenSlice,
}

/// All of them; what is met most stands first.
pub const FORMS: [Form; 16] = [
    Form::Whole,
    Form::Embedded,
    Form::Glued,
    Form::Slice,
    Form::Base64(0),
    Form::Base64(1),
    Form::Base64(2),
    Form::Base64Url,
    Form::Hex,
    Form::HexUpper,
    Form::Percent,
    Form::PercentAll,
    Form::Json,
    Form::JsonAll,
    Form::Broken,
    Form::BrokenSlice,
];

impl Form {
    /// Half of the time one of the first three.
    pub fn any(rng: &mut Rng) -> Self {
        if rng.one_in(2) { FORMS[rng.index(3)] } else { FORMS[3 + rng.index(FORMS.len() - 3)] }
    }

    /// Whether the whole secret stands there as it is.
    pub fn is_clear(self) -> bool {
        matches!(self, Self::Whole | Self::Embedded | Self::Glued)
    }

    /// Writes it.
    pub fn write(self, secret: &str, rng: &mut Rng) -> String {
        let each = |part: &dyn Fn(u8) -> String| secret.bytes().map(part).collect::<String>();
        match self {
            Self::Whole => secret.to_owned(),
            Self::Embedded => format!("see {secret}, please"),
            Self::Glued => format!("x.{secret}.y"),
            Self::Slice => {
                let length = 8 + rng.index(5);
                let start = rng.index(secret.len() - length);
                secret[start..start + length].to_owned()
            }
            Self::Base64(skipped) => STANDARD.encode(format!("{}{secret}.", &"id:"[..skipped])),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(secret),
            Self::Hex => each(&|byte| format!("{byte:02x}")),
            Self::HexUpper => each(&|byte| format!("{byte:02X}")),
            Self::Percent => each(&|byte| {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            }),
            Self::PercentAll => each(&|byte| format!("%{byte:02x}")),
            Self::Json => serde_json::Value::from(secret).to_string().trim_matches('"').to_owned(),
            Self::JsonAll => each(&|byte| format!("\\u{byte:04x}")),
            Self::Broken => {
                let at = 1 + rng.index(secret.len() - 1);
                format!("{}{}{}", &secret[..at], rng.choose(&["\n", "\r\n", "\n    "]), &secret[at..])
            }
            Self::BrokenSlice => {
                let start = rng.index(secret.len() - 12);
                format!("{}\n{}", &secret[start..start + 6], &secret[start + 6..start + 12])
            }
        }
    }
}
