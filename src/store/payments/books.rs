//! The sums that must agree at any instant.

use super::MoneyBooks;
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, int, one};

/// All money of customers, in đồng: `transfers = credited + surplus + review`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct PaymentBooks {
    /// What arrived, less what was paid back.
    pub transfers: i64,
    /// What payables were credited with.
    pub credited: i64,
    /// What was too much.
    pub surplus: i64,
    /// What a person has to look at.
    pub review: i64,
    /// What fits no payment: no transfer until a person attaches it.
    pub unmatched: i64,
}

impl PaymentBooks {
    /// Do they agree?
    pub const fn agree(&self) -> bool {
        self.transfers == self.credited + self.surplus + self.review
    }
}

impl MoneyBooks<'_> {
    /// The sums, all of them of the same instant: one statement reads one state of the database.
    pub async fn books(&self, owner: Option<i64>) -> Result<PaymentBooks, StoreError> {
        let of = |column: &str| match owner {
            Some(_) => format!(" WHERE {column} = ?"),
            None => String::new(),
        };
        let (payments, transfers) = (
            of("owner_id"),
            match owner {
                Some(_) => " WHERE payment_id IN (SELECT id FROM payment WHERE owner_id = ?)",
                None => "",
            },
        );
        let unmatched = match owner {
            Some(_) => " AND owner_id = ?",
            None => "",
        };
        let sum = |what: &str, from: &str| {
            format!("(SELECT CAST(COALESCE(SUM({what}), 0) AS SIGNED) FROM {from})")
        };
        let sql = self.store.casts(&format!(
            "SELECT {}, {}, {}, {}, {}",
            sum("amount", &format!("payment_transfer{transfers}")),
            sum("credited", &format!("payment{payments}")),
            sum("surplus", &format!("payment{payments}")),
            sum("review", &format!("payment{payments}")),
            sum(
                "amount",
                &format!("unmatched_money WHERE state = 'open'{unmatched}")
            ),
        ));
        let given = owner.map_or_else(Vec::new, |owner| vec![SqlValue::from(owner); 5]);
        let row = one(self.store, &sql, given)
            .await?
            .ok_or(StoreError::NoRow)?;
        Ok(PaymentBooks {
            transfers: int(&row, 0)?,
            credited: int(&row, 1)?,
            surplus: int(&row, 2)?,
            review: int(&row, 3)?,
            unmatched: int(&row, 4)?,
        })
    }
}
