use super::*;

fn rows(count: u32) -> Rows {
    (0..count)
        .map(|i| JobRow::waiting(&format!("PE{i:05}"), Some(Vnd::fixed(i % 7 * 1_000))))
        .collect()
}

#[test]
fn a_change_is_counted_and_not_seen_by_who_took_the_rows_before() {
    let mut all = rows(10_000);
    let before = all.clone();
    all.change(5_000, |row| row.state = RowState::Done(Outcome::Paid));
    assert_eq!(
        (
            all.count(Group::Waiting),
            all.count(Group::Finished),
            all.len()
        ),
        (9_999, 1, 10_000)
    );
    assert_eq!(before.get(5_000).map(|r| r.state), Some(RowState::Waiting));
    all.change(20_000, |_| unreachable!("there is no such row"));
    assert_eq!(all.iter().count(), 10_000);
}

#[test]
fn rows_are_found_by_words_without_their_marks_and_sorted_both_ways() {
    let mut all = rows(20);
    all.change(3, |row| row.customer = Some("NGUYỄN VĂN ĐỨC".into()));
    all.change(4, |row| row.state = RowState::Done(Outcome::Unknown));
    let find = |wish: TableWish| ordered(&all, &wish);
    assert_eq!(find(TableWish::default()), None);
    assert_eq!(
        find(TableWish {
            query: "van duc".into(),
            ..TableWish::default()
        }),
        Some(vec![3])
    );
    assert_eq!(
        find(TableWish {
            query: "6000".into(),
            ..TableWish::default()
        }),
        Some(vec![6, 13]),
        "amounts by their digits"
    );
    assert_eq!(
        find(TableWish {
            query: "pe0001".into(),
            ..TableWish::default()
        })
        .map(|p| p.len()),
        Some(10)
    );
    assert_eq!(
        find(TableWish {
            group: Some(Group::NeedsLook),
            ..TableWish::default()
        }),
        Some(vec![4])
    );
    let by_amount = find(TableWish {
        sort: Some((TableColumn::Amount, true)),
        ..TableWish::default()
    })
    .expect("sorted");
    assert_eq!(
        all.get(by_amount[0] as usize).and_then(|r| r.amount),
        Some(Vnd::fixed(6_000))
    );
    assert_eq!(by_amount.len(), 20);
}

#[test]
fn every_state_of_an_attempt_has_a_place_in_the_table() {
    for outcome in Outcome::ALL
        .into_iter()
        .filter(|outcome| *outcome != Outcome::Unknown)
    {
        assert_eq!(RowState::of(outcome.wire()), RowState::Done(outcome));
    }
    assert_eq!(RowState::of("reconciling").group(), Group::NeedsLook);
    assert_eq!(RowState::of("released"), RowState::Paying);
}
