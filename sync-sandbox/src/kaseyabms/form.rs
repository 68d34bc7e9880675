//! Forms: the document says `multipart/form-data`, and clients in the wild send `application/x-www-form-urlencoded`.

use std::collections::BTreeMap;

use url::form_urlencoded;

/// The fields by name in small letters; `None` where the body is no form.
pub(crate) fn read(content_type: &str, body: &[u8]) -> Option<BTreeMap<String, String>> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => {
            let pairs = form_urlencoded::parse(body).into_owned();
            Some(pairs.map(|(name, value)| (name.to_lowercase(), value)).collect())
        }
        "multipart/form-data" => Some(multipart(content_type, body)),
        _ => None,
    }
}

fn multipart(content_type: &str, body: &[u8]) -> BTreeMap<String, String> {
    let boundary = content_type
        .split(';')
        .filter_map(|part| part.trim().strip_prefix("boundary="))
        .map(|boundary| boundary.trim_matches('"'))
        .find(|boundary| !boundary.is_empty());
    let Some(boundary) = boundary else { return BTreeMap::new() };
    let text = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    let parts = text.split(delimiter.as_str()).filter_map(|part| part.split_once("\r\n\r\n"));
    parts
        .filter_map(|(head, value)| {
            let name = head.split(';').find_map(|piece| piece.trim().strip_prefix("name="))?;
            let name = name.split("\r\n").next()?.trim_matches('"').to_lowercase();
            Some((name, value.strip_suffix("\r\n").unwrap_or(value).to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_form_give_the_same_fields() {
        let expected: BTreeMap<String, String> = [("granttype", "password"), ("tenant", "Contoso & Sons")]
            .map(|(n, v)| (n.into(), v.into()))
            .into();
        let encoded =
            read("application/x-www-form-urlencoded", b"grantType=password&Tenant=Contoso+%26+Sons");
        assert_eq!(encoded.as_ref(), Some(&expected));
        let body = "--xyz\r\nContent-Disposition: form-data; name=\"GrantType\"\r\n\r\npassword\r\n\
                    --xyz\r\nContent-Disposition: form-data; name=\"Tenant\"\r\n\r\nContoso & Sons\r\n--xyz--\r\n";
        assert_eq!(read("multipart/form-data; boundary=xyz", body.as_bytes()), Some(expected));
        assert_eq!(read("application/json", b"{}"), None);
    }

    #[test]
    fn a_broken_form_has_no_fields() {
        assert_eq!(read("multipart/form-data", b"--x"), Some(BTreeMap::new()));
        assert_eq!(read("multipart/form-data; boundary=x", b"\xff\xfe--x"), Some(BTreeMap::new()));
    }
}
