//! `gachno bench crash` and `model`: breaking on purpose, and counting what came of it.

use std::time::{Duration, Instant};

use super::{BROKEN, Bench, Row};
use crate::cli::{Failure, say, tell};
use crate::crash::model::{ModelCounts, simulate};
use crate::crash::{
    Lab, Trial, TrialResult, all_strikes, all_troubles, all_troubles_struck, random,
    strikes_in_turn,
};
use crate::domain::Flaw;
use futures_util::StreamExt as _;

/// What all trials came to.
#[derive(Debug, Default)]
struct Tally {
    trials: usize,
    runs: usize,
    kills: usize,
    troubles: usize,
    paid: usize,
    for_a_person: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, name: &str, trial: &Trial, verdict: &TrialResult) {
        self.trials += 1;
        self.runs += verdict.runs;
        self.kills += verdict.kills;
        self.troubles += trial.troubles.len();
        self.paid += verdict.audited.paid;
        self.for_a_person += verdict.audited.for_a_person;
        self.wrong.extend(
            verdict
                .audited
                .wrong
                .iter()
                .map(|why| format!("{name}: {why}")),
        );
    }
}

/// A trial with its name: random ones are told by their number.
type Named = (String, Trial);

pub(super) async fn crash(options: &Bench) -> Result<Vec<Row>, Failure> {
    let program = std::env::current_exe().map_err(Failure::cannot_run)?;
    let lab = Lab::new(&program).map_err(Failure::cannot_run)?;
    let seed = options
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let started = Instant::now();
    let end = options
        .minutes
        .map(|minutes| started + Duration::from_secs(60 * u64::from(minutes)));
    let trials: Box<dyn Iterator<Item = Named>> = match (end, options.matrix) {
        (Some(end), _) => {
            tell(&format!("seed {seed}"));
            let numbers = (seed..).take_while(move |_| Instant::now() < end);
            Box::new(numbers.map(|number| {
                (
                    format!("#{number} {}", random(number).name()),
                    random(number),
                )
            }))
        }
        (None, true) => Box::new(
            all_strikes()
                .into_iter()
                .chain(all_troubles())
                .chain(all_troubles_struck())
                .map(|t| (t.name(), t)),
        ),
        // One number alone is one trial again.
        (None, false) if options.seed.is_some() => {
            Box::new(std::iter::once((random(seed).name(), random(seed))))
        }
        (None, false) => Box::new(
            strikes_in_turn()
                .into_iter()
                .chain(all_troubles())
                .map(|t| (t.name(), t)),
        ),
    };
    let (mut tally, lab) = (Tally::default(), &lab);
    let is_wanted =
        |(name, _): &Named| options.only.as_ref().is_none_or(|only| name.contains(only));
    let mut verdicts = futures_util::stream::iter(trials.filter(is_wanted))
        .map(async |(name, trial)| {
            let began = Instant::now();
            let verdict = lab.run(&trial).await;
            (name, trial, verdict, began.elapsed())
        })
        .buffer_unordered(options.at_once.into());
    while let Some((name, trial, verdict, took)) = verdicts.next().await {
        let verdict = verdict.map_err(Failure::cannot_run)?;
        tally.add(&name, &trial, &verdict);
        if !options.json {
            let mark = if verdict.audited.wrong.is_empty() {
                "✓"
            } else {
                "✗"
            };
            let (runs, kills, paid, open) = (
                verdict.runs,
                verdict.kills,
                verdict.audited.paid,
                verdict.audited.for_a_person,
            );
            say(&format!(
                "{mark} {:>5.1} s  {runs} runs  {kills} kills  {paid}/{} paid  {open} doubts  {name}",
                took.as_secs_f64(),
                trial.jobs
            ));
        }
    }
    for why in &tally.wrong {
        tell(&format!("✗ {why}"));
    }
    let number = |n: usize| u32::try_from(n).map_or(f64::MAX, f64::from);
    Ok(vec![
        Row::plain(
            "seed",
            number(usize::try_from(seed).unwrap_or_default()),
            "",
        ),
        Row::plain("trials", number(tally.trials), ""),
        Row::plain("runs of the program", number(tally.runs), ""),
        Row::plain("kills", number(tally.kills), ""),
        Row::plain("troubles of the portal", number(tally.troubles), ""),
        Row::plain("payments proven", number(tally.paid), ""),
        Row::plain("left for a person", number(tally.for_a_person), ""),
        Row::at_most(BROKEN, number(tally.wrong.len()), "", 0.0),
        Row::plain("time", started.elapsed().as_secs_f64(), "s"),
    ])
}

/// Engine and portal in simulated time, spread over the cores.
pub(super) async fn model(options: &Bench) -> Result<Vec<Row>, Failure> {
    let seed = options
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let started = Instant::now();
    let parts = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let mut all = ModelCounts::default();
    let workers: Vec<_> = (0..parts)
        .map(|part| {
            let attempts = options.attempts.div_ceil(parts);
            // Far apart: no two parts simulate the same batch.
            let first = seed.wrapping_add(part << 40);
            tokio::task::spawn_blocking(move || simulate(first, attempts, Flaw::None))
        })
        .collect();
    for worker in workers {
        let counts = worker.await.map_err(Failure::cannot_run)?;
        all.attempts += counts.attempts;
        all.crashes += counts.crashes;
        all.paid += counts.paid;
        all.doubts += counts.doubts;
        all.for_a_person += counts.for_a_person;
        all.doubts_with_history += counts.doubts_with_history;
        all.for_a_person_with_history += counts.for_a_person_with_history;
        all.wrong.extend(counts.wrong);
    }
    for why in all.wrong.iter().take(20) {
        tell(&format!("✗ {why}"));
    }
    let number = |n: u64| u32::try_from(n).map_or(f64::MAX, f64::from);
    let by_itself =
        |person: u64, doubts: u64| 100.0 * (1.0 - number(person) / number(doubts.max(1)));
    Ok(vec![
        Row::plain("seed", number(seed), ""),
        Row::plain("attempts", number(all.attempts), ""),
        Row::plain("programs that died", number(all.crashes), ""),
        Row::plain("payments proven", number(all.paid), ""),
        Row::plain("attempts that became unknown", number(all.doubts), ""),
        Row::plain(
            "settled without a person, all portals",
            by_itself(all.for_a_person, all.doubts),
            "%",
        ),
        Row::at_least(
            "settled without a person, with a history page",
            by_itself(all.for_a_person_with_history, all.doubts_with_history),
            "%",
            99.5,
        ),
        Row::at_most(BROKEN, number(all.wrong.len() as u64), "", 0.0),
        Row::plain("time", started.elapsed().as_secs_f64(), "s"),
    ])
}
