//! The machine does not fall asleep while there is work on the portal: a payment that waits for its
//! answer would become a doubt. The screen may go dark.

#[cfg(feature = "desktop")]
use std::sync::mpsc;

/// Keeps the machine awake for as long as it lives. Where the system does not let itself be asked,
/// that is logged and nothing else.
#[derive(Debug)]
pub struct Awake {
    /// Its thread lets go when this is dropped.
    #[cfg(feature = "desktop")]
    _end: Option<mpsc::Sender<()>>,
}

impl Awake {
    /// Asks the system, on a thread of its own: it is a call to another program on Linux, and
    /// belongs to the thread that made it on Windows.
    #[cfg(feature = "desktop")]
    pub fn begin() -> Self {
        let (sender, end) = mpsc::channel::<()>();
        let keep = move || {
            let kept = keepawake::Builder::default()
                .idle(true)
                .sleep(true)
                .reason("GachNo is working on payments")
                .app_name("GachNo")
                .app_reverse_domain("vn.gachno.GachNo")
                .create();
            match kept {
                // Until the other end is dropped.
                Ok(_kept) => drop(end.recv()),
                Err(error) => tracing::info!(%error, "the machine may fall asleep"),
            }
        };
        let thread = std::thread::Builder::new().name("awake".to_owned());
        Self {
            _end: thread.spawn(keep).ok().map(|_| sender),
        }
    }

    /// A server's machine does not fall asleep.
    #[cfg(not(feature = "desktop"))]
    pub fn begin() -> Self {
        Self {}
    }
}
