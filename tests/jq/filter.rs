//! jq, in Rust: the same language wherever the tests run.

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::{Val, read};

/// What `jq FILTER` prints for these documents, one after the other; `raw`: as with `-r`. Panics where jq would complain.
pub fn run(filter: &str, documents: &str, raw: bool) -> String {
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let file = File { code: filter, path: () };
    let modules = Loader::new(definitions).load(&arena, file).unwrap_or_else(|errors| panic!("{filter}: {errors:?}"));
    let compiled = Compiler::default().with_funs(functions).compile(modules);
    let compiled = compiled.unwrap_or_else(|errors| panic!("{filter}: {errors:?}"));
    let mut printed = String::new();
    for document in read::parse_many(documents.as_bytes()) {
        let document = document.unwrap_or_else(|error| panic!("no JSON: {error}\n{documents}"));
        let context = Ctx::<JustLut<Val>>::new(&compiled.lut, Vars::new([]));
        for value in compiled.id.run((context, document)).map(unwrap_valr) {
            let value = value.unwrap_or_else(|error| panic!("{filter}: {error}"));
            let text = match &value {
                Val::TStr(text) | Val::BStr(text) if raw => String::from_utf8(text.to_vec()).expect("UTF-8"),
                other => other.to_string(),
            };
            printed.push_str(&text);
            printed.push('\n');
        }
    }
    printed
}
