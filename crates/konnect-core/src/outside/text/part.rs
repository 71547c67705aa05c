//! What can stand in a message: another message, a text from outside, and what can't hold anybody's text.

use std::borrow::Cow;

use super::super::Outside;
use super::{Piece, Text};

/// What can be a part of a message. Not for `String` nor for borrowed text: those must be marked as [`Outside`] first.
pub trait Part {
    /// The part as a message of its own.
    fn text(&self) -> Text;
}

impl<T: Part + ?Sized> Part for &T {
    fn text(&self) -> Text {
        (**self).text()
    }
}

impl Part for &'static str {
    fn text(&self) -> Text {
        Text::from(*self)
    }
}

impl Part for Outside {
    fn text(&self) -> Text {
        self.into()
    }
}

impl Part for Text {
    fn text(&self) -> Text {
        self.clone()
    }
}

/// What can't hold anybody's text.
macro_rules! own {
    ($($kind:ty),*) => { $(
        impl Part for $kind {
            fn text(&self) -> Text {
                Text(vec![Piece::Own(Cow::Owned(self.to_string()))])
            }
        }
    )* };
}

own!(u8, u16, u32, u64, u128, usize, i64, std::process::ExitStatus, jiff::Timestamp);

/// In the words that every shell uses, where Rust has others.
impl Part for std::io::ErrorKind {
    fn text(&self) -> Text {
        match self {
            Self::NotFound => "no such file or directory".into(),
            Self::AlreadyExists => "file exists".into(),
            Self::InvalidFilename => "file name too long".into(),
            other => Text(vec![Piece::Own(Cow::Owned(other.to_string()))]),
        }
    }
}
