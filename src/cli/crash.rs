//! `gachno bench crash`: kills on purpose, and counts what came of it.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::json;

use super::args::Bench;
use super::{Ended, Exit, Failure, say};
use crate::crash::{Lab, Trial, Verdict, all_strikes, all_troubles, random, strikes_in_turn};

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
    fn add(&mut self, name: &str, trial: &Trial, verdict: &Verdict) {
        self.trials += 1;
        self.runs += verdict.runs;
        self.kills += verdict.kills;
        self.troubles += trial.troubles.len();
        self.paid += verdict.audited.paid;
        self.for_a_person += verdict.audited.for_a_person;
        self.wrong.extend(verdict.audited.wrong.iter().map(|why| format!("{name}: {why}")));
    }
}

/// A trial with its name: random ones are told by their number.
type Named = (String, Trial);

pub(super) async fn crash(options: &Bench) -> Ended {
    let program = std::env::current_exe().map_err(Failure::cannot_run)?;
    let lab = Lab::new(&program).map_err(Failure::cannot_run)?;
    let seed = options.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let started = Instant::now();
    let end = options.minutes.map(|minutes| started + Duration::from_secs(60 * u64::from(minutes)));
    let trials: Box<dyn Iterator<Item = Named>> = match (end, options.matrix) {
        (Some(end), _) => {
            say(&format!("seed {seed}"));
            let numbers = (seed..).take_while(move |_| Instant::now() < end);
            Box::new(numbers.map(|number| (format!("#{number} {}", random(number).name()), random(number))))
        }
        (None, true) => Box::new(all_strikes().into_iter().chain(all_troubles()).map(|t| (t.name(), t))),
        // One number alone is one trial again.
        (None, false) if options.seed.is_some() => Box::new(std::iter::once((random(seed).name(), random(seed)))),
        (None, false) => Box::new(strikes_in_turn().into_iter().map(|t| (t.name(), t))),
    };
    let (mut tally, lab) = (Tally::default(), &lab);
    let mut verdicts = futures_util::stream::iter(trials)
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
            let mark = if verdict.audited.wrong.is_empty() { "✓" } else { "✗" };
            let (runs, kills, paid, open) = (verdict.runs, verdict.kills, verdict.audited.paid, verdict.audited.for_a_person);
            say(&format!("{mark} {:>5.1} s  {runs} runs  {kills} kills  {paid}/{} paid  {open} doubts  {name}", took.as_secs_f64(), trial.jobs));
        }
    }
    report(&tally, seed, started.elapsed(), options.json);
    Ok(if tally.wrong.is_empty() { Exit::Done } else { Exit::NeedsReview })
}

fn report(tally: &Tally, seed: u64, took: Duration, is_json: bool) {
    let Tally { trials, runs, kills, troubles, paid, for_a_person, wrong } = tally;
    if is_json {
        let line = json!({
            "bench": "crash", "seed": seed, "seconds": took.as_secs(), "trials": trials, "runs": runs, "kills": kills,
            "troubles": troubles, "paid": paid, "for_a_person": for_a_person, "wrong": wrong,
        });
        say(&line.to_string());
        return;
    }
    for why in wrong {
        say(&format!("✗ {why}"));
    }
    say(&format!(
        "{trials} trials in {} s: {runs} runs, {kills} kills, {troubles} troubles, {paid} payments proven, {for_a_person} left for a person, {} broken promises",
        took.as_secs(),
        wrong.len()
    ));
}
