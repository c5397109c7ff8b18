//! How many logins work at the same time: more only while it speeds things up, fewer when the
//! portal slows or pushes back. Pure: time comes in as milliseconds.

/// A level must be this much faster than the one below it, or it is not worth its load. In percent.
const WORTH_PERCENT: u64 = 10;
/// Jobs per login that a level is measured over.
const JOBS_PER_LOGIN: u32 = 3;
/// Windows that a level is kept for before a higher one is tried again.
const REST_WINDOWS: u32 = 8;

/// The number at work, and what it learned.
#[derive(Debug, Clone)]
pub(super) struct LoginPace {
    most: usize,
    now: usize,
    window: Window,
    /// Jobs a million ms, of the level before the last step up.
    rate_below: Option<u64>,
    rest: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    started_ms: i64,
    jobs: u32,
}

impl LoginPace {
    /// Starts with one login, of `most`.
    pub fn new(most: usize, now_ms: i64) -> Self {
        Self {
            most: most.max(1),
            now: 1,
            window: Window {
                started_ms: now_ms,
                jobs: 0,
            },
            rate_below: None,
            rest: 0,
        }
    }

    /// How many may work now.
    pub fn allowed(&self) -> usize {
        self.now
    }

    /// A job was done.
    pub fn done(&mut self, now_ms: i64) {
        self.window.jobs += 1;
        let full = JOBS_PER_LOGIN * u32::try_from(self.now).unwrap_or(u32::MAX);
        // The first window is short: a small batch should not end before a second login was tried.
        let full = if self.rate_below.is_none() && self.now == 1 {
            1
        } else {
            full
        };
        if self.window.jobs < full {
            return;
        }
        let took = u64::try_from((now_ms - self.window.started_ms).max(1)).unwrap_or(1);
        let rate = u64::from(self.window.jobs) * 1_000_000 / took;
        self.measured(rate, now_ms);
    }

    fn measured(&mut self, rate: u64, now_ms: i64) {
        let is_worth = self
            .rate_below
            .is_none_or(|below| rate * 100 >= below * (100 + WORTH_PERCENT));
        if !is_worth && self.rest == 0 {
            // The last step brought nothing: back, and stay for a while.
            self.now = (self.now / 2).max(1);
            self.rest = REST_WINDOWS;
            self.rate_below = Some(rate);
        } else if self.rest > 0 {
            self.rest -= 1;
            if self.rest == 0 {
                self.rate_below = None;
            }
        } else if self.now < self.most {
            self.rate_below = Some(rate);
            self.now = (self.now * 2).min(self.most);
        }
        self.window = Window {
            started_ms: now_ms,
            jobs: 0,
        };
    }

    /// The portal said "too many" or "not now", or did not answer in time.
    pub fn pushed_back(&mut self, now_ms: i64) {
        self.now = (self.now / 2).max(1);
        self.rest = REST_WINDOWS;
        self.window = Window {
            started_ms: now_ms,
            jobs: 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a portal that does `rate(logins)` jobs a second; says where the pace ends up and how
    /// high it ever was.
    fn settles(most: usize, jobs: u32, rate: impl Fn(usize) -> f64) -> (usize, usize) {
        let mut pace = LoginPace::new(most, 0);
        let (mut now, mut highest) = (0.0_f64, 1);
        for _ in 0..jobs {
            now += 1_000.0 / rate(pace.allowed());
            #[expect(
                clippy::cast_possible_truncation,
                reason = "milliseconds of a simulated run"
            )]
            pace.done(now as i64);
            highest = highest.max(pace.allowed());
        }
        (pace.allowed(), highest)
    }

    #[test]
    fn a_portal_that_scales_gets_all_of_them() {
        #[expect(clippy::cast_precision_loss, reason = "eight")]
        let (end, _) = settles(8, 60, |logins| logins as f64);
        assert_eq!(end, 8);
    }

    #[test]
    fn a_portal_that_does_not_scale_is_not_crowded() {
        let (end, highest) = settles(16, 60, |_| 2.0);
        assert!(end <= 2 && highest <= 2, "{end} {highest}");
        #[expect(clippy::cast_precision_loss, reason = "four")]
        let (end, highest) = settles(
            16,
            100,
            |logins| if logins <= 4 { logins as f64 } else { 3.0 },
        );
        assert!((2..=8).contains(&end) && highest == 8, "{end} {highest}");
    }

    #[test]
    fn a_portal_that_pushes_back_is_left_in_peace() {
        let mut pace = LoginPace::new(8, 0);
        for at in 1..=60 {
            pace.done(at * 100 / i64::try_from(pace.allowed()).expect("small"));
        }
        let before = pace.allowed();
        pace.pushed_back(10_000);
        assert_eq!(pace.allowed(), (before / 2).max(1));
        for _ in 0..5 {
            pace.pushed_back(10_000);
        }
        assert_eq!(pace.allowed(), 1, "never none");
    }
}
