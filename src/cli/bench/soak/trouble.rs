//! What goes wrong around a server: clients that behave badly, lines that are cut, a database that is gone or
//! held by somebody else. Each until it is aborted.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::relay::Cutter;
use crate::store::Store;

/// Bytes of an odd client, and whether it waits for an answer.
const ODD: [&[u8]; 6] = [
    // Half a request.
    b"POST /api/jobs/lease HTTP/1.1\r\nhost: x\r\ncontent-le",
    // A body that breaks off.
    b"POST /api/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{\"service\":",
    // A method that nobody knows.
    b"BREW /api/health HTTP/1.1\r\nhost: x\r\n\r\n",
    // A body where none belongs.
    b"GET /api/health HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    // No HTTP at all.
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    // A word, and silence.
    b"G",
];

fn between(least_ms: u64, most_ms: u64) -> Duration {
    Duration::from_millis(rand::random_range(least_ms..=most_ms))
}

/// Connects and behaves badly, again and again.
pub(super) async fn bad_client(place: String) {
    loop {
        let odd = ODD[rand::random_range(0..ODD.len())];
        if let Ok(mut stream) = TcpStream::connect(&place).await {
            // Err: the server has had enough of it.
            let _ = stream.write_all(odd).await;
            if rand::random_range(0..3) == 0 {
                // Waits for what never comes, for a while.
                let mut answer = [0; 1_024];
                let _ = tokio::time::timeout(between(500, 5_000), stream.read(&mut answer)).await;
            }
        }
        tokio::time::sleep(between(10, 200)).await;
    }
}

/// Cuts connections between clients and server.
pub(super) async fn network(cutter: Cutter) {
    loop {
        tokio::time::sleep(between(2_000, 8_000)).await;
        cutter.cut(50);
    }
}

/// Cuts the database off, for as long as it takes somebody to restart it.
pub(super) async fn database_line(cutter: Cutter) {
    loop {
        tokio::time::sleep(between(6_000, 15_000)).await;
        cutter.away(true);
        cutter.cut(100);
        tokio::time::sleep(between(100, 3_000)).await;
        cutter.away(false);
    }
}

/// Another program writes to the file, for seconds.
pub(super) async fn held_writes(other: Store) {
    loop {
        tokio::time::sleep(between(6_000, 15_000)).await;
        if let Err(error) = other.hold_writes(between(500, 4_000)).await {
            tracing::debug!(%error, "the writes were not held this time");
        }
    }
}
