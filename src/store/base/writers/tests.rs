//! Many who write at the same time, one who fails, one who leaves, a transaction that SQLite itself takes
//! back in the middle.

use std::time::Duration;

use tempfile::TempDir;
use tokio::task::{JoinHandle, JoinSet};

use super::super::sql::{execute, int, one, values};
use super::super::store::{Pools, Store, sqlite_url};
use super::super::tx::{Tx, transaction};
use super::Writers;
use crate::store::StoreError;

/// A file with one table.
struct Shop {
    store: Store,
    /// The same file, as another program has it open.
    other: Store,
    _folder: TempDir,
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("shop.db"));
        let store = Store::connect(&url).await.unwrap();
        let sql = "CREATE TABLE money (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL UNIQUE)";
        execute(&store, sql, vec![]).await.unwrap();
        Self {
            other: Store::connect(&url).await.unwrap(),
            store,
            _folder: folder,
        }
    }

    fn writers(&self) -> &Writers {
        match self.store.pools() {
            Pools::Sqlite(_, writers) => writers,
            Pools::MariaDb(_) => unreachable!("a file was opened"),
        }
    }

    /// What another program finds there: how many rows, and their sum.
    async fn held(&self) -> (i64, i64) {
        let sql = "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM money";
        let row = one(&self.other, sql, vec![]).await.unwrap().unwrap();
        (int(&row, 0).unwrap(), int(&row, 1).unwrap())
    }

    /// Somebody who has begun, and put this amount.
    async fn begun(&self, amount: i64) -> Tx {
        let tx = Tx::begin(&self.store).await.unwrap();
        put(&tx, amount).await.unwrap();
        tx
    }

    /// Somebody else, who puts 3.
    fn third(&self) -> JoinHandle<Result<(), StoreError>> {
        tokio::spawn(put_alone(self.store.clone(), self.other.clone(), 3))
    }

    /// Until so many stand in line.
    async fn until_waiting(&self, count: usize) {
        while self
            .writers()
            .waiting
            .load(std::sync::atomic::Ordering::Acquire)
            < count
        {
            tokio::task::yield_now().await;
        }
    }
}

async fn put(tx: &Tx, amount: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO money (amount) VALUES (?)";
    execute(tx, sql, values![amount]).await.map(|_| ())
}

