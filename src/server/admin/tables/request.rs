//! What an address asks of a list, and the addresses that lead on from it.

use crate::server::web::cells::{self, OPS};
use crate::server::web::form::FormData;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::{Column, Table};
use crate::store::tables::{Compare, Deleted, Filter, ListQuery};

/// Conditions that an address may hold, bytes of all of it, and values that one condition may list.
const FILTERS_MAX: usize = 50;
const ADDRESS_MAX: usize = 16 * 1024;
const LISTED_MAX: usize = 500;

/// Rows on a page.
pub(super) const SIZES: [u32; 4] = [25, 50, 100, 200];

/// What an address asks for.
pub struct ListRequest {
    /// Of this table.
    pub table: &'static Table,
    /// As the store takes it.
    pub query: ListQuery,
    pub(super) size: u32,
    pub(super) done: Option<String>,
    /// Rows that a change of many did, and those that it left as they were.
    pub(super) did: i64,
    pub(super) left: i64,
    /// Everything but the place in the list, to build addresses from.
    pub(super) pairs: Vec<(String, String)>,
}

impl ListRequest {
    /// Reads an address's query. A name that is not in the catalogue is refused.
    pub fn of(table: &'static Table, text: &str) -> Result<Self, Problem> {
        if text.len() > ADDRESS_MAX {
            return Err(Problem::bad(
                "Địa chỉ quá dài. Bỏ bớt điều kiện lọc rồi thử lại.",
            ));
        }
        let mut request = Self {
            table,
            query: ListQuery::default(),
            size: SIZES[1],
            done: None,
            did: 0,
            left: 0,
            pairs: Vec::new(),
        };
        let sent: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .filter(|(_, v)| !v.trim().is_empty())
            .collect();
        for (name, value) in &sent {
            let Some((name, value)) = chosen(name, value, &sent) else {
                continue;
            };
            request.read(&name, &value)?;
            if !matches!(name.as_str(), "after" | "done" | "did" | "left") {
                request.pairs.push((name, value));
            }
        }
        if request.query.sort.is_none() {
            request.query.descending = false;
        }
        Ok(request)
    }

    /// The same as far as this person sees it.
    pub fn seen_by(mut self, person: &Person) -> Self {
        self.query.payee = person.account.payee;
        self.query.collector = person.as_collector().map(str::to_owned);
        self
    }

    fn read(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        match name {
            "q" => self.query.search = value.chars().take(200).collect(),
            "sort" => self.query.sort = Some(self.column(value)?),
            "desc" => self.query.descending = value == "1",
            "gone" => {
                self.query.deleted = if value == "1" {
                    Deleted::Only
                } else {
                    Deleted::Without
                }
            }
            "after" => self.query.after = Some(value.to_owned()),
            "size" => {
                let size = value.parse().ok().filter(|s| SIZES.contains(s));
                self.size = size.unwrap_or(SIZES[1]);
            }
            "done" => self.done = Some(value.to_owned()),
            "did" => self.did = value.parse().unwrap_or(0),
            "left" => self.left = value.parse().unwrap_or(0),
            other => {
                if self.query.filters.len() >= FILTERS_MAX {
                    return Err(Problem::bad(format!(
                        "Nhiều nhất {FILTERS_MAX} điều kiện lọc. Bỏ bớt rồi thử lại."
                    )));
                }
                let filter = self.filter(other, value)?;
                self.query.filters.push(filter);
            }
        }
        Ok(())
    }

    fn column(&self, name: &str) -> Result<Column, Problem> {
        let column = self.table.shown_column(name).copied();
        column.ok_or_else(|| Problem::bad("Không có cột này."))
    }

    /// `f.COLUMN.OP`
    fn filter(&self, name: &str, value: &str) -> Result<Filter, Problem> {
        let (column, op) = name
            .strip_prefix("f.")
            .and_then(|rest| rest.rsplit_once('.'))
            .ok_or_else(|| Problem::bad("Không có bộ lọc này."))?;
        let (_, compare, _) = OPS
            .into_iter()
            .find(|(wire, ..)| *wire == op)
            .ok_or_else(|| Problem::bad("Không có phép so sánh này."))?;
        let column = self.column(column)?;
        if compare == Compare::AnyOf && value.split(',').count() > LISTED_MAX {
            return Err(Problem::bad(format!(
                "{}: nhiều nhất {LISTED_MAX} giá trị trong một điều kiện.",
                column.vi
            )));
        }
        let value = cells::read_bound(self.table, &column, compare, value)
            .map_err(|why| Problem::bad(format!("{}: {why}", column.vi)))?;
        Ok(Filter {
            column,
            compare,
            value,
        })
    }

    pub(super) fn address(&self, change: &[(&str, Option<&str>)]) -> String {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self
            .pairs
            .iter()
            .filter(|(name, _)| !change.iter().any(|(changed, _)| changed == name))
        {
            out.append_pair(name, value);
        }
        for (name, value) in change {
            if let Some(value) = value {
                out.append_pair(name, value);
            }
        }
        let query = out.finish();
        if query.is_empty() {
            format!("/admin/t/{}", self.table.name)
        } else {
            format!("/admin/t/{}?{query}", self.table.name)
        }
    }

    /// The same list with nothing left out: sorting and size stay.
    pub(super) fn cleared(&self) -> String {
        let gone: Vec<(&str, Option<&str>)> = self
            .pairs
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| *name == "q" || name.starts_with("f."))
            .map(|name| (name, None))
            .collect();
        self.address(&gone)
    }

    pub(super) fn value(&self, name: &str) -> &str {
        self.pairs
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, v)| v)
    }

    /// The query without the place in the list.
    pub fn text(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.pairs)
            .finish()
    }
}

/// Back to the list as it was.
pub(super) fn back_to(table: &Table, form: &FormData) -> String {
    let query = form.text("query");
    let is_plain = query.chars().all(|c| c.is_ascii_graphic());
    if query.is_empty() || !is_plain {
        format!("/admin/t/{}", table.name)
    } else {
        format!("/admin/t/{}?{query}", table.name)
    }
}

/// What was typed into a pick list. Without a choice from it, a number is the row's.
fn chosen(name: &str, value: &str, sent: &[(String, String)]) -> Option<(String, String)> {
    let Some(picked) = name.strip_prefix("q.") else {
        return Some((name.to_owned(), value.to_owned()));
    };
    let (name, value) = (format!("f.{picked}.is"), value.trim());
    let is_number = value.parse::<i64>().is_ok();
    (is_number && sent.iter().all(|(other, _)| *other != name)).then(|| (name, value.to_owned()))
}
