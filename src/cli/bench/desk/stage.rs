//! A shop with very many contracts and some collectors.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::bail;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::super::files::Served;
use crate::domain::desk::{IncomingContract, IncomingItem, IncomingPhone};
use crate::store::machines::Scope;
use crate::store::people::{PersonWanted, hash_password};
use crate::store::{Actor, Store};

/// Bills of each contract.
pub const BILLS: usize = 24;
/// Collectors at the same time.
pub const COLLECTORS: usize = 64;
/// Doors that each goes to.
pub const EACH: usize = 40;
/// What a bill is about, in đồng.
const AMOUNT: i64 = 10_000;
/// What each collector may hold: a little less than their doors owe, so that the limit speaks.
pub const LIMIT: i64 = AMOUNT * 38;
/// Who looks at pages.
pub const LOGIN: &str = "thu0";
/// Their password, for as long as this runs.
pub const PASSWORD: &str = "thu-cuoc-tan-nha-2026";

/// A collector.
pub struct Hand {
    pub id: i64,
    token: SecretString,
}

pub struct DeskStage {
    pub store: Store,
    pub hands: Vec<Hand>,
    http: Client,
    url: String,
    folder: PathBuf,
    contracts: u32,
}

/// A contract's number.
pub fn number(at: u32) -> String {
    format!("SGH{at:07}")
}

/// Its phone.
pub fn phone(at: u32) -> String {
    format!("09{:08}", at.wrapping_mul(7_919) % 100_000_000)
}

/// Its customer.
pub fn name(at: u32) -> String {
    const FAMILIES: [&str; 5] = ["Nguyễn", "Trần", "Lê", "Phạm", "Võ"];
    const MIDDLES: [&str; 4] = ["Văn", "Thị", "Hữu", "Ngọc"];
    const GIVEN: [&str; 7] = ["Ân", "Bình", "Châu", "Dũng", "Hạnh", "Khôi", "Lan"];
    let of = |names: &[&'static str], by: u32| {
        let place = usize::try_from(at / by).unwrap_or_default() % names.len();
        names.get(place).copied().unwrap_or_default()
    };
    format!(
        "{} {} {}",
        of(&FAMILIES, 1),
        of(&MIDDLES, 5),
        of(&GIVEN, 20)
    )
}

fn contract(at: u32) -> IncomingContract {
    let bill = |n: usize| IncomingItem {
        number: format!("{at}-{n}"),
        from: Some("2026-10-01".to_owned()),
        to: Some("2026-10-31".to_owned()),
        issued: Some("2026-11-01".to_owned()),
        amount: AMOUNT,
        content: "Cước Internet".to_owned(),
        ..IncomingItem::default()
    };
    IncomingContract {
        number: number(at),
        customer_name: name(at),
        address: format!("{at} đường Lê Lợi, Ninh Kiều, Cần Thơ"),
        kind: crate::domain::desk::NORMAL.to_owned(),
        phones: vec![IncomingPhone {
            number: phone(at),
            main: true,
            hifpt: false,
        }],
        bills: (0..BILLS).map(bill).collect(),
        ..IncomingContract::default()
    }
}

impl DeskStage {
    pub async fn open(url: &str, folder: &Path, contracts: u32) -> anyhow::Result<Self> {
        let store = Store::open(url).await?;
        let all: Vec<u32> = (0..contracts).collect();
        for some in all.chunks(2_000) {
            let made: Vec<IncomingContract> = some.iter().map(|at| contract(*at)).collect();
            store.desk().add_samples(1, &made).await?;
        }
        let hash = hash_password(&SecretString::from(PASSWORD))?;
        let mut hands = Vec::with_capacity(COLLECTORS);
        for at in 0..COLLECTORS {
            hands.push(hand(&store, &format!("thu{at}"), &hash).await?);
        }
        Ok(Self {
            http: Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(30))
                .build()?,
            url: url.to_owned(),
            folder: folder.to_owned(),
            contracts,
            hands,
            store,
        })
    }

    /// A server of its own process.
    pub async fn serve(&self) -> anyhow::Result<Served> {
        let environment = [("GACHNO_SERVE_REQUESTS_PER_SECOND", "1000000")];
        let started = Served::start_with(&self.folder, Some(&self.url), &environment).await;
        started.map_err(|_| anyhow::anyhow!("the server did not start"))
    }

    /// The doors of a collector, nobody else's: contract and the oldest bill.
    pub async fn doors(&self, at: usize) -> anyhow::Result<Vec<(String, i64)>> {
        let mut doors = Vec::with_capacity(EACH);
        for turn in 0..EACH {
            let place = u32::try_from(at * EACH + turn)? % self.contracts.max(1);
            let number = number(place);
            let found = self.store.desk().contract(1, &number).await?;
            let item = found.and_then(|(_, items)| items.first().map(|item| item.id));
            doors.extend(item.map(|item| (number, item)));
        }
        Ok(doors)
    }

    pub async fn get(&self, url: &str, hand: &Hand) -> anyhow::Result<(Value, Duration)> {
        self.timed(self.http.get(url), hand).await
    }

    pub async fn post(
        &self,
        url: &str,
        hand: &Hand,
        body: &Value,
    ) -> anyhow::Result<(Value, Duration)> {
        self.timed(self.http.post(url).json(body), hand).await
    }

    async fn timed(
        &self,
        request: RequestBuilder,
        hand: &Hand,
    ) -> anyhow::Result<(Value, Duration)> {
        let begun = Instant::now();
        let answer = request
            .bearer_auth(hand.token.expose_secret())
            .send()
            .await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() && status.as_u16() != 422 {
            bail!("{status}: {text}");
        }
        Ok((serde_json::from_str(&text)?, begun.elapsed()))
    }
}

async fn hand(store: &Store, login: &str, hash: &str) -> anyhow::Result<Hand> {
    let wanted = PersonWanted::collector(login, "thu_cuoc", LIMIT);
    let actor = Actor::system();
    let accounts = store.accounts();
    let person = accounts.put(&wanted, Some(hash), hash, &actor).await?;
    let machines = store.machines();
    let made = machines
        .add_for(login, &[Scope::Desk], None, Some(person.id), &actor)
        .await?;
    Ok(Hand {
        id: person.id,
        token: made.token,
    })
}
