//! A short sound when a batch is over or somebody is needed, by what the system has for that: no
//! sound library, and silence where there is nothing.

use std::process::Stdio;

use crate::process::quiet;

/// What calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// It is done.
    Done,
    /// Somebody is needed.
    Call,
}

/// Programs that play it, the first that is there does.
fn players(sound: Sound) -> Vec<Vec<String>> {
    let words = |command: &[&str]| command.iter().map(|word| (*word).to_owned()).collect();
    if cfg!(windows) {
        let tone = if sound == Sound::Done {
            "[console]::beep(660,180)"
        } else {
            "[console]::beep(880,180);[console]::beep(880,180)"
        };
        return vec![words(&[
            "powershell",
            "-NoProfile",
            "-WindowStyle",
            "Hidden",
            "-Command",
            tone,
        ])];
    }
    if cfg!(target_os = "macos") {
        let name = if sound == Sound::Done {
            "Glass"
        } else {
            "Ping"
        };
        return vec![words(&[
            "afplay",
            &format!("/System/Library/Sounds/{name}.aiff"),
        ])];
    }
    let name = if sound == Sound::Done {
        "complete"
    } else {
        "bell"
    };
    let file = format!("/usr/share/sounds/freedesktop/stereo/{name}.oga");
    vec![
        words(&["canberra-gtk-play", "-i", name]),
        words(&["pw-play", &file]),
        words(&["paplay", &file]),
    ]
}

/// Plays it beside everything else.
pub fn play(sound: Sound) {
    std::thread::spawn(move || {
        let is_played = |command: &Vec<String>| {
            let mut player = quiet(&command[0]);
            player
                .args(&command[1..])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            player.status().is_ok_and(|status| status.success())
        };
        if !players(sound).iter().any(is_played) {
            tracing::debug!(?sound, "nothing here plays a sound");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_sounds_can_be_told_apart() {
        assert_ne!(players(Sound::Done), players(Sound::Call));
        assert!(players(Sound::Call).iter().all(|command| command.len() > 1));
    }
}
