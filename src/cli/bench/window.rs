//! `gachno bench window`: what a frame costs with many rows and many events, and what a real window
//! costs at rest.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use egui::{Context, RawInput, Rect, pos2, vec2};

use super::tree::{TICKS_A_SECOND, cpu_ticks};
use super::{Row, percentile};
use crate::cli::tell;
use crate::desktop::model::rows::{JobRow, Rows};
use crate::desktop::model::rows::{RowState, TableColumn, TableWish, ordered};
use crate::desktop::model::{Busy, Model, Phase, Place, Setup};
use crate::desktop::{FIRST_FRAME, draw, dress};
use crate::domain::{Outcome, Service, Vnd};

/// Rows of the list.
const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];
/// Frames that are measured.
const FRAMES: u32 = 600;
/// Events that come in meanwhile, a second of sixty frames.
const EVENTS_A_SECOND: u32 = 50;
/// How long a window at rest is watched.
const REST: Duration = Duration::from_secs(5);
/// A window that has not drawn by then never will.
const OPEN_MAX: Duration = Duration::from_secs(20);

pub(super) fn window() -> Vec<Row> {
    let mut rows = Vec::new();
    for size in SIZES {
        let (mut frames, triangles, sorted) = frames(size);
        let name = |what: &str| format!("{size} dòng · {what}");
        rows.push(Row::plain(
            name("một khung hình, p50"),
            percentile(&mut frames, 50),
            "ms",
        ));
        rows.push(Row::plain(
            name("tam giác được vẽ"),
            f64::from(u32::try_from(triangles).unwrap_or(u32::MAX)),
            "",
        ));
        let p99 = percentile(&mut frames, 99);
        rows.push(if size == 1_000_000 {
            Row::at_most(name("một khung hình, p99"), p99, "ms", 4.0)
        } else {
            Row::plain(name("một khung hình, p99"), p99, "ms")
        });
        let what = name("lọc và sắp xếp, ngoài luồng vẽ");
        rows.push(if size == 1_000_000 {
            Row::at_most(what, sorted, "ms", 150.0)
        } else {
            Row::plain(what, sorted, "ms")
        });
    }
    match real() {
        Some(real) => {
            rows.push(Row::at_most(
                "cửa sổ thật · khung hình đầu tiên",
                real.first_frame_ms,
                "ms",
                150.0,
            ));
            rows.push(Row::at_most(
                "cửa sổ thật · CPU lúc rảnh",
                real.idle_percent,
                "%",
                0.5,
            ));
            rows.push(Row::plain("cửa sổ thật · bộ nhớ", real.memory_mb, "MB"));
        }
        None => {
            tell(
                "Không có màn hình: bỏ qua cửa sổ thật. (No screen: the real window is left out.)",
            );
        }
    }
    rows
}

/// A list of this size at work: the milliseconds of each frame, the triangles of the last one, and
/// the milliseconds of a filter with a sort beside them.
fn frames(size: u32) -> (Vec<f64>, usize, f64) {
    let ctx = Context::default();
    dress(&ctx);
    let mut model = Model::new(false);
    model.setup = Setup::Ready;
    model.place = Place::Service(Service::PayEvn);
    model.busy = Busy::Batch(Service::PayEvn);
    let tab = model.tab_mut();
    tab.rows = (0..size)
        .map(|i| {
            JobRow::waiting(
                &format!("PE{i:08}"),
                Some(Vnd::fixed(10_000 + i % 900 * 1_000)),
            )
        })
        .collect();
    tab.phase = Phase::Running;
    let mut took = Vec::new();
    let (mut next, mut drawn) = (0, 0);
    for frame in 0..FRAMES {
        // Scrolling all the time: no frame is like the one before.
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1280.0, 800.0))),
            ..RawInput::default()
        };
        input.time = Some(f64::from(frame) / 60.0);
        input
            .events
            .push(egui::Event::PointerMoved(pos2(800.0, 500.0)));
        input.events.push(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: vec2(0.0, -3.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: egui::Modifiers::NONE,
        });
        let started = Instant::now();
        if frame * EVENTS_A_SECOND / 60 > next {
            next += 1;
            model.tab_mut().rows.change(next as usize, |row| {
                row.state = RowState::Done(Outcome::Paid);
            });
        }
        let mut output = ctx.run_ui(input, |ui| {
            draw(ui, &mut model);
        });
        // Nobody paints here.
        output.textures_delta.clear();
        let shapes = ctx.tessellate(output.shapes, output.pixels_per_point);
        took.push(started.elapsed().as_secs_f64() * 1_000.0);
        drawn = shapes
            .iter()
            .map(|shape| match &shape.primitive {
                egui::epaint::Primitive::Mesh(mesh) => mesh.indices.len() / 3,
                egui::epaint::Primitive::Callback(_) => 0,
            })
            .sum();
    }
    // The first frames lay fonts out.
    took.drain(..20);
    (took, drawn, sorted(&model.tab().rows))
}

fn sorted(rows: &Rows) -> f64 {
    let wish = TableWish {
        query: "77".to_owned(),
        sort: Some((TableColumn::Amount, true)),
        ..TableWish::default()
    };
    let started = Instant::now();
    let order = ordered(rows, &wish);
    let took = started.elapsed().as_secs_f64() * 1_000.0;
    drop(order);
    took
}

/// What a real window costs.
struct Real {
    first_frame_ms: f64,
    idle_percent: f64,
    memory_mb: f64,
}

/// A window that is killed when it is dropped.
struct Opened(Child);

impl Drop for Opened {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Opens the program's window twice (the second time everything is warm). `None`: there is no
/// screen.
fn real() -> Option<Real> {
    let home = tempfile::tempdir().ok()?;
    let open = || {
        let program = std::env::current_exe().ok()?;
        let started = Instant::now();
        let mut command = Command::new(program);
        command
            .env("GACHNO_HOME", home.path())
            .env(FIRST_FRAME, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut window = Opened(command.spawn().ok()?);
        let stdout = window.0.stdout.take()?;
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        told.recv_timeout(OPEN_MAX).ok()?;
        Some((window, started.elapsed().as_secs_f64() * 1_000.0))
    };
    drop(open()?);
    let (window, first_frame_ms) = open()?;
    // What comes with the start has to settle first.
    std::thread::sleep(Duration::from_secs(2));
    let pid = window.0.id();
    let before = cpu_ticks(pid)?;
    std::thread::sleep(REST);
    let ticks = cpu_ticks(pid)? - before;
    let memory = super::tree::pss_kb(pid)?;
    #[expect(clippy::cast_precision_loss, reason = "a few ticks, some megabytes")]
    Some(Real {
        first_frame_ms,
        idle_percent: ticks as f64 / TICKS_A_SECOND * 100.0 / REST.as_secs_f64(),
        memory_mb: memory as f64 / 1_024.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_drawn_and_measured_without_a_window() {
        let (mut took, triangles, _) = frames(1_000);
        assert!(triangles > 2_000, "the table is drawn: {triangles}");
        assert_eq!(took.len(), FRAMES as usize - 20);
        assert!(percentile(&mut took, 50) > 0.0);
    }
}
