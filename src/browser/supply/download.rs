//! Downloads over a line that may break: taken up where it broke, bounded, and compared with what
//! the server says of them.

use std::fs::File;
use std::io::{Seek, Write};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc::{CRC_32_ISCSI, Crc};
use md5::{Digest, Md5};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderName, IF_RANGE, LAST_MODIFIED, RANGE};
use reqwest::{Client, Response, StatusCode};

use super::list::is_trusted;
use super::{FetchStep, Shelf, SupplyError, disk};

/// A server that has not taken the connection by then is not there.
const CONNECT_MAX: Duration = Duration::from_secs(20);
/// A line on which nothing comes for so long is broken.
const SILENT_MAX: Duration = Duration::from_secs(30);
/// Breaks without a byte between them after which it is given up.
const BREAKS_MAX: u32 = 5;
/// The first pause after a break; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// However the line is, it does not go on for longer.
const WHOLE_MAX: Duration = Duration::from_hours(1);

/// Told by servers that keep checksums of what they hold, several in one line or in many.
const GOOG_HASH: HeaderName = HeaderName::from_static("x-goog-hash");
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// A client for this source, over the system's proxy where one is set. From HTTPS there is no way
/// back to HTTP.
pub fn client(base: &str) -> Result<Client, SupplyError> {
    if !is_trusted(base) {
        return Err(SupplyError::BadAddress {
            address: base.to_owned(),
        });
    }
    Client::builder()
        .user_agent(concat!("gachno/", env!("CARGO_PKG_VERSION")))
        .https_only(base.starts_with("https:"))
        .connect_timeout(CONNECT_MAX)
        .read_timeout(SILENT_MAX)
        .redirect(reqwest::redirect::Policy::limited(5))
        // A part of a packed answer is a part of nothing.
        .gzip(false)
        .build()
        .map_err(|e| line(base, &e))
}

/// A small answer as a whole, in memory.
pub async fn small(http: &Client, address: &str, most: u64) -> Result<Vec<u8>, SupplyError> {
    let mut bytes = Vec::new();
    fetched(http, address, most, &mut bytes, &|_| {}).await?;
    Ok(bytes)
}

/// A file in the shelf's folder that nobody else sees, set to its beginning.
pub async fn file(
    http: &Client,
    address: &str,
    shelf: &Shelf,
    most: u64,
    told: &(dyn Fn(FetchStep) + Send + Sync),
) -> Result<File, SupplyError> {
    let mut file = shelf.new_file()?;
    fetched(http, address, most, &mut file, told).await?;
    Sink::rewind(&mut file)?;
    Ok(file)
}

/// Where bytes go, and where they are thrown away again.
trait Sink: Send {
    fn take(&mut self, bytes: &[u8]) -> Result<(), SupplyError>;
    fn clear(&mut self) -> Result<(), SupplyError>;
    fn rewind(&mut self) -> Result<(), SupplyError>;
}

impl Sink for Vec<u8> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), SupplyError> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn clear(&mut self) -> Result<(), SupplyError> {
        Self::clear(self);
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), SupplyError> {
        Ok(())
    }
}

impl Sink for File {
    // A few kilobytes into the system's cache: not worth another thread.
    fn take(&mut self, bytes: &[u8]) -> Result<(), SupplyError> {
        self.write_all(bytes).map_err(disk("drivers".as_ref()))
    }

    fn clear(&mut self) -> Result<(), SupplyError> {
        Sink::rewind(self)?;
        self.set_len(0).map_err(disk("drivers".as_ref()))
    }

    fn rewind(&mut self) -> Result<(), SupplyError> {
        Seek::rewind(self).map_err(disk("drivers".as_ref()))
    }
}

/// What is here of a download, and what the server said of the whole.
struct Partial {
    got: u64,
    total: Option<u64>,
    /// What the server knows this very content by.
    mark: Option<String>,
    told: Told,
    md5: Md5,
    crc32c: crc::Digest<'static, u32>,
}

static CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

