//! Leaving a provider alone that has said so: whoever asks by the same channel of this process waits.
//!
//! How many calls a channel takes in a second is kept over all servers, in the database
//! (`store::payments`), and not here.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::ProviderFault;

/// Whoever would wait longer is told so instead.
const WAIT_MAX: Duration = Duration::from_secs(8);
/// The longest time that a provider can make us silent.
const REST_MAX: Duration = Duration::from_mins(1);

/// Until when nobody asks: pure, so that time can be made up.
#[derive(Debug, Default)]
struct Rests(Option<Instant>);

impl Rests {
    /// How long a call has to wait that comes now. `Err`: it would be too long.
    fn wait(&self, now: Instant) -> Result<Duration, Duration> {
        let wait = self
            .0
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        if wait > WAIT_MAX { Err(wait) } else { Ok(wait) }
    }

    fn rest(&mut self, now: Instant, time: Duration) {
        let until = now + time.min(REST_MAX);
        self.0 = Some(self.0.map_or(until, |at| at.max(until)));
    }
}

/// One channel's rest. All that call by the same channel share it.
#[derive(Debug, Default)]
pub struct CallPace {
    rests: Mutex<Rests>,
}

/// Paces by what their channel is known by. One that nobody holds is forgotten.
static PACES: LazyLock<Mutex<HashMap<String, Weak<CallPace>>>> = LazyLock::new(Mutex::default);

impl CallPace {
    /// The pace of this channel.
    pub fn of(channel: &str) -> Arc<Self> {
        let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
        paces.retain(|_, pace| pace.strong_count() > 0);
        if let Some(pace) = paces.get(channel).and_then(Weak::upgrade) {
            return pace;
        }
        let pace = Arc::new(Self::default());
        paces.insert(channel.to_owned(), Arc::downgrade(&pace));
        pace
    }

    /// Waits until the provider has had its rest. Where that is long, it is [`ProviderFault::Busy`] and
    /// nothing was asked.
    pub async fn admit(&self, provider: &'static str) -> Result<(), ProviderFault> {
        match self.locked(|rests| rests.wait(Instant::now())) {
            Ok(Duration::ZERO) => Ok(()),
            Ok(wait) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Err(wait) => Err(ProviderFault::Busy {
                provider,
                retry_after_s: wait.as_secs() + 1,
            }),
        }
    }

    /// The provider wants to be left alone.
    pub fn rest(&self, time: Duration) {
        self.locked(|rests| rests.rest(Instant::now(), time));
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Rests) -> T) -> T {
        work(&mut self.rests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_wants_rest_has_it() {
        let (now, mut rests) = (Instant::now(), Rests::default());
        assert_eq!(rests.wait(now), Ok(Duration::ZERO), "nobody waits");
        rests.rest(now, Duration::from_secs(3));
        rests.rest(now, Duration::from_secs(1));
        assert_eq!(rests.wait(now), Ok(Duration::from_secs(3)));
        assert_eq!(rests.wait(now + Duration::from_secs(4)), Ok(Duration::ZERO));
        rests.rest(now, Duration::from_secs(30));
        assert_eq!(rests.wait(now), Err(Duration::from_secs(30)));
        rests.rest(now, Duration::from_secs(100_000));
        assert_eq!(rests.wait(now), Err(REST_MAX));
        assert!(rests.wait(now + REST_MAX).is_ok());
    }

    #[test]
    fn one_channel_has_one_pace() {
        let (one, same) = (CallPace::of("pace-test-1"), CallPace::of("pace-test-1"));
        assert!(Arc::ptr_eq(&one, &same));
        assert!(!Arc::ptr_eq(&one, &CallPace::of("pace-test-2")));
    }
}
