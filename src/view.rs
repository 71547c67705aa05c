//! Plan → text. Pure: several renderers over one Plan, none of which decides anything.

pub mod door;
pub mod escape;
pub mod events;
pub mod json;
pub mod markdown;
mod paint;
pub mod terminal;

pub use door::{Cleared, Door};
pub use escape::escape;
pub use paint::Paint;
