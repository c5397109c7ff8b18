//! What must not compile: the phases of a payment are types, and the compiler keeps their order.

#[test]
fn the_money_step_cannot_be_written_wrong() {
    trybuild::TestCases::new().compile_fail("tests/types/*.rs");
}
