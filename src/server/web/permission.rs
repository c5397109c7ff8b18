//! What each role may do: one table over areas and rights.
//!
//! Lives here: data and pure questions about it. Never here: who asks, HTTP, the database.

use crate::store::catalogue::{Area, Role};

/// What somebody may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
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

impl Right {
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
/// operator, collector, read only. A customer has none of it: what is theirs, they see elsewhere.
const TABLE: [(Area, [&str; 5]); 10] = [
    (Area::Jobs, ["saedxi!", "saedxi!", "saexi", "", "s"]),
    (Area::Proofs, ["sx!", "sx!", "s", "", "s"]),
    (Area::Goods, ["saedxi", "saedxi", "s", "s", "s"]),
    (Area::Collection, ["saedxi", "saedxi", "s", "se", "s"]),
    (Area::People, ["saedx", "saed", "", "", ""]),
    (Area::Machines, ["saed", "s", "", "", ""]),
    (Area::Rules, ["saed", "s", "", "", ""]),
    (Area::Trail, ["sx", "sx", "", "", ""]),
    (Area::Payments, ["sex!", "sex!", "", "", "s"]),
    (Area::Desk, ["saexi!", "saexi!", "", "", ""]),
];

/// May somebody of this role?
pub fn may(role: Role, area: Area, right: Right) -> bool {
    let column = match role {
        Role::Owner => 0,
        Role::Manager => 1,
        Role::Operator => 2,
        Role::Collector => 3,
        Role::ReadOnly => 4,
        Role::Customer => return false,
    };
    TABLE
        .iter()
        .any(|(a, letters)| *a == area && letters[column].contains(right.letter()))
}

/// Does somebody of this role take money at doors, or answer for those who do?
pub const fn works_at_desk(role: Role) -> bool {
    matches!(role, Role::Owner | Role::Manager | Role::Collector)
}

/// May a manager touch an account of this role? Owners are for owners.
pub const fn may_manage(role: Role, other: Role) -> bool {
    match role {
        Role::Owner => true,
        Role::Manager => !matches!(other, Role::Owner | Role::Manager),
        Role::Operator | Role::Collector | Role::ReadOnly | Role::Customer => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_only_changes_nothing() {
        for (area, _) in TABLE {
            for right in Right::ALL.into_iter().filter(|r| *r != Right::See) {
                assert!(!may(Role::ReadOnly, area, right), "{area:?} {right:?}");
            }
        }
    }

    #[test]
    fn nobody_may_what_the_owner_may_not() {
        for (area, _) in TABLE {
            for right in Right::ALL {
                assert!(
                    Role::ALL
                        .iter()
                        .all(|role| !may(*role, area, right) || may(Role::Owner, area, right)),
                    "{area:?} {right:?}"
                );
            }
        }
    }

    #[test]
    fn only_who_answers_for_the_shop_says_what_became_of_money() {
        let deciders: Vec<_> = Role::ALL
            .iter()
            .copied()
            .filter(|role| may(*role, Area::Jobs, Right::Decide))
            .collect();
        assert_eq!(deciders, [Role::Owner, Role::Manager]);
        assert!(
            Role::ALL
                .iter()
                .all(|role| !may(*role, Area::Proofs, Right::Edit)),
            "what machines said is never edited"
        );
        assert!(
            Role::ALL
                .iter()
                .all(|role| !may(*role, Area::Trail, Right::Delete)),
            "nor is the trail"
        );
    }

    #[test]
    fn keys_and_people_are_closed_to_the_floor() {
        for role in [
            Role::Operator,
            Role::Collector,
            Role::ReadOnly,
            Role::Customer,
        ] {
            assert!(
                !may(role, Area::People, Right::See)
                    && !may(role, Area::Machines, Right::See)
                    && !may(role, Area::Rules, Right::See)
            );
        }
        assert!(
            !may(Role::Manager, Area::Machines, Right::Add)
                && !may_manage(Role::Manager, Role::Owner)
        );
    }
}
