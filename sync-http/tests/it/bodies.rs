//! Bounds on bodies, compression, and JSON that is not what was expected.

use crate::support::{Act, CREATE, READ, Raw, SET, builder, client, request};
use serde::Deserialize;
use sync_core::ErrorKind;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

/// A gzip member of one stored block: valid, and made without a compressor.
fn gzip_stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    let length = u16::try_from(data.len()).unwrap();
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(data);
    out.extend(crc32(data).to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}

/// A gzip member that unpacks to `258 * copies + 1` bytes "a": one literal and matches of distance 1, fixed codes.
fn gzip_bomb(copies: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let code = |bits: &mut Vec<bool>, value: u32, length: u32| {
        bits.extend((0..length).rev().map(|i| value >> i & 1 == 1));
    };
    code(&mut bits, 0x30 + 0x61, 8);
    for _ in 0..copies {
        // Length 258 is symbol 285 (8 bits from 0xC0 for 280), distance 1 is symbol 0 (5 bits).
        code(&mut bits, 0xC0 + 5, 8);
        code(&mut bits, 0, 5);
    }
    code(&mut bits, 0, 7);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for byte in bits.chunks(8) {
        out.push(byte.iter().enumerate().fold(0, |b, (i, bit)| b | u8::from(*bit) << i));
    }
    let data = vec![b'a'; 258 * copies + 1];
    out.extend(crc32(&data).to_le_bytes());
    out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

async fn serve(answer: ResponseTemplate, calls: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).expect(calls).mount(&server).await;
    server
}

#[tokio::test]
async fn a_compressed_body_is_unpacked() {
    let body = gzip_stored(br#"{"id":7}"#);
    let answer = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(body);
    let server = serve(answer, 1).await;
    let response = client(&server.uri()).send(request(READ)).await.unwrap();
    assert_eq!(response.body().as_ref(), br#"{"id":7}"#);
}

#[tokio::test]
async fn a_small_body_that_unpacks_over_the_limit_is_refused() {
    let bomb = gzip_bomb(10_000);
    assert!(bomb.len() < 20_000, "a bomb is small");
    let answer = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(bomb);
    // The same bytes pass under a larger limit, so the refusal is about the size.
    let server = serve(answer, 2).await;
    let limited = builder(&server.uri()).0.max_body_bytes(100_000).build().unwrap();
    let error = limited.send(request(READ)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    let response = client(&server.uri()).send(request(READ)).await.unwrap();
    assert_eq!(response.body().len(), 2_580_001);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_by_its_length_and_is_unknown_for_writes() {
    for (idempotency, kind) in [
        (READ, ErrorKind::UnexpectedResponse),
        (SET, ErrorKind::Indeterminate),
        (CREATE, ErrorKind::Indeterminate),
    ] {
        let server = serve(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 1001]), 1).await;
        let client = builder(&server.uri()).0.max_body_bytes(1000).build().unwrap();
        assert_eq!(client.send(request(idempotency)).await.unwrap_err().kind(), kind);
    }
    let server = serve(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 1000]), 1).await;
    let client = builder(&server.uri()).0.max_body_bytes(1000).build().unwrap();
    assert_eq!(client.send(request(READ)).await.unwrap().body().len(), 1000);
}

#[tokio::test]
async fn a_body_without_a_length_is_refused_while_it_streams() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
        5\r\naaaaa\r\n5\r\naaaaa\r\n5\r\naaaaa\r\n0\r\n\r\n";
    let server = Raw::start(Box::leak(Box::new([Act::Say(chunked)]))).await;
    let small = builder(&server.url).0.max_body_bytes(12).build().unwrap();
    assert_eq!(small.send(request(READ)).await.unwrap_err().kind(), ErrorKind::UnexpectedResponse);
    let large = builder(&server.url).0.max_body_bytes(15).build().unwrap();
    assert_eq!(large.send(request(READ)).await.unwrap().body().len(), 15);
}

#[tokio::test]
async fn an_error_status_counts_even_if_its_body_is_too_large() {
    let server = serve(ResponseTemplate::new(400).set_body_bytes(vec![b'x'; 2000]), 1).await;
    let client = builder(&server.uri()).0.max_body_bytes(1000).build().unwrap();
    let response = client.send(request(CREATE)).await.unwrap();
    assert_eq!((response.status(), response.body().len()), (400, 0));
    assert_eq!(response.error_for_status().unwrap_err().kind(), ErrorKind::Rejected);
}

#[derive(Debug, Deserialize)]
struct Contact<'a> {
    id: u32,
    #[serde(borrow)]
    name: &'a str,
}

#[tokio::test]
async fn unreadable_json_says_what_and_where_but_never_the_content() {
    let cases: [(&[u8], &str); 8] = [
        (br#"{"id": 7, "name": "Ann Canary"#, "truncated"),
        (br#"{"id": 7, "name": Canary}"#, "not JSON: it breaks at line 1"),
        (br#"{"id": "Canary", "name": "x"}"#, "another shape than expected at line 1"),
        (br#"{"id": 7, "Canary": 1}"#, "another shape"),
        (b"  <!DOCTYPE html><title>Canary</title>", "a web page"),
        (b"", "empty"),
        (b"  \r\n", "empty"),
        (b"Canary\xff", "not UTF-8"),
    ];
    for (body, expected) in cases {
        for (idempotency, kind) in [
            (READ, ErrorKind::UnexpectedResponse),
            (SET, ErrorKind::UnexpectedResponse),
            (CREATE, ErrorKind::Indeterminate),
        ] {
            let server = serve(ResponseTemplate::new(200).set_body_bytes(body), 1).await;
            let response = client(&server.uri()).send(request(idempotency)).await.unwrap();
            let error = response.json::<Contact<'_>>().unwrap_err();
            assert_eq!(error.kind(), kind);
            assert!(error.message().contains(expected), "{error}");
            assert!(!format!("{error} {error:?}").contains("Canary"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn json_may_borrow_and_may_start_with_a_byte_order_mark() {
    let server =
        serve(ResponseTemplate::new(200).set_body_bytes("\u{feff}{\"id\":7,\"name\":\"x\"}"), 1).await;
    let response = client(&server.uri()).send(request(READ)).await.unwrap();
    let contact: Contact<'_> = response.json().unwrap();
    assert_eq!((contact.id, contact.name), (7, "x"));
}