impl Partial {
    fn new() -> Self {
        Self {
            got: 0,
            total: None,
            mark: None,
            told: Told::default(),
            md5: Md5::new(),
            crc32c: CRC32C.digest(),
        }
    }

    fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| self.got == total)
    }

    fn checked(self) -> Result<(), SupplyError> {
        let md5: [u8; 16] = self.md5.finalize().into();
        let is_right = self.told.md5.is_none_or(|told| told == md5)
            && self
                .told
                .crc32c
                .is_none_or(|told| told == self.crc32c.finalize().to_be_bytes());
        if is_right {
            Ok(())
        } else {
            Err(SupplyError::Checksum)
        }
    }
}

/// Checksums that the server tells. An `ETag` is none: it only says that something has changed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Told {
    md5: Option<[u8; 16]>,
    crc32c: Option<[u8; 4]>,
}

impl Told {
    fn by(headers: &HeaderMap) -> Self {
        let mut told = Self::default();
        let lines = headers.get_all(GOOG_HASH).into_iter();
        for hash in lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
        {
            match hash.trim().split_once('=') {
                Some(("md5", sum)) => told.md5 = decoded(sum),
                Some(("crc32c", sum)) => told.crc32c = decoded(sum),
                _ => {}
            }
        }
        if told.md5.is_none() {
            told.md5 = text(headers, &CONTENT_MD5).and_then(decoded);
        }
        told
    }
}

fn decoded<const LENGTH: usize>(sum: &str) -> Option<[u8; LENGTH]> {
    STANDARD.decode(sum.trim()).ok()?.try_into().ok()
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

async fn fetched(
    http: &Client,
    address: &str,
    most: u64,
    into: &mut dyn Sink,
    told: &(dyn Fn(FetchStep) + Send + Sync),
) -> Result<(), SupplyError> {
    let whole = whole(http, address, most, into, told);
    tokio::time::timeout(WHOLE_MAX, whole)
        .await
        .map_err(|_| SupplyError::Line {
            address: address.to_owned(),
            why: "quá lâu".to_owned(),
        })?
}

/// Tries until it is whole. A try that brought something makes the next ones the first again.
async fn whole(
    http: &Client,
    address: &str,
    most: u64,
    into: &mut dyn Sink,
    told: &(dyn Fn(FetchStep) + Send + Sync),
) -> Result<(), SupplyError> {
    let mut partial = Partial::new();
    let mut breaks = 0;
    loop {
        let had = partial.got;
        match one_try(http, address, most, &mut partial, into, told).await? {
            Ended::Whole => return partial.checked(),
            Ended::Broken(why) => {
                breaks = if partial.got > had { 1 } else { breaks + 1 };
                if breaks > BREAKS_MAX {
                    return Err(SupplyError::Line {
                        address: address.to_owned(),
                        why,
                    });
                }
                tracing::info!(address, got = partial.got, why, "the line broke; going on");
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(breaks - 1)).await;
            }
        }
    }
}

/// How one try ended. What cannot be mended by another one is an error.
enum Ended {
    Whole,
    Broken(String),
}

