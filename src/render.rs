//! Plan → text. Pure: several renderers over one Plan, none of which decides anything.

pub mod escape;
pub mod json;
mod paint;
pub mod terminal;

pub use escape::escape;
pub use paint::Paint;
