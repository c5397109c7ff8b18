//! The table of a tab: its order, its rows, how many of which kind.

use super::{AT_ONCE, ServiceTab};
use crate::desktop::model::rows::{Group, JobRow, TableColumn, ordered};

impl ServiceTab {
    /// Filters and sorts: at once where that is quick, else it is marked to be done beside the
    /// window's thread.
    pub fn reorder(&mut self) {
        if self.wish.is_plain() {
            (self.order, self.is_order_stale) = (None, false);
        } else if self.rows.len() <= AT_ONCE {
            (self.order, self.is_order_stale) =
                (ordered(&self.rows, &self.wish).map(Into::into), false);
        } else {
            self.is_order_stale = true;
        }
    }

    /// How many rows the table shows.
    pub fn shown(&self) -> usize {
        self.order
            .as_ref()
            .map_or(self.rows.len(), |order| order.len())
    }

    /// The row that the table shows at this place, with its place in the list.
    pub fn row(&self, place: usize) -> Option<(usize, &JobRow)> {
        let place = match &self.order {
            Some(order) => *order.get(place)? as usize,
            None => place,
        };
        self.rows.get(place).map(|row| (place, row))
    }

    /// Sorts by this column, then the other way round, then not at all.
    pub fn sort_by(&mut self, column: TableColumn) {
        self.wish.sort = match self.wish.sort {
            Some((at, false)) if at == column => Some((column, true)),
            Some((at, true)) if at == column => None,
            _ => Some((column, false)),
        };
        self.reorder();
    }

    /// Logins that are at work.
    pub fn at_work(&self) -> usize {
        self.logins.values().filter(|login| !login.is_out).count()
    }

    /// How many of a chip.
    pub fn count(&self, group: Option<Group>) -> usize {
        group.map_or(self.rows.len(), |group| self.rows.count(group))
    }
}