/// Puts an amount in a transaction of its own, and finds it kept when it is told so.
async fn put_alone(store: Store, other: Store, amount: i64) -> Result<(), StoreError> {
    transaction!(&store, |tx| put(&tx, amount))?;
    let sql = "SELECT id FROM money WHERE amount = ?";
    let found = one(&other, sql, values![amount]).await?;
    assert!(found.is_some(), "{amount} was told to be kept");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_told_to_be_kept_is_kept_however_many_write() {
    let shop = Shop::open().await;
    let mut all = JoinSet::new();
    for amount in 1..=200 {
        all.spawn(put_alone(shop.store.clone(), shop.other.clone(), amount));
    }
    for ended in all.join_all().await {
        ended.unwrap();
    }
    assert_eq!(shop.held().await, (200, 200 * 201 / 2));
}

#[tokio::test]
async fn those_who_stand_in_line_are_written_by_one_commit() {
    let shop = Shop::open().await;
    let first = shop.begun(1).await;
    let mut others = JoinSet::new();
    for amount in 2..=5 {
        others.spawn(put_alone(shop.store.clone(), shop.other.clone(), amount));
    }
    shop.until_waiting(4).await;
    let first = tokio::spawn(first.finish(Ok(())));
    // Each of the four works before the first one is told: nothing is there for others until all is.
    let mut seen = vec![0];
    while !first.is_finished() {
        let (rows, _) = shop.held().await;
        if seen.last() != Some(&rows) {
            seen.push(rows);
        }
    }
    first.await.unwrap().unwrap();
    others.join_all().await.into_iter().for_each(Result::unwrap);
    assert!(
        seen.iter().all(|rows| matches!(rows, 0 | 5)),
        "all at once: {seen:?}"
    );
    assert_eq!(shop.held().await, (5, 15));
}

#[tokio::test]
async fn one_that_fails_takes_nobody_along() {
    let shop = Shop::open().await;
    let first = shop.begun(1).await;
    let store = shop.store.clone();
    // Writes something, and then what is there already.
    let second = tokio::spawn(async move {
        let tx = Tx::begin(&store).await?;
        put(&tx, 2).await?;
        let done = put(&tx, 1).await;
        tx.finish(done).await
    });
    shop.until_waiting(1).await;
    let third = shop.third();
    shop.until_waiting(2).await;
    first.finish(Ok(())).await.unwrap();
    let refused = second.await.unwrap();
    assert!(matches!(refused, Err(StoreError::Database(_))));
    third.await.unwrap().unwrap();
    assert_eq!(shop.held().await, (2, 4), "1 and 3");
}

#[tokio::test]
async fn one_that_leaves_in_the_middle_has_written_nothing() {
    let shop = Shop::open().await;
    let first = shop.begun(1).await;
    let store = shop.store.clone();
    let (there, is_there) = tokio::sync::oneshot::channel();
    let leaver = tokio::spawn(async move {
        let tx = Tx::begin(&store).await.unwrap();
        put(&tx, 2).await.unwrap();
        there.send(()).unwrap();
        std::future::pending::<()>().await;
        drop(tx);
    });
    shop.until_waiting(1).await;
    let first = tokio::spawn(first.finish(Ok(())));
    is_there.await.unwrap();
    let third = shop.third();
    leaver.abort();
    first.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(shop.held().await, (2, 4), "1 and 3");
}

#[tokio::test]
async fn one_that_leaves_alone_holds_nobody_up() {
    let shop = Shop::open().await;
    drop(shop.begun(1).await);
    let another = put_alone(shop.other.clone(), shop.other.clone(), 2);
    tokio::time::timeout(Duration::from_secs(4), another)
        .await
        .expect("the file is free at once")
        .unwrap();
    put_alone(shop.store.clone(), shop.other.clone(), 3)
        .await
        .unwrap();
    assert_eq!(shop.held().await, (2, 5), "2 and 3");
}

#[tokio::test]
async fn where_sqlite_takes_all_back_everybody_does_theirs_again() {
    let shop = Shop::open().await;
    let first = shop.begun(1).await;
    let store = shop.store.clone();
    // What a full disk does in the middle of a statement.
    let second = tokio::spawn(async move {
        let tx = Tx::begin(&store).await?;
        execute(&tx, "ROLLBACK", vec![]).await?;
        tx.finish::<()>(Err(StoreError::NoRow)).await
    });
    shop.until_waiting(1).await;
    let third = shop.third();
    shop.until_waiting(2).await;
    // The first one is told that it has to be done again, and does it.
    let told = first.finish(Ok(())).await;
    assert!(matches!(told, Err(StoreError::TakenBack(_))), "{told:?}");
    assert!(matches!(second.await.unwrap(), Err(StoreError::NoRow)));
    third.await.unwrap().unwrap();
    put_alone(shop.store.clone(), shop.other.clone(), 1)
        .await
        .unwrap();
    assert_eq!(shop.held().await, (2, 4), "1 and 3");
}

#[tokio::test]
async fn a_single_statement_stands_in_line_like_a_transaction() {
    let shop = Shop::open().await;
    let first = shop.begun(1).await;
    let store = shop.store.clone();
    let second = tokio::spawn(async move {
        let sql = "INSERT INTO money (amount) VALUES (2)";
        execute(&store, sql, vec![]).await
    });
    shop.until_waiting(1).await;
    assert_eq!(shop.held().await.0, 0);
    first.finish(Ok(())).await.unwrap();
    assert_eq!(second.await.unwrap().unwrap(), 1);
    assert_eq!(shop.held().await, (2, 3));
}
