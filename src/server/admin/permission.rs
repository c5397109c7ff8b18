//! What each role may do: one table over areas and actions.
//!
//! Lives here: data and pure questions about it. Never here: who asks, HTTP, the database.

use crate::store::accounts::Role;

/// What belongs together when somebody is allowed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Jobs.
    Jobs,
    /// What machines reported and were allowed to do.
    Proofs,
    /// Products, orders, banners.
    Goods,
    /// The collection desk's rows.
    Collection,
    /// Users and accounts.
    People,
    /// Machines and their tokens.
    Machines,
    /// The shop's settings and limits.
    Rules,
    /// The audit trail, imports.
    Trail,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look.
    See,
    /// Make a row.
    Add,
    /// Change a row.
    Edit,
    /// Delete softly, and restore.
    Delete,
    /// Take a list along.
    Export,
    /// Bring a list.
    Import,
    /// Say what became of money, and that a report was looked at.
    Decide,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::See,
        Self::Add,
        Self::Edit,
        Self::Delete,
        Self::Export,
        Self::Import,
        Self::Decide,
    ];

    const fn letter(self) -> char {
        match self {
            Self::See => 's',
            Self::Add => 'a',
            Self::Edit => 'e',
            Self::Delete => 'd',
            Self::Export => 'x',
            Self::Import => 'i',
            Self::Decide => '!',
        }
    }
}

/// `s`ee, `a`dd, `e`dit, `d`elete, e`x`port, `i`mport, decide `!`. Columns: owner, manager,
/// operator, collector, read only.
const TABLE: [(Area, [&str; 5]); 8] = [
    (Area::Jobs, ["saedxi!", "saedxi!", "saexi", "", "s"]),
    (Area::Proofs, ["sx!", "sx!", "s", "", "s"]),
    (Area::Goods, ["saedxi", "saedxi", "s", "s", "s"]),
    (Area::Collection, ["saedxi", "saedxi", "s", "se", "s"]),
    (Area::People, ["saedx", "saed", "", "", ""]),
    (Area::Machines, ["saed", "s", "", "", ""]),
    (Area::Rules, ["saed", "s", "", "", ""]),
    (Area::Trail, ["sx", "sx", "", "", ""]),
];

/// May somebody of this role?
pub fn may(role: Role, area: Area, action: Action) -> bool {
    let column = match role {
        Role::Owner => 0,
        Role::Manager => 1,
        Role::Operator => 2,
        Role::Collector => 3,
        Role::ReadOnly => 4,
    };
    TABLE
        .iter()
        .any(|(a, letters)| *a == area && letters[column].contains(action.letter()))
}

/// Where a table belongs. A table that nobody has put anywhere is closed.
pub fn area_of(table: &str) -> Option<Area> {
    Some(match table {
        "jobs" => Area::Jobs,
        "attempts" | "reports" | "debt_locks" => Area::Proofs,
        "products" | "orders" | "order_details" | "banner" => Area::Goods,
        "collection_data" | "transporter_transaction" => Area::Collection,
        "users" | "accounts" | "login_failures" => Area::People,
        "machines" => Area::Machines,
        "admin_config" | "limits" => Area::Rules,
        "audit" | "imports" => Area::Trail,
        _ => return None,
    })
}

/// May a manager touch an account of this role? Owners are for owners.
pub const fn may_manage(role: Role, other: Role) -> bool {
    match role {
        Role::Owner => true,
        Role::Manager => !matches!(other, Role::Owner | Role::Manager),
        Role::Operator | Role::Collector | Role::ReadOnly => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::catalogue::{Access, TABLES};

    const ROLES: [Role; 5] = [
        Role::Owner,
        Role::Manager,
        Role::Operator,
        Role::Collector,
        Role::ReadOnly,
    ];

    #[test]
    fn every_table_that_is_served_belongs_somewhere() {
        for table in TABLES.iter().filter(|t| t.access != Access::Hidden) {
            assert!(area_of(table.name).is_some(), "{} is nobody's", table.name);
        }
        assert_eq!(
            area_of("readme"),
            None,
            "what an intruder left is never served"
        );
    }

    #[test]
    fn who_looks_only_changes_nothing() {
        for (area, _) in TABLE {
            for action in Action::ALL.into_iter().filter(|a| *a != Action::See) {
                assert!(!may(Role::ReadOnly, area, action), "{area:?} {action:?}");
            }
        }
    }

    #[test]
    fn nobody_may_what_the_owner_may_not() {
        for (area, _) in TABLE {
            for action in Action::ALL {
                assert!(
                    ROLES
                        .iter()
                        .all(|role| !may(*role, area, action) || may(Role::Owner, area, action)),
                    "{area:?} {action:?}"
                );
            }
        }
    }

    #[test]
    fn only_who_answers_for_the_shop_says_what_became_of_money() {
        let deciders: Vec<_> = ROLES
            .into_iter()
            .filter(|role| may(*role, Area::Jobs, Action::Decide))
            .collect();
        assert_eq!(deciders, [Role::Owner, Role::Manager]);
        assert!(
            ROLES
                .into_iter()
                .all(|role| !may(role, Area::Proofs, Action::Edit)),
            "what machines said is never edited"
        );
        assert!(
            ROLES
                .into_iter()
                .all(|role| !may(role, Area::Trail, Action::Delete)),
            "nor is the trail"
        );
    }

    #[test]
    fn keys_and_people_are_closed_to_the_floor() {
        for role in [Role::Operator, Role::Collector, Role::ReadOnly] {
            assert!(
                !may(role, Area::People, Action::See)
                    && !may(role, Area::Machines, Action::See)
                    && !may(role, Area::Rules, Action::See)
            );
        }
        assert!(
            !may(Role::Manager, Area::Machines, Action::Add)
                && !may_manage(Role::Manager, Role::Owner)
        );
    }
}
