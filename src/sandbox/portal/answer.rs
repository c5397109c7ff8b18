//! What a request on a page leads to, above all the one that pays.

use std::time::Duration;

use super::frame::PortalMessage;
use super::money::grouped;
use super::scenario::FaultAction;
use super::world::{PortalOrder, World};

/// What a request on a page led to.
#[derive(Debug, Default)]
pub struct PageAnswer {
    pub messages: Vec<PortalMessage>,
    pub evals: Vec<String>,
    pub redirect: Option<String>,
    pub paid: bool,
    /// Paid only after this time, whatever was answered.
    pub settle: Option<(Duration, PortalOrder, i64)>,
}

impl PageAnswer {
    pub fn says(message: PortalMessage) -> Self {
        Self {
            messages: vec![message],
            ..Self::default()
        }
    }

    pub fn eval(script: String) -> Self {
        Self {
            evals: vec![script],
            ..Self::default()
        }
    }

    pub fn redirect(url: &str) -> Self {
        Self {
            redirect: Some(url.to_owned()),
            ..Self::default()
        }
    }

    /// The confirming request: pays, unless a fault keeps it from that, and says so in the
    /// switches' way.
    pub fn payment(
        world: &mut World,
        order: &PortalOrder,
        at_first: i64,
        faults: &[FaultAction],
    ) -> Self {
        for fault in faults {
            match fault {
                FaultAction::EmptyBalance => world.empty_balance(&order.agent),
                FaultAction::PriceChanges(by) => {
                    if let Some(key) = &order.debt_key {
                        world.raise_debt(key, at_first, *by);
                    }
                }
                FaultAction::SettleMs(ms) => {
                    let words = "Giao dịch đang được xử lý, vui lòng không thực hiện lại";
                    return Self {
                        settle: Some((Duration::from_millis(*ms), order.clone(), at_first)),
                        ..Self::says(PortalMessage::info(words))
                    };
                }
                FaultAction::Message {
                    severity,
                    text,
                    moved: false,
                } => {
                    return Self::says(PortalMessage {
                        severity: *severity,
                        text: text.clone(),
                    });
                }
                _ => {}
            }
        }
        let mut answer = match world.pay(order, at_first) {
            Err(refusal) => Self::says(PortalMessage::error(&refusal)),
            Ok(transaction) => {
                let switches = &world.scenario.switches;
                let mut text = world.scenario.texts.success.clone();
                if switches.success_names_amount {
                    text = format!("{text}. Số tiền: {}đ", grouped(order.amount, "."));
                }
                if switches.success_names_transaction {
                    text = format!("{text}. Mã giao dịch: {transaction}");
                }
                Self {
                    paid: true,
                    ..Self::says(PortalMessage {
                        severity: switches.success,
                        text,
                    })
                }
            }
        };
        for fault in faults {
            match fault {
                FaultAction::Message {
                    severity,
                    text,
                    moved: true,
                } => {
                    answer.messages = vec![PortalMessage {
                        severity: *severity,
                        text: text.clone(),
                    }];
                }
                FaultAction::DoubleMessage => {
                    answer.messages = answer
                        .messages
                        .iter()
                        .flat_map(|m| [m.clone(), m.clone()])
                        .collect();
                }
                _ => {}
            }
        }
        answer
    }
}
