//! Plan → text. Pure: several renderers over one Plan, none of which decides anything.

pub mod escape;
pub mod events;
pub mod json;
pub mod markdown;
mod paint;
pub mod terminal;

pub use escape::escape;
pub use paint::Paint;
