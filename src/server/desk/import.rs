//! Contracts that a program brings.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::desk::IncomingContract;
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::store::Actor;
use crate::store::desk::{ImportTally, RefusedContract};

/// Contracts in one call.
pub const CONTRACTS_MAX: usize = 1_000;

/// Keeps what can be read, and says of the rest why not.
pub async fn bring(
    app: &AppState,
    owner: i64,
    contracts: &[Value],
    actor: &Actor,
) -> Result<ImportTally, PayRefusal> {
    if contracts.len() > CONTRACTS_MAX {
        return Err(PayRefusal::invalid(format!(
            "Mỗi lần gửi nhiều nhất {CONTRACTS_MAX} hợp đồng."
        )));
    }
    let mut refused = Vec::new();
    let mut good = Vec::with_capacity(contracts.len());
    let mut seen = HashSet::new();
    for (index, json) in contracts.iter().enumerate() {
        match IncomingContract::read(json) {
            // Which of the two is meant, nobody knows: the first stays, the second is named.
            Ok(contract) if !seen.insert(contract.number.clone()) => {
                let why = format!("{}: đã có ở trên trong cùng lần gửi", contract.number);
                refused.push(RefusedContract { index, why });
            }
            Ok(contract) => good.push((index, contract)),
            Err(why) => refused.push(RefusedContract { index, why }),
        }
    }
    let mut tally = app.store().desk().put(owner, &good, actor).await?;
    tally.refused.extend(refused);
    tally.refused.sort_by_key(|refused| refused.index);
    Ok(tally)
}
