//! A table that was copied from Excel and pasted among the lines: read as a file of it would be, by its
//! titles where it has any.

use super::ServiceTab;
use crate::domain::job::RowError;
use crate::domain::{Intake, JobList, RawJob, Service};
use crate::report::read_pasted;

/// How the table is called where it cannot be read.
const NAME: &str = "bảng vừa dán";

/// Is there a table among the lines? No line that is typed has a tab in it.
pub(super) fn is_table(text: &str) -> bool {
    text.contains('\t')
}

impl ServiceTab {
    /// Takes the lines over as jobs of their own, with all that their cells say. Lines that stood
    /// before the table stay what they were.
    pub(super) fn take_pasted(&mut self, service: Service) {
        let (before, table) = at_the_table(&self.text);
        let read = read_pasted(NAME, service, table);
        let mut rows = self.raw_lines(service, before, self.taken.as_ref());
        let skipped = before.lines().count();
        let unread = match read {
            Ok(read) => {
                rows.extend(read.into_iter().map(|raw| below(raw, skipped)));
                None
            }
            Err(error) => Some(RowError {
                row: NAME.to_owned(),
                why: error.to_string(),
                account: String::new(),
                ticket: None,
            }),
        };
        let mut list = JobList::check(service, self.defaults(), rows);
        for job in &mut list.jobs {
            job.ticket = self.tickets.get(&job.identity(service)).cloned();
        }
        if let Some(error) = unread {
            list.errors.push(error);
            // What could not be read stays where it can be changed.
            self.taken = None;
            self.list = list;
            return self.rows_of_list(service);
        }
        let intake = Intake {
            list,
            receiver_phone: self.receiver.parse().ok(),
            pin: self.list_pin.take(),
            is_sample: false,
        };
        self.text.clear();
        self.list = JobList::default();
        self.take(service, intake);
    }
}

/// The lines before the table, and the table.
fn at_the_table(text: &str) -> (&str, &str) {
    let tab = text.find('\t').unwrap_or(text.len());
    text.split_at(text[..tab].rfind('\n').map_or(0, |end| end + 1))
}

/// A row of the table by its line in the whole text.
fn below(raw: RawJob, skipped: usize) -> RawJob {
    let number = raw
        .row
        .rsplit(' ')
        .next()
        .and_then(|number| number.parse::<usize>().ok());
    RawJob {
        row: number.map_or(raw.row.clone(), |number| {
            format!("dòng {}", number + skipped)
        }),
        ..raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Vnd;

    fn pasted(service: Service, text: &str) -> ServiceTab {
        let mut tab = ServiceTab {
            text: text.to_owned(),
            ..ServiceTab::default()
        };
        tab.edited(service);
        tab
    }

    fn seen(tab: &ServiceTab) -> Vec<(String, Option<i64>)> {
        let jobs = tab.list.jobs.iter();
        jobs.map(|job| (job.account.to_string(), job.amount.map(Vnd::dong)))
            .collect()
    }

    #[test]
    fn a_table_is_read_by_its_titles() {
        let tab = pasted(
            Service::PayEvn,
            "Mã khách hàng\tTên\tSố tiền\nPE0001\tNguyễn Văn An\t150.000\nPE0002\tLê\t90.000\n",
        );
        assert_eq!(
            seen(&tab),
            [
                ("PE0001".to_owned(), Some(150_000)),
                ("PE0002".to_owned(), Some(90_000))
            ]
        );
        assert_eq!(tab.text, "PE0001\nPE0002");
    }

    #[test]
    fn a_table_without_titles_begins_with_the_account() {
        let tab = pasted(
            Service::TopUpViettel,
            "981234567\t50.000\n0981234568\t20.000",
        );
        assert_eq!(
            seen(&tab),
            [
                ("0981234567".to_owned(), Some(50_000)),
                ("0981234568".to_owned(), Some(20_000))
            ]
        );
    }

    #[test]
    fn what_was_typed_before_the_table_stays() {
        let tab = pasted(
            Service::PayEvn,
            "PE0001\nMã KH\tSố tiền\nPE0002\t90.000\nsai!\t1",
        );
        assert_eq!(
            seen(&tab),
            [
                ("PE0001".to_owned(), None),
                ("PE0002".to_owned(), Some(90_000))
            ]
        );
        assert_eq!(tab.list.errors[0].row, "dòng 4");
    }

    #[test]
    fn a_table_without_accounts_says_so_and_stays_to_be_changed() {
        let tab = pasted(Service::PayEvn, "Họ tên\tĐịa chỉ\nAn\tHà Nội");
        assert!(tab.list.jobs.is_empty() && tab.rows.is_empty());
        assert!(tab.list.errors[0].why.contains("Họ tên"), "{:?}", tab.list);
        assert!(tab.text.contains("Hà Nội"));
    }
}
