//! Waiting for sockets, for a time, and for other threads, all at once, by epoll.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use mayfly_core::time::Elapsed;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

/// Waits for what it was told of.
///
/// Sockets are registered once, for edges: an event says that something is new, and whoever hears it reads
/// until there is nothing left. Times are kept by a timer of the kernel, which is exact to microseconds
/// where the timeout of epoll has milliseconds.
pub(super) struct Poller {
    files: Files,
    // When the timer goes off; `None` if it is not set.
    alarm: Option<Elapsed>,
    events: Vec<Event>,
    next: usize,
}

/// What the system has to give for a poller, on whichever thread.
#[derive(Debug)]
pub(super) struct Files {
    epoll: OwnedFd,
    timer: OwnedFd,
    bell: Bell,
}

/// Wakes a poller from another thread.
#[derive(Clone, Debug)]
pub(crate) struct Bell(Arc<OwnedFd>);

/// Something that has happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Happening {
    /// Somebody has rung the bell.
    Rung,
    /// Something is new on a socket.
    Socket(SocketEvent),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SocketEvent {
    /// The number that it was registered with.
    pub(super) token: u64,
    /// Whether there is something to read: bytes, the end, or an error.
    pub(super) reads: bool,
    /// Whether more can be written.
    pub(super) writes: bool,
    /// Whether nothing comes after what can be read now.
    pub(super) ends: bool,
}

impl Bell {
    /// Wakes the poller, at once or as soon as it waits.
    pub(crate) fn ring(&self) {
        // It can only fail after having been rung more often than anybody counts.
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }
}

impl Files {
    /// # Errors
    ///
    /// Fails if the system has no open files left.
    pub(super) fn open() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let bell = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        for (file, token) in [(&timer, Poller::TIMER), (&bell, Poller::BELL)] {
            let flags = EventFlags::IN | EventFlags::ET;
            epoll::add(&epoll, file, EventData::new_u64(token), flags)?;
        }
        Ok(Self {
            epoll,
            timer,
            bell: Bell(Arc::new(bell)),
        })
    }

    pub(super) fn bell(&self) -> Bell {
        self.bell.clone()
    }
}

impl Poller {
    const BELL: u64 = u64::MAX;
    const TIMER: u64 = u64::MAX - 1;

    /// How many events are taken from the system at once.
    const MAX_EVENTS: usize = 1024;

    pub(super) fn new(files: Files) -> Self {
        Self {
            files,
            alarm: None,
            events: Vec::with_capacity(Self::MAX_EVENTS),
            next: 0,
        }
    }

    pub(super) fn bell(&self) -> Bell {
        self.files.bell()
    }

    /// From now on tells what is new on `socket`, until that is closed.
    pub(super) fn add(&self, socket: impl AsFd, token: u64) -> io::Result<()> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.files.epoll, socket, EventData::new_u64(token), flags)?;
        Ok(())
    }

    /// Waits until something has happened or it is `until`. What has happened is told by
    /// [`next`](Self::next); it may be nothing.
    ///
    /// # Panics
    ///
    /// Panics if the system does not let it wait, which is an error of this program.
    pub(super) fn wait(&mut self, now: Elapsed, until: Elapsed) {
        const AT_ONCE: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let timeout = (until <= now).then_some(&AT_ONCE);
        // One that goes off too early costs a turn; to set it anew for each request would cost a call
        // to the system.
        if timeout.is_none() && self.alarm.is_none_or(|it| until < it) {
            self.set_alarm(until.since(now));
            self.alarm = Some(until);
        }
        self.events.clear();
        self.next = 0;
        match epoll::wait(&self.files.epoll, spare_capacity(&mut self.events), timeout) {
            Ok(_) | Err(rustix::io::Errno::INTR) => (),
            Err(error) => panic!("cannot wait for sockets: {error}"),
        }
    }

    /// The next thing that has happened, until there is no other.
    pub(super) fn next(&mut self) -> Option<Happening> {
        loop {
            let Event { flags, data } = *self.events.get(self.next)?;
            self.next += 1;
            match data.u64() {
                Self::BELL => return Some(Happening::Rung),
                Self::TIMER => self.alarm = None,
                token => {
                    let ends = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
                    return Some(Happening::Socket(SocketEvent {
                        token,
                        reads: flags.intersects(EventFlags::IN | ends),
                        writes: flags.contains(EventFlags::OUT),
                        ends: flags.intersects(ends),
                    }));
                }
            }
        }
    }

    fn set_alarm(&self, length: Duration) {
        const NONE: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // The system counts no further than some hundred years.
        const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);
        let value = Itimerspec {
            it_interval: NONE,
            it_value: Timespec {
                tv_sec: length.min(LONGEST).as_secs().cast_signed(),
                tv_nsec: length.subsec_nanos().into(),
            },
        };
        timerfd_settime(&self.files.timer, TimerfdTimerFlags::empty(), &value)
            .expect("the file is a timer, and the time is one");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: Elapsed = Elapsed::from_secs(u64::MAX / 2_000_000);

    #[test]
    fn a_bell_wakes_from_another_thread_each_time() {
        let mut poller = Poller::new(Files::open().unwrap());
        for _ in 0..3 {
            let bell = poller.bell();
            let other = std::thread::spawn(move || bell.ring());
            poller.wait(Elapsed::ZERO, FAR);
            assert_eq!(poller.next(), Some(Happening::Rung));
            assert_eq!(poller.next(), None);
            other.join().unwrap();
        }
    }

    #[test]
    fn a_wait_ends_at_its_time_and_never_before() {
        let mut poller = Poller::new(Files::open().unwrap());
        for micros in [0, 1, 300, 2_000] {
            let begun = std::time::Instant::now();
            let length = Duration::from_micros(micros);
            poller.wait(Elapsed::ZERO, Elapsed::ZERO + length);
            assert_eq!(poller.next(), None);
            assert!(length <= begun.elapsed());
        }
    }
}
