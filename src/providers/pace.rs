//! The pace that is kept towards a provider: never more than five calls in a second for one channel,
//! whoever asks.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::ProviderFault;

/// Calls in a window.
const CALLS: usize = 5;
/// A second, and what calls may bunch up by on their way: it is the provider that counts.
const WINDOW: Duration = Duration::from_millis(1_100);
/// Whoever would wait longer is told so instead.
const WAIT_MAX: Duration = Duration::from_secs(8);
/// The longest time that a provider can make us silent.
const REST_MAX: Duration = Duration::from_mins(1);

/// When calls were let through, or will be: pure, so that time can be made up.
#[derive(Debug, Default)]
struct Turns {
    /// The last ones, in their order.
    taken: VecDeque<Instant>,
    /// Nobody goes before.
    rests_until: Option<Instant>,
}

impl Turns {
    /// How long a call has to wait that comes now; its turn is taken. `Err`: it would be too long, and
    /// nothing was taken.
    fn take(&mut self, now: Instant) -> Result<Duration, Duration> {
        let mut at = now.max(self.rests_until.unwrap_or(now));
        if let Some(last) = self.taken.back() {
            at = at.max(*last);
        }
        if self.taken.len() >= CALLS
            && let Some(first) = self.taken.front()
        {
            at = at.max(*first + WINDOW);
        }
        let wait = at - now;
        if wait > WAIT_MAX {
            return Err(wait);
        }
        self.taken.push_back(at);
        if self.taken.len() > CALLS {
            self.taken.pop_front();
        }
        Ok(wait)
    }

    fn rest(&mut self, now: Instant, time: Duration) {
        let until = now + time.min(REST_MAX);
        self.rests_until = Some(self.rests_until.map_or(until, |at| at.max(until)));
    }
}

/// One channel's pace. All that call by the same channel share it.
#[derive(Debug, Default)]
pub struct Pace {
    turns: Mutex<Turns>,
}

/// Paces by what their channel is known by. One that nobody holds is forgotten.
static PACES: LazyLock<Mutex<HashMap<String, Weak<Pace>>>> = LazyLock::new(Mutex::default);

impl Pace {
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

    /// Waits for its turn. Where that would be long, it is [`ProviderFault::Busy`] and nothing was asked.
    pub async fn admit(&self, provider: &'static str) -> Result<(), ProviderFault> {
        let turn = self.locked(|turns| turns.take(Instant::now()));
        match turn {
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
        self.locked(|turns| turns.rest(Instant::now(), time));
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Turns) -> T) -> T {
        work(&mut self.turns.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_ever_has_more_than_five() {
        let (start, mut turns) = (Instant::now(), Turns::default());
        let mut let_through = Vec::new();
        // All at once, in between, and after a pause.
        for at in [
            0, 0, 0, 0, 0, 0, 0, 300, 900, 901, 5_000, 5_000, 5_010, 5_020, 5_030, 5_040,
        ] {
            let now = start + Duration::from_millis(at);
            let_through.push(now + turns.take(now).expect("a turn"));
        }
        for six in let_through.windows(CALLS + 1) {
            assert!(six[CALLS] - six[0] >= Duration::from_secs(1), "{six:?}");
        }
        assert_eq!(let_through[4], start, "a few are not made to wait");
    }

    #[test]
    fn nobody_waits_without_an_end() {
        let (now, mut turns) = (Instant::now(), Turns::default());
        let taken = (0..1_000).filter(|_| turns.take(now).is_ok()).count();
        assert_eq!(taken, 40);
        assert!(turns.take(now + WAIT_MAX).is_ok());
    }

    #[test]
    fn a_provider_that_wants_rest_has_it() {
        let (now, mut turns) = (Instant::now(), Turns::default());
        turns.rest(now, Duration::from_secs(3));
        turns.rest(now, Duration::from_secs(1));
        assert_eq!(turns.take(now), Ok(Duration::from_secs(3)));
        turns.rest(now, Duration::from_secs(30));
        assert_eq!(turns.take(now), Err(Duration::from_secs(30)));
        turns.rest(now, Duration::from_secs(100_000));
        assert!(turns.take(now + REST_MAX).is_ok());
    }

    #[test]
    fn one_channel_has_one_pace() {
        let (one, same) = (Pace::of("pace-test-1"), Pace::of("pace-test-1"));
        assert!(Arc::ptr_eq(&one, &same));
        assert!(!Arc::ptr_eq(&one, &Pace::of("pace-test-2")));
    }
}
