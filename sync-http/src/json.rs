//! Reading JSON without ever quoting it.

use serde::de::DeserializeSeed;
use serde_json::error::Category;

/// The value, or what is wrong and where.
pub(crate) fn read<'a, S: DeserializeSeed<'a>>(body: &'a [u8], seed: S) -> Result<S::Value, String> {
    // With a byte order mark in front, which RFC 8259 lets a reader skip.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err("the answer is empty where JSON was expected".to_owned());
    }
    // Checking UTF-8 once and parsing text is faster than parsing bytes, and lets strings borrow.
    let text = std::str::from_utf8(body)
        .map_err(|e| format!("the answer is not JSON: not UTF-8 from byte {}", e.valid_up_to()))?;
    let mut json = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value)).map_err(|e| {
        let place = format!("line {} column {}", e.line(), e.column());
        // serde_json's own text may quote content, so it is not used.
        match e.classify() {
            _ if is_page(text) => format!("the answer is a web page, not JSON ({} bytes)", body.len()),
            Category::Eof => format!("the answer is truncated: its JSON ends early at {place}"),
            Category::Syntax => format!("the answer is not JSON: it breaks at {place}"),
            Category::Data => format!("the answer's JSON has another shape than expected at {place}"),
            Category::Io => "the answer could not be read".to_owned(),
        }
    })
}

fn is_page(text: &str) -> bool {
    text.trim_start().starts_with('<')
}
