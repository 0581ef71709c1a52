//! Programs that a test starts: those between it and its browser, and servers.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};

use crate::until::until;

/// A program under way. It ends with the value.
pub(crate) struct Program {
    process: Child,
}

impl Program {
    /// How often a driver is started that ends before it is ready: it draws a port, which another program
    /// may take before it listens.
    const MAX_STARTS: usize = 3;

    /// Starts a program that tells something about itself, and returns what `read` makes of the
    /// first line that it can make something of.
    pub(crate) async fn start<T>(
        command: &mut Command,
        read: impl Fn(&str) -> Option<T>,
    ) -> (Self, T) {
        match Self::try_start(command, &read).await {
            Some(started) => started,
            None => panic!("{} ended before it was ready", name(command)),
        }
    }

    /// The same of the driver of a browser.
    pub(crate) async fn start_driver<T>(
        command: &mut Command,
        read: impl Fn(&str) -> Option<T>,
    ) -> (Self, T) {
        for _ in 1..Self::MAX_STARTS {
            if let Some(started) = Self::try_start(command, &read).await {
                return started;
            }
        }
        Self::start(command, read).await
    }

    /// `None` if it ended before.
    async fn try_start<T>(
        command: &mut Command,
        read: &impl Fn(&str) -> Option<T>,
    ) -> Option<(Self, T)> {
        let mut process = spawn(command.stdout(Stdio::piped()));
        let output = process.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        let told = find(&mut lines, read).await?;
        // Read on, or the program would wait for a reader some day.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some((Self { process }, told))
    }

    /// Starts a program that listens on the port it is given, and waits until it does.
    pub(crate) async fn start_at(command: &mut Command, port: u16) -> Self {
        let process = spawn(command.stdout(Stdio::null()));
        let what = format!("{} listens", name(command));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        until(&what, async || TcpStream::connect(address).await.ok()).await;
        Self { process }
    }

    /// Ends it at once, and waits until it has ended.
    pub(crate) async fn end(mut self) {
        self.process.kill().await.expect("a program can be ended");
    }
}

/// A port of this machine that is free now.
pub(crate) async fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let address = listener.and_then(|it| it.local_addr());
    address.expect("there is a free port").port()
}

fn spawn(command: &mut Command) -> Child {
    let spawned = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    spawned.unwrap_or_else(|error| {
        let name = name(command);
        panic!("{name} does not start ({error}); `cargo xtask setup --tests` installs it")
    })
}

async fn find<T>(
    lines: &mut Lines<BufReader<ChildStdout>>,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    while let Some(line) = lines.next_line().await.expect("a program writes text") {
        if let Some(found) = read(&line) {
            return Some(found);
        }
    }
    None
}

fn name(command: &Command) -> String {
    command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned()
}
