//! The page and the demo API, for a person to try.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use crate::command::{cargo, command, output, run};
use crate::{dist, tools};

/// What to serve where.
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) demo_port: u16,
    pub(crate) open: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 8089,
            demo_port: 5000,
            open: true,
        }
    }
}

/// Serves until Ctrl-C, or until one of the two servers ends.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn serve(options: &Options) -> anyhow::Result<()> {
    check_free(options.port, "--port")?;
    check_free(options.demo_port, "--demo-port")?;
    ensure!(
        options.port != options.demo_port,
        "--port and --demo-port must differ"
    );
    tools::set_up()?;
    let demo_api = build_demo_api()?;

    let servers = Servers::default();
    servers.end_on_ctrl_c()?;
    let (port, demo_port) = (options.port.to_string(), options.demo_port.to_string());
    let mut demo = Command::new(demo_api);
    servers.start(
        demo.args(["demo-api", "--port", &demo_port])
            .stdout(Stdio::null()),
    )?;
    println!("▸ building the page, and serving it");
    servers.start(dist::trunk().args(["serve", "--release", "--port", &port]))?;
    servers.wait_for(options.demo_port)?;
    servers.wait_for(options.port)?;

    let url = format!("http://127.0.0.1:{port}/#host=http://127.0.0.1:{demo_port}");
    println!();
    println!("  Mayfly     {url}");
    println!("  Demo API   http://127.0.0.1:{demo_port}");
    println!("  Ctrl-C ends both.");
    println!();
    if options.open {
        open(&url);
    }
    servers.wait_for_end()
}

fn check_free(port: u16, option: &str) -> anyhow::Result<()> {
    ensure!(
        port != 0,
        "{option} must be a port from 1 to 65535, found 0"
    );
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .with_context(|| format!("port {port} cannot be had; choose another with {option}"))
}

/// Builds the command `mayfly`, and returns where it is.
fn build_demo_api() -> anyhow::Result<PathBuf> {
    let args = ["build", "--quiet", "--package", "mayfly"];
    run("building the demo API", cargo().args(args))?;
    // Cargo knows where its target folder is.
    let metadata = ["metadata", "--no-deps", "--format-version=1"];
    let metadata = output(cargo().args(metadata))?;
    let folder = metadata.split("\"target_directory\":\"").nth(1);
    let folder = folder.and_then(|rest| rest.split('"').next());
    let folder = folder.context("cargo does not say where its target folder is")?;
    let program = PathBuf::from(folder.replace("\\\\", "\\")).join("debug/mayfly");
    Ok(program.with_extension(std::env::consts::EXE_EXTENSION))
}

/// The servers under way. They end with this process.
#[derive(Clone, Default)]
struct Servers(Arc<Mutex<Vec<Child>>>);

impl Servers {
    fn start(&self, command: &mut Command) -> anyhow::Result<()> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).spawn();
        self.with(|servers| {
            servers.push(child.with_context(|| format!("cannot start {program}"))?);
            Ok(())
        })
    }

    /// Waits until `port` answers.
    fn wait_for(&self, port: u16) -> anyhow::Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        while TcpStream::connect(address).is_err() {
            self.check()?;
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn wait_for_end(&self) -> anyhow::Result<()> {
        loop {
            self.check()?;
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Fails if a server has ended, and ends the others.
    fn check(&self) -> anyhow::Result<()> {
        let ended = self.with(|servers| {
            servers
                .iter_mut()
                .find_map(|it| it.try_wait().ok().flatten())
        });
        if let Some(status) = ended {
            self.end();
            bail!("a server ended with {status}; what it said is above");
        }
        Ok(())
    }

    fn end_on_ctrl_c(&self) -> anyhow::Result<()> {
        let servers = self.clone();
        let end = move || {
            servers.end();
            std::process::exit(0);
        };
        ctrlc::set_handler(end).context("cannot listen for Ctrl-C")
    }

    fn end(&self) {
        self.with(|servers| {
            for mut server in servers.drain(..) {
                // It has ended already if it cannot be ended.
                let _ = server.kill();
                let _ = server.wait();
            }
        });
    }

    fn with<T>(&self, use_them: impl FnOnce(&mut Vec<Child>) -> T) -> T {
        use_them(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // The handler of Ctrl-C holds a clone; only the last one outside of it ends them.
        if Arc::strong_count(&self.0) <= 2 {
            self.end();
        }
    }
}

/// Opens a browser, if there is one to open.
fn open(url: &str) {
    let (program, args): (_, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let mut open = command(program);
    // Without a browser, the address above is enough.
    let _ = open
        .args(args)
        .arg(url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
