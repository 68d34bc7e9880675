//! Something between client and server that cuts the line.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Listens on loopback, and ends each connection after so many bytes from the server. Answers its port.
pub async fn cut_after(server: SocketAddr, bytes: usize) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        // As many connections as any test makes.
        for _ in 0..64 {
            let Ok((client, _)) = listener.accept().await else { return };
            tokio::spawn(pass(client, server, bytes));
        }
    });
    port
}

async fn pass(mut client: TcpStream, server: SocketAddr, bytes: usize) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_server, mut to_server) = server.into_split();
    let (mut from_client, mut to_client) = client.split();
    let mut limited = from_server.take(bytes as u64);
    tokio::select! {
        _ = tokio::io::copy(&mut limited, &mut to_client) => {}
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
    }
    let _ = to_client.shutdown().await;
}
