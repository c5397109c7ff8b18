//! A running `gachno serve` of its own: what a large list costs it as a file, coming in and going
//! out.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use reqwest::{Client, Response};
use secrecy::SecretString;

use super::Row;
use crate::cli::Failure;
use crate::report::table::{TableFile, Value};
use crate::store::catalogue::{AccountStatus, Role};
use crate::store::people::{NewAccount, hash_password};
use crate::store::{Actor, Store};

/// Rows of the file that is brought in: as many as one file may have.
const IMPORTED: u32 = 20_000;
const LOGIN: &str = "bench";

/// A server in a process of its own; gone with this.
pub(super) struct Served {
    child: Child,
    url: String,
}

impl Served {
    /// Starts it on a folder, and waits until it says that it is ready.
    pub async fn start(folder: &Path, database: Option<&str>) -> Result<Self, Failure> {
        Self::start_with(folder, database, &[]).await
    }

    /// The same, with something more in its environment.
    pub async fn start_with(
        folder: &Path,
        database: Option<&str>,
        environment: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let mut serve = Command::new(std::env::current_exe().map_err(Failure::cannot_run)?);
        serve
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("GACHNO_HOME", folder)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(url) = database {
            serve.args(["--database", url]);
        }
        let started = tokio::task::spawn_blocking(move || -> anyhow::Result<Self> {
            let mut served = Self {
                child: serve.spawn()?,
                url: String::new(),
            };
            let mut line = String::new();
            BufReader::new(served.child.stdout.take().context("no output")?)
                .read_line(&mut line)?;
            let ready: serde_json::Value =
                serde_json::from_str(&line).context("it did not start")?;
            ready["url"]
                .as_str()
                .context("no address")?
                .clone_into(&mut served.url);
            Ok(served)
        });
        started
            .await
            .map_err(Failure::cannot_run)?
            .map_err(Failure::cannot_run)
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Does it still run?
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The most memory that it ever had, in MB; `None` where the system does not tell.
    fn peak_mb(&self) -> Option<f64> {
        self.memory_mb("VmHWM:")
    }

    /// The memory that it has now, in MB.
    pub fn now_mb(&self) -> Option<f64> {
        self.memory_mb("VmRSS:")
    }

    fn memory_mb(&self, name: &str) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let kb: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix(name))?
            .split_whitespace()
            .next()?
            .parse()
            .ok()?;
        Some(kb / 1_024.0)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Err: it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Exports all jobs of this database and imports a file, as a person does it in the browser.
pub(super) async fn files(database: &str, folder: &Path, jobs: u32) -> Result<Vec<Row>, Failure> {
    measured(database, folder, jobs)
        .await
        .map_err(Failure::cannot_run)
}

async fn measured(database: &str, folder: &Path, jobs: u32) -> anyhow::Result<Vec<Row>> {
    let store = Store::open(database).await?;
    let password = uuid::Uuid::new_v4().to_string();
    let hash = hash_password(&SecretString::from(password.clone()))?;
    let account = NewAccount {
        username: LOGIN,
        name: None,
        role: Role::Owner,
        status: AccountStatus::Active,
    };
    store
        .accounts()
        .add(&account, &hash, None, &Actor::system())
        .await?;
    store.close().await;

    let served = Served::start(folder, Some(database))
        .await
        .map_err(|_| anyhow::anyhow!("the server did not start"))?;
    let person = SignedInPerson::sign_in(&served.url, &password).await?;
    let mut rows = Vec::new();
    let rest = served.peak_mb();
    for (format, name) in [("csv", "CSV"), ("xlsx", "XLSX")] {
        let begun = Instant::now();
        let mut answer = person
            .post("/admin/t/jobs/export", &[("format", format), ("query", "")])
            .await?;
        let mut bytes = 0;
        while let Some(piece) = answer.chunk().await? {
            bytes += piece.len();
        }
        let took = begun.elapsed().as_secs_f64();
        rows.push(Row::plain(
            format!("export of {jobs} jobs as {name}"),
            f64::from(jobs) / took,
            "rows/s",
        ));
        rows.push(Row::plain(
            format!("the file, {name}"),
            f64::from(u32::try_from(bytes)?) / 1e6,
            "MB",
        ));
        rows.extend(served.peak_mb().zip(rest).map(|(peak, rest)| {
            Row::plain(
                format!("memory more than at rest, {name}"),
                peak - rest,
                "MB",
            )
        }));
    }
    let begun = Instant::now();
    let file = workbook(folder)?;
    let preview = person.upload("/admin/import/preview", &file).await?;
    let shown = begun.elapsed().as_secs_f64();
    person
        .post("/admin/import/commit", &[("rows", &preview)])
        .await?;
    let took = begun.elapsed().as_secs_f64();
    rows.push(Row::plain(
        format!("import of {IMPORTED} jobs from XLSX"),
        f64::from(IMPORTED) / took,
        "rows/s",
    ));
    rows.push(Row::plain("of that the preview", shown, "s"));
    rows.extend(
        served
            .peak_mb()
            .map(|peak| Row::plain("memory of the server at most", peak, "MB")),
    );
    rows.extend(rest.map(|rest| Row::plain("memory of the server at rest", rest, "MB")));
    Ok(rows)
}

/// The file that is brought in.
fn workbook(folder: &Path) -> anyhow::Result<Vec<u8>> {
    let mut sheet = TableFile::new(
        "Việc",
        ["Mã", "Đơn hàng", "Ghi chú"].map(str::to_owned).to_vec(),
    )?;
    for number in 0..IMPORTED {
        sheet.push(
            &[
                format!("PX{number:07}"),
                format!("don-{number}"),
                "khách quen".to_owned(),
            ]
            .map(Value::Text),
        )?;
    }
    let path = folder.join("bench.xlsx");
    sheet.save(&path)?;
    Ok(std::fs::read(path)?)
}

/// Somebody who has signed in.
pub(super) struct SignedInPerson {
    url: String,
    client: Client,
    cookie: String,
}

impl SignedInPerson {
    /// Signs in with this login.
    pub(super) async fn sign_in_as(url: &str, login: &str, password: &str) -> anyhow::Result<Self> {
        let client = Client::builder()
            // What travels is weighed as it travels.
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let mut person = Self {
            url: url.to_owned(),
            client,
            cookie: String::new(),
        };
        let answer = person
            .post(
                "/admin/sign-in",
                &[("username", login), ("password", password)],
            )
            .await?;
        let cookies = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|set| set.to_str().ok()?.split(';').next());
        person.cookie = cookies.collect::<Vec<_>>().join("; ");
        Ok(person)
    }

