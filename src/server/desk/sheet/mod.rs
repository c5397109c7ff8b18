//! A file of contracts, a line an item: which column means what, and what is wrong with a line.
//!
//! Pure functions over texts. Lists of the old system are read as well: its columns are among the titles.

mod days;
mod line;
mod titles;

use std::collections::HashMap;

use crate::domain::desk::{IncomingContract, IncomingItem, IncomingPhone};
use crate::store::desk::OldRow;
use line::{ContractLine, line, old_line};
use titles::{Title, columns_of};

/// Lines of one file, at most.
const LINES_MAX: usize = 20_000;

/// Lines before the titles, at most.
const WORDS_MAX: usize = 10;

/// What a file says: contracts, each with the line in which it begins, and what is wrong with which line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContractSheet {
    /// Contracts, in the order of the file.
    pub contracts: Vec<(usize, IncomingContract)>,
    /// Lines that are left out, and why.
    pub faults: Vec<(usize, String)>,
    /// Bills and receivables in it.
    pub items: usize,
}

/// Reads a file's lines. `Err`: why the file cannot be used.
pub fn read(lines: &[(usize, Vec<String>)]) -> Result<ContractSheet, String> {
    let found = lines
        .iter()
        .take(WORDS_MAX)
        .enumerate()
        .find_map(|(at, (_, cells))| {
            let columns = columns_of(cells);
            let has = |title| columns.contains_key(&title);
            let names = has(Title::Contract) || has(Title::Account) || has(Title::Code);
            (names && has(Title::Amount)).then_some((at, columns))
        });
    let Some((at, columns)) = found else {
        return Err(
            "Không thấy dòng tiêu đề. Dòng đầu cần ít nhất hai cột: Số hợp đồng, Số tiền."
                .to_owned(),
        );
    };
    let lines: Vec<_> = lines
        .iter()
        .skip(at + 1)
        .filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()))
        .collect();
    if lines.len() > LINES_MAX {
        return Err(format!(
            "Tệp có {} dòng; mỗi lần nhiều nhất {LINES_MAX}.",
            lines.len()
        ));
    }
    let mut sheet = Building::default();
    for (number, cells) in lines {
        let cell = |title: Title| {
            let at = columns.get(&title);
            at.and_then(|at| cells.get(*at))
                .map_or("", |cell| cell.trim())
        };
        match line(cell) {
            Ok(Some(line)) => sheet.add(*number, line),
            Ok(None) => {}
            Err(why) => sheet.faults.push((*number, why)),
        }
    }
    Ok(sheet.done())
}

/// Contracts that are put together of lines.
#[derive(Default)]
struct Building {
    /// Each with its lines.
    contracts: Vec<(Vec<usize>, IncomingContract)>,
    /// Where each contract is, by its number.
    places: HashMap<String, usize>,
    faults: Vec<(usize, String)>,
}

impl Building {
    fn add(&mut self, number: usize, line: ContractLine) {
        // By itself first, as a program's list is checked: what is wrong with one line takes no other with it.
        let mut alone = line.contract.clone();
        let items = if line.is_bill {
            &mut alone.bills
        } else {
            &mut alone.receivables
        };
        items.push(line.item.clone());
        if let Err(why) = IncomingContract::read(&serde_json::json!(alone)) {
            self.faults.push((number, why));
            return;
        }
        let key = line.contract.number.to_lowercase();
        let place = *self.places.entry(key).or_insert_with(|| {
            self.contracts.push((Vec::new(), line.contract.clone()));
            self.contracts.len() - 1
        });
        let (lines, contract) = &mut self.contracts[place];
        // What one of its lines says is said.
        contract
            .unsaid
            .retain(|unsaid| line.contract.unsaid.contains(unsaid));
        for (text, of_line) in [
            (&mut contract.customer_name, line.contract.customer_name),
            (&mut contract.address, line.contract.address),
            (&mut contract.kind, line.contract.kind),
        ] {
            if text.is_empty() {
                *text = of_line;
            }
        }
        contract.collector = contract.collector.take().or(line.contract.collector);
        for phone in line.contract.phones {
            if contract
                .phones
                .iter()
                .all(|known| known.number != phone.number)
            {
                let main = contract.phones.is_empty();
                contract.phones.push(IncomingPhone { main, ..phone });
            }
        }
        let items = if line.is_bill {
            &mut contract.bills
        } else {
            &mut contract.receivables
        };
        let is_same = |known: &IncomingItem| known.number.eq_ignore_ascii_case(&line.item.number);
        if items.iter().any(is_same) {
            let why = format!("{}: đã có ở dòng trên", line.item.number);
            self.faults.push((number, why));
        } else {
            items.push(line.item);
            lines.push(number);
        }
    }

    /// What holds together.
    fn done(self) -> ContractSheet {
        let mut sheet = ContractSheet {
            faults: self.faults,
            ..ContractSheet::default()
        };
        for (lines, contract) in self.contracts {
            let json = serde_json::json!(contract);
            match IncomingContract::read(&json) {
                Ok(contract) => {
                    sheet.items += contract.items().count();
                    let first = lines.first().copied().unwrap_or_default();
                    sheet.contracts.push((first, contract));
                }
                // All of its lines are left out, so all are named.
                Err(why) => {
                    let named = lines.into_iter().map(|line| (line, why.clone()));
                    sheet.faults.extend(named);
                }
            }
        }
        sheet.faults.sort_by_key(|(number, _)| *number);
        sheet
    }
}

/// The old list of what is to be collected, as contracts: a row a bill. The number of a row's contract is its account,
/// else its code.
pub fn of_old(rows: &[OldRow]) -> ContractSheet {
    let mut sheet = Building::default();
    for row in rows {
        let number = usize::try_from(row.id).unwrap_or_default();
        match old_line(row) {
            Ok(line) => sheet.add(number, line),
            Err(why) => sheet.faults.push((number, why)),
        }
    }
    sheet.done()
}

#[cfg(test)]
mod tests;
