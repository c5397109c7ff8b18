//! A mail server that keeps what it takes and sends nothing on.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::Gateway;
use super::scenario::GatewayFaultAction;
use super::time::now_ms;
use super::truth::GatewayMail;
use super::world::keep;

/// The longest line, in bytes.
const LINE_MAX: u64 = 8_192;
/// The longest letter, in bytes.
const LETTER_MAX: usize = 10 << 20;

type Stream = BufReader<TcpStream>;

/// Takes mails until it is told to end.
pub async fn serve(listener: TcpListener, gateway: Gateway, ended: CancellationToken) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ended.cancelled() => return,
        };
        let Ok((stream, _)) = stream else { continue };
        let _ = stream.set_nodelay(true);
        let (gateway, ended) = (gateway.clone(), ended.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = talk(BufReader::new(stream), &gateway) => {}
                () = ended.cancelled() => {}
            }
        });
    }
}

/// A letter in the making.
#[derive(Default)]
struct Letter {
    from: String,
    to: Vec<String>,
}

async fn talk(mut stream: Stream, gateway: &Gateway) -> std::io::Result<()> {
    say(&mut stream, "220 sandbox ESMTP").await?;
    let mut letter = Letter::default();
    while let Some(line) = line(&mut stream).await? {
        let word: String = line
            .chars()
            .take(4)
            .collect::<String>()
            .to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => say(&mut stream, "250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN").await?,
            "HELO" | "NOOP" => say(&mut stream, "250 sandbox").await?,
            "AUTH" => sign_in(&mut stream, &line).await?,
            "MAIL" => {
                letter = Letter {
                    from: address(&line),
                    to: Vec::new(),
                };
                say(&mut stream, "250 OK").await?;
            }
            "RCPT" => {
                letter.to.push(address(&line));
                say(&mut stream, "250 OK").await?;
            }
            "DATA" => take(&mut stream, gateway, std::mem::take(&mut letter)).await?,
            "RSET" => {
                letter = Letter::default();
                say(&mut stream, "250 OK").await?;
            }
            "QUIT" => return say(&mut stream, "221 Bye").await,
            _ => say(&mut stream, "502 Not here").await?,
        }
    }
    Ok(())
}

/// Anybody may sign in.
async fn sign_in(stream: &mut Stream, line: &str) -> std::io::Result<()> {
    let is_login = line.to_ascii_uppercase().starts_with("AUTH LOGIN");
    let questions: &[&str] = match (is_login, line.split_whitespace().count()) {
        (true, _) => &["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"],
        (false, 2) => &["334 "],
        _ => &[],
    };
    for question in questions {
        say(stream, question).await?;
        self::line(stream).await?;
    }
    say(stream, "235 Welcome").await
}

async fn take(stream: &mut Stream, gateway: &Gateway, letter: Letter) -> std::io::Result<()> {
    say(stream, "354 Go on").await?;
    let mut data = String::new();
    while let Some(line) = line(stream).await? {
        if line == "." {
            break;
        }
        if data.len() < LETTER_MAX {
            data += line.strip_prefix('.').unwrap_or(&line);
            data += "\r\n";
        }
    }
    let fault = gateway.world().called("smtp", None);
    let is_kept = match &fault {
        None | Some(GatewayFaultAction::LateMs(_)) => true,
        Some(
            GatewayFaultAction::Drop { done }
            | GatewayFaultAction::Silent { done }
            | GatewayFaultAction::Http { done, .. },
        ) => *done,
        Some(_) => false,
    };
    if is_kept {
        let mail = GatewayMail {
            from: letter.from,
            to: letter.to,
            message_id: header(&data, "message-id"),
            subject: header(&data, "subject"),
            data,
            at_ms: now_ms(),
        };
        keep(&mut gateway.world().mails, mail);
    }
    match fault {
        None => say(stream, "250 Taken").await,
        Some(GatewayFaultAction::LateMs(ms)) => {
            tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
            say(stream, "250 Taken").await
        }
        Some(GatewayFaultAction::Silent { .. }) => std::future::pending().await,
        Some(GatewayFaultAction::Drop { .. }) => {
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
        }
        // 5xx is for good, everything else for now.
        Some(GatewayFaultAction::Http { status: 500.., .. }) => say(stream, "554 Refused").await,
        Some(_) => say(stream, "451 Try again").await,
    }
}

/// What stands between the brackets.
fn address(line: &str) -> String {
    let inside = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or("", |(address, _)| address).to_owned()
}

/// A header, its continued lines joined.
fn header(data: &str, name: &str) -> String {
    let mut found: Option<String> = None;
    for line in data.lines().take_while(|line| !line.is_empty()) {
        let is_more = line.starts_with([' ', '\t']);
        match (&mut found, is_more) {
            (Some(value), true) => value.push_str(line),
            (Some(_), false) => break,
            (None, _) => {
                let value = line
                    .split_once(':')
                    .filter(|(n, _)| n.eq_ignore_ascii_case(name));
                found = value.map(|(_, value)| value.trim().to_owned());
            }
        }
    }
    found.unwrap_or_default()
}

async fn line(stream: &mut Stream) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = stream.take(LINE_MAX).read_until(b'\n', &mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    Ok((read > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn say(stream: &mut Stream, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.flush().await
}
