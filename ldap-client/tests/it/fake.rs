//! A server that answers as it is told to: what Windows does and Samba does not, and what no server should.

use ldap3::asn1::{PL, StructureTag, parse_tag};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A search that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub base: String,
    /// The filter's bytes, in which names and values are found as text.
    pub filter: String,
    pub attributes: Vec<String>,
    /// The controls' names, and their values' bytes.
    pub controls: Vec<(String, Vec<u8>)>,
}

/// One message of an answer.
#[derive(Clone, Debug)]
pub enum Reply {
    Entry(String, Vec<(String, Vec<Vec<u8>>)>),
    Done {
        code: u32,
        control: Option<(&'static str, Vec<u8>)>,
    },
    /// Bytes in place of a message.
    Raw(Vec<u8>),
    /// The connection ends.
    Hang,
}

/// A root DSE of a server that gives answers in pages and is no Active Directory.
pub static ROOT_DSE: std::sync::LazyLock<Vec<Reply>> = std::sync::LazyLock::new(|| {
    vec![
        Reply::entry("", &[("namingContexts", "o=x"), ("supportedControl", "1.2.840.113556.1.4.319")]),
        Reply::done(0),
    ]
});

impl Reply {
    pub fn entry(dn: &str, attributes: &[(&str, &str)]) -> Self {
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), vec![value.as_bytes().to_vec()]));
        Self::Entry(dn.to_owned(), attributes.collect())
    }

    /// An entry with values that need not be text, any number of each.
    pub fn with(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Self {
        let values = |values: &[&[u8]]| values.iter().map(|value| value.to_vec()).collect();
        let attributes = attributes.iter().map(|(name, all)| ((*name).to_owned(), values(all)));
        Self::Entry(dn.to_owned(), attributes.collect())
    }

    pub fn done(code: u32) -> Self {
        Self::Done { code, control: None }
    }

    /// The end of a page; the cookie is empty where it is the last.
    pub fn page(cookie: &[u8]) -> Self {
        let value = tlv(0x30, &[tlv(2, &[0]), tlv(4, cookie)].concat());
        Self::Done { code: 0, control: Some(("1.2.840.113556.1.4.319", value)) }
    }

    /// The end of an answer of `DirSync`.
    pub fn dir_sync(more: bool, cookie: &[u8]) -> Self {
        let value = tlv(0x30, &[tlv(2, &[u8::from(more)]), tlv(2, &[0]), tlv(4, cookie)].concat());
        Self::Done { code: 0, control: Some(("1.2.840.113556.1.4.841", value)) }
    }

    fn bytes(&self, id: &[u8]) -> Option<Vec<u8>> {
        let text = |text: &str| tlv(4, text.as_bytes());
        let (operation, controls) = match self {
            Self::Raw(bytes) => return Some(bytes.clone()),
            Self::Hang => return None,
            Self::Entry(dn, attributes) => {
                let attributes: Vec<u8> = attributes
                    .iter()
                    .flat_map(|(name, values)| {
                        let values: Vec<u8> = values.iter().flat_map(|value| tlv(4, value)).collect();
                        tlv(0x30, &[text(name), tlv(0x31, &values)].concat())
                    })
                    .collect();
                (tlv(0x64, &[text(dn), tlv(0x30, &attributes)].concat()), Vec::new())
            }
            Self::Done { code, control } => {
                let controls = control.as_ref().map_or_else(Vec::new, |(name, value)| {
                    tlv(0xa0, &tlv(0x30, &[text(name), tlv(4, value)].concat()))
                });
                (result(0x65, *code), controls)
            }
        };
        Some(tlv(0x30, &[tlv(2, id), operation, controls].concat()))
    }
}

fn result(tag: u8, code: u32) -> Vec<u8> {
    tlv(tag, &[tlv(10, &[u8::try_from(code).unwrap()]), tlv(4, b""), tlv(4, b"canary text")].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}

/// The server.
#[derive(Debug)]
pub struct Fake {
    pub port: u16,
}

impl Fake {
    /// Takes any password, and answers searches with `script`.
    pub async fn start(script: impl FnMut(Asked) -> Vec<Reply> + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let script = Arc::new(Mutex::new(script));
            // As many connections as any test makes.
            for _ in 0..16 {
                let Ok((stream, _)) = listener.accept().await else { return };
                let script = Arc::clone(&script);
                tokio::spawn(async move { serve(stream, &script).await });
            }
        });
        Self { port }
    }
}

async fn serve(
    mut stream: TcpStream,
    script: &Mutex<impl FnMut(Asked) -> Vec<Reply> + Send>,
) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let message = match parse_tag(&buffer) {
            Ok((rest, tag)) => {
                let read = buffer.len() - rest.len();
                buffer.drain(..read);
                tag
            }
            Err(_) => {
                if stream.read_buf(&mut buffer).await? == 0 {
                    return Ok(());
                }
                continue;
            }
        };
        let mut parts = constructed(message).into_iter();
        let id = primitive(parts.next().unwrap());
        let operation = parts.next().unwrap();
        match operation.id {
            0 => stream.write_all(&tlv(0x30, &[tlv(2, &id), result(0x61, 0)].concat())).await?,
            3 => {
                let asked = asked(operation, parts.next());
                let replies = (script.lock().unwrap())(asked);
                for reply in replies {
                    match reply.bytes(&id) {
                        Some(bytes) => stream.write_all(&bytes).await?,
                        None => return Ok(()),
                    }
                }
            }
            _ => return Ok(()),
        }
    }
}

fn asked(operation: StructureTag, controls: Option<StructureTag>) -> Asked {
    let mut parts = constructed(operation).into_iter();
    let base = text(parts.next().unwrap());
    let mut parts = parts.skip(5);
    let mut filter = String::new();
    flatten(parts.next().unwrap(), &mut filter);
    let attributes = constructed(parts.next().unwrap()).into_iter().map(text).collect();
    let controls = controls.into_iter().flat_map(constructed).map(|control| {
        let mut parts = constructed(control).into_iter();
        let name = text(parts.next().unwrap());
        (name, parts.next_back().map(primitive).unwrap_or_default())
    });
    Asked { base, filter, attributes, controls: controls.collect() }
}

/// Every name and value of a filter, in order.
fn flatten(tag: StructureTag, out: &mut String) {
    match tag.payload {
        PL::P(bytes) => {
            out.push_str(&String::from_utf8_lossy(&bytes));
            out.push(' ');
        }
        PL::C(parts) => parts.into_iter().for_each(|part| flatten(part, out)),
    }
}

fn constructed(tag: StructureTag) -> Vec<StructureTag> {
    tag.expect_constructed().unwrap()
}

fn primitive(tag: StructureTag) -> Vec<u8> {
    tag.expect_primitive().unwrap()
}

fn text(tag: StructureTag) -> String {
    String::from_utf8(primitive(tag)).unwrap()
}