async fn one_try(
    http: &Client,
    address: &str,
    most: u64,
    partial: &mut Partial,
    into: &mut dyn Sink,
    told: &(dyn Fn(FetchStep) + Send + Sync),
) -> Result<Ended, SupplyError> {
    let mut request = http.get(address);
    // Without a mark nobody could tell that the rest is of the same content.
    if let Some(mark) = partial.mark.as_ref().filter(|_| partial.got > 0) {
        request = request
            .header(RANGE, format!("bytes={}-", partial.got))
            .header(IF_RANGE, mark);
    }
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Ok(Ended::Broken(cause(&error))),
    };
    match response.status() {
        StatusCode::OK => {
            into.clear()?;
            *partial = Partial::new();
            partial.total = response.content_length();
            partial.mark = mark(&response);
            partial.told = Told::by(response.headers());
        }
        StatusCode::PARTIAL_CONTENT if partial.got > 0 => {
            if rest(&response) != Some((partial.got, partial.total)) {
                // Another part than was asked for: from the beginning, without asking for parts.
                into.clear()?;
                *partial = Partial::new();
                return Ok(Ended::Broken("đoạn không khớp".to_owned()));
            }
        }
        StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN => {
            return Err(SupplyError::NotThere {
                address: address.to_owned(),
            });
        }
        status => return Ok(Ended::Broken(status.to_string())),
    }
    let too_large = || SupplyError::TooLarge {
        what: address.to_owned(),
        most: most.div_ceil(1024 * 1024),
    };
    if partial.total.is_some_and(|total| total > most) {
        return Err(too_large());
    }
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            // An end that nobody announced is one; a body that is too short is an error below us.
            Ok(None) if partial.total.is_none() || partial.is_whole() => return Ok(Ended::Whole),
            Ok(None) => return Ok(Ended::Broken("thiếu dữ liệu".to_owned())),
            Err(error) => return Ok(Ended::Broken(cause(&error))),
        };
        partial.got += chunk.len() as u64;
        if partial.got > most || partial.total.is_some_and(|total| partial.got > total) {
            return Err(too_large());
        }
        into.take(&chunk)?;
        partial.md5.update(&chunk);
        partial.crc32c.update(&chunk);
        told(FetchStep::Fetching {
            got: partial.got,
            of: partial.total,
        });
    }
}

/// A strong `ETag`, else the time of the last change.
fn mark(response: &Response) -> Option<String> {
    let headers = response.headers();
    text(headers, &ETAG)
        .filter(|mark| mark.starts_with('"'))
        .or_else(|| text(headers, &LAST_MODIFIED))
        .map(str::to_owned)
}

/// `bytes 1000-1999/2000`: where the part begins, and the size of the whole.
fn rest(response: &Response) -> Option<(u64, Option<u64>)> {
    let range = text(response.headers(), &CONTENT_RANGE)?.strip_prefix("bytes ")?;
    let (part, total) = range.split_once('/')?;
    let (begin, _) = part.split_once('-')?;
    Some((begin.parse().ok()?, Some(total.parse().ok()?)))
}

fn line(address: &str, error: &reqwest::Error) -> SupplyError {
    SupplyError::Line {
        address: address.to_owned(),
        why: cause(error),
    }
}

/// The innermost cause: "connection refused" says more than "error sending request".
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_without_an_end_is_cut_off() {
        crate::init_tls();
        let server = wiremock::MockServer::start().await;
        let long = wiremock::ResponseTemplate::new(200).set_body_bytes(vec![b' '; 1_025]);
        wiremock::Mock::given(wiremock::matchers::any())
            .respond_with(long)
            .mount(&server)
            .await;
        let http = client(&server.uri()).expect("this machine");
        assert_eq!(
            small(&http, &server.uri(), 1_025)
                .await
                .expect("fits")
                .len(),
            1_025
        );
        let refused = small(&http, &server.uri(), 1_024)
            .await
            .expect_err("too long");
        assert!(matches!(refused, SupplyError::TooLarge { .. }), "{refused}");
    }

    #[test]
    fn checksums_are_read_however_they_are_told() {
        let headers = |lines: &[(&HeaderName, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, value.parse().expect("a header"));
            }
            Told::by(&headers)
        };
        let both = Told {
            md5: Some(*b"0123456789abcdef"),
            crc32c: Some(*b"\x01\x02\x03\x04"),
        };
        let (md5, crc) = ("md5=MDEyMzQ1Njc4OWFiY2RlZg==", "crc32c=AQIDBA==");
        assert_eq!(headers(&[(&GOOG_HASH, &format!("{crc},{md5}"))]), both);
        assert_eq!(headers(&[(&GOOG_HASH, crc), (&GOOG_HASH, md5)]), both);
        let alone = headers(&[(&CONTENT_MD5, "MDEyMzQ1Njc4OWFiY2RlZg==")]);
        assert_eq!((alone.md5, alone.crc32c), (both.md5, None));
        assert_eq!(
            headers(&[(&ETAG, "\"30313233343536373839616263646566\"")]),
            Told::default()
        );
        assert_eq!(headers(&[(&GOOG_HASH, "md5=short")]), Told::default());
    }
}
