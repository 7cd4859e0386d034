//! Signals that end the program, once something has been put in order.

use std::io;

/// What listens for an interrupt, a hang-up and a request to end. Systems without signals just end the program.
#[derive(Debug)]
pub(super) struct Interrupts {
    #[cfg(unix)]
    seen: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

#[cfg(not(unix))]
impl Interrupts {
    pub(super) fn after(_: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        Ok(Self {})
    }

    pub(super) fn give_way(&self) {}
}

#[cfg(unix)]
impl Interrupts {
    /// From now on a signal does this. It then ends the program with 128 and its number.
    pub(super) fn after(action: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

        let ignored = ignored();
        let heeded =
            [SIGHUP, SIGINT, SIGTERM].map(|signal| (ignored & (1 << (signal - 1)) == 0).then_some(signal));
        let heeded = heeded.into_iter().flatten();
        let mut signals = signal_hook::iterator::Signals::new(heeded.clone())?;
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                if let Some(signal) = signals.forever().next() {
                    action();
                    signal_hook::low_level::exit(128 + signal);
                }
            })?;
        let seen = std::sync::Arc::default();
        for signal in heeded {
            signal_hook::flag::register(signal, std::sync::Arc::clone(&seen))?;
        }
        Ok(Self { seen })
    }

    /// Lets a signal that has come end the program here.
    pub(super) fn give_way(&self) {
        while self.seen.load(std::sync::atomic::Ordering::SeqCst) {
            std::thread::park();
        }
    }
}

/// The signals that whoever started the program wants it to ignore, as `nohup` does, a bit each; none where the system
/// does not tell.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}
