use super::*;

fn order(world: &World, amount: i64, pin: &str) -> PortalOrder {
    PortalOrder {
        agent: world.scenario.agents[0].username.clone(),
        service: "evn",
        account: "PE01".into(),
        debt_key: Some("PE01".into()),
        amount,
        pin: Some(pin.into()),
    }
}

#[test]
fn a_debt_is_paid_once_and_everything_is_recorded() {
    let mut world = World::new(Scenario::default(), 1);
    assert!(
        world
            .pay(&order(&world, 150_000, "000000"), 150_000)
            .is_err()
    );
    assert!(
        world
            .pay(&order(&world, 150_000, "246810"), 150_000)
            .is_ok()
    );
    assert!(
        world
            .pay(&order(&world, 150_000, "246810"), 150_000)
            .is_err(),
        "nothing is owed any more"
    );
    let truth = world.truth();
    assert_eq!((truth.asked, truth.moved, truth.total), (3, 1, 150_000));
    assert_eq!(
        truth.balances.values().copied().collect::<Vec<_>>(),
        [49_850_000]
    );
}

#[test]
fn faults_come_when_they_are_due() {
    let mut world = World::new(Scenario::default(), 1);
    world.scenario.faults.push(super::super::ScenarioFault {
        at: "search".into(),
        account: None,
        after: 1,
        times: 1,
        action: FaultAction::Expire,
    });
    assert_eq!(world.faults("search", "a"), []);
    assert_eq!(world.faults("search", "a"), [FaultAction::Expire]);
    assert_eq!(world.faults("search", "a"), []);
}