    async fn sign_in(url: &str, password: &str) -> anyhow::Result<Self> {
        Self::sign_in_as(url, LOGIN, password).await
    }

    /// A page as it travels: packed, where the server packs it. Says what it weighs, and what it says.
    pub(super) async fn weigh(&self, path: &str) -> anyhow::Result<usize> {
        let request = self
            .client
            .get(format!("{}{path}", self.url))
            .header("accept", "text/html")
            .header("accept-encoding", "gzip");
        let answer = request.header("cookie", &self.cookie).send().await?;
        if !answer.status().is_success() {
            bail!("{path}: {}", answer.status());
        }
        Ok(answer.bytes().await?.len())
    }

    /// The status of a page, asked for at another address of the server and read to its end.
    pub(super) async fn status_of(&self, url: &str, path: &str) -> reqwest::Result<u16> {
        let request = self.client.get(format!("{url}{path}"));
        let answer = request.header("cookie", &self.cookie).send().await?;
        let status = answer.status().as_u16();
        answer.bytes().await?;
        Ok(status)
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Response> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(path, "application/x-www-form-urlencoded", body.into_bytes())
            .await
    }

    async fn send(&self, path: &str, kind: &str, body: Vec<u8>) -> anyhow::Result<Response> {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("content-type", kind)
            .header("sec-fetch-site", "same-origin");
        let answer = request
            .header("cookie", &self.cookie)
            .body(body)
            .send()
            .await?;
        if answer.status().is_client_error() || answer.status().is_server_error() {
            bail!("{path}: {}", answer.status());
        }
        Ok(answer)
    }

    /// Sends a file of jobs; says what the preview's form holds.
    async fn upload(&self, path: &str, file: &[u8]) -> anyhow::Result<String> {
        let boundary = uuid::Uuid::new_v4().simple().to_string();
        let mut body = Vec::with_capacity(file.len() + 1_024);
        for (name, value) in [("table", "jobs"), ("service", "gach_dien_evn")] {
            write!(
                body,
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )?;
        }
        write!(
            body,
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.xlsx\"\r\n\r\n"
        )?;
        body.extend_from_slice(file);
        write!(body, "\r\n--{boundary}--\r\n")?;
        let page = self
            .send(
                path,
                &format!("multipart/form-data; boundary={boundary}"),
                body,
            )
            .await?
            .text()
            .await?;
        let (_, rest) = page
            .split_once("name=\"rows\" value=\"")
            .context("the preview has no rows")?;
        let (rows, _) = rest
            .split_once('"')
            .context("the preview's rows do not end")?;
        Ok(rows
            .replace("&#34;", "\"")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&")
            .replace("&amp;", "&"))
    }
}
