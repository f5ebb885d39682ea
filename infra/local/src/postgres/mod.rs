//! A PostgreSQL of our own: found on the machine or in a folder, started on a free loopback port, ended by its process id.

mod binaries;
mod prepare;

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

pub use binaries::{Binaries, find};

/// The superuser the twin connects as.
const USER: &str = "tributary";
/// The database the warehouse lives in.
pub const DATABASE: &str = "dev";
/// How long PostgreSQL may take to answer.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to end.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// A PostgreSQL that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Postgres {
    data: PathBuf,
    pid_file: PathBuf,
    pid: u32,
    port: u16,
    password: String,
}

impl Postgres {
    /// Starts PostgreSQL over `dir`, found on this machine. What an earlier start over the same folder left running is ended first.
    pub fn start(dir: &Path) -> anyhow::Result<Self> {
        Self::start_with(dir, &find(None)?)
    }

    /// Starts PostgreSQL over `dir` with these binaries. Data of an earlier start are kept.
    pub fn start_with(dir: &Path, binaries: &Binaries) -> anyhow::Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
        let dir = dir
            .canonicalize()
            .with_context(|| format!("finding {}", dir.display()))?;
        let pid_file = dir.join("postgres.pid");
        end_earlier(&pid_file)?;
        let user = RunAs::choose(&dir, binaries)?;
        let data = dir.join("data");
        let password = password(&dir.join("password"))?;
        if !data.join("PG_VERSION").exists() {
            init(binaries, &user, &data, &password)?;
        }
        let port = free_port()?;
        let log_file = dir.join("postgres.log");
        let log = fs::File::create(&log_file)
            .with_context(|| format!("creating {}", log_file.display()))?;
        let mut command = user.command(&binaries.tool("postgres"));
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "unix_socket_directories=".to_owned(),
            // What is here can be made again from the source: speed before survival of a power cut.
            "fsync=off".to_owned(),
            "synchronous_commit=off".to_owned(),
            "full_page_writes=off".to_owned(),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
            "max_connections=100".to_owned(),
            "deadlock_timeout=200ms".to_owned(),
            "shared_buffers=64MB".to_owned(),
            // Compiling the long statements of the merge takes longer than running them on so few rows.
            "jit=off".to_owned(),
        ];
        command.arg("-D").arg(&data);
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        let child = command
            .current_dir(&dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", binaries.tool("postgres").display()))?;
        // `setpriv` and `runuser` replace themselves or wait: the server writes its own process id.
        let mut started = Self {
            data,
            pid_file,
            pid: child.id(),
            port,
            password,
        };
        started.wait_until_up(child, &log_file)?;
        Ok(started)
    }

    /// `postgresql://user:password@127.0.0.1:port/database`, for the twin's own use: it holds the password.
    pub fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    fn url_of(&self, database: &str) -> String {
        format!(
            "postgresql://{USER}:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends the server; its data stay.
    pub fn stop(self) {
        drop(self);
    }

    fn wait_until_up(&mut self, mut child: std::process::Child, log: &Path) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            if let Some(pid) = server_pid(&self.data, begun) {
                self.pid = pid;
                fs::write(&self.pid_file, pid.to_string())
                    .with_context(|| format!("writing {}", self.pid_file.display()))?;
                if is_ready(&self.data)
                    && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
                {
                    // A thread takes the child's exit, so that no dead process stays behind.
                    std::thread::spawn(move || child.wait());
                    return Ok(());
                }
            }
            if let Some(status) = child.try_wait()? {
                let said = fs::read_to_string(log).unwrap_or_default();
                bail!(
                    "PostgreSQL ended with {status} while starting; its log says:\n{}",
                    tail(&said)
                );
            }
            if begun.elapsed() > START_PATIENCE {
                let said = fs::read_to_string(log).unwrap_or_default();
                bail!(
                    "PostgreSQL did not answer within {} s; its log says:\n{}",
                    START_PATIENCE.as_secs(),
                    tail(&said)
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        end(self.pid);
        let _ = fs::remove_file(&self.pid_file);
    }
}

/// The last lines of a log.
fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

/// The pid the server itself wrote into its data folder, once its file is of this start.
fn server_pid(data: &Path, begun: Instant) -> Option<u32> {
    let file = data.join("postmaster.pid");
    let age = fs::metadata(&file)
        .ok()?
        .modified()
        .ok()?
        .elapsed()
        .unwrap_or_default();
    if age > begun.elapsed() + Duration::from_secs(1) {
        return None; // left by a server that was killed
    }
    let pid = fs::read_to_string(file)
        .ok()?
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()?;
    is_postgres(pid).then_some(pid)
}

fn is_ready(data: &Path) -> bool {
    fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|text| {
        text.lines()
            .nth(7)
            .is_some_and(|line| line.trim() == "ready")
    })
}

/// True if the process is a PostgreSQL server; a process id may have been given to somebody else since.
fn is_postgres(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).map_or_else(
        |_| {
            let asked = Command::new("ps")
                .args(["-p", &pid.to_string(), "-o", "comm="])
                .output();
            asked.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("postgres"))
        },
        |line| {
            String::from_utf8_lossy(&line)
                .split('\0')
                .next()
                .is_some_and(|name| name.ends_with("postgres"))
        },
    )
}

/// Ends a server: at once, but so that it takes its children along.
fn end(pid: u32) {
    if !is_postgres(pid) {
        return;
    }
    let signal = |name: &str| {
        let _ = Command::new("kill")
            .args([&format!("-{name}"), &pid.to_string()])
            .stderr(Stdio::null())
            .status();
    };
    signal("INT"); // fast shutdown: open transactions are rolled back
    let begun = Instant::now();
    while is_postgres(pid) {
        if begun.elapsed() > STOP_PATIENCE {
            signal("QUIT");
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn end_earlier(pid_file: &Path) -> anyhow::Result<()> {
    let Ok(text) = fs::read_to_string(pid_file) else {
        return Ok(());
    };
    if let Ok(pid) = text.trim().parse() {
        end(pid);
    }
    fs::remove_file(pid_file).with_context(|| format!("removing {}", pid_file.display()))
}

fn free_port() -> anyhow::Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// The password of this folder's server, made once.
fn password(file: &Path) -> anyhow::Result<String> {
    if let Ok(known) = fs::read_to_string(file) {
        return Ok(known);
    }
    let random = || RandomState::new().hash_one(std::process::id());
    let password = format!("{:016x}{:016x}", random(), random());
    fs::write(file, &password).with_context(|| format!("writing {}", file.display()))?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    Ok(password)
}

fn init(binaries: &Binaries, user: &RunAs, data: &Path, password: &str) -> anyhow::Result<()> {
    let word_file = data.with_extension("word");
    fs::write(&word_file, password)?;
    user.own(&word_file)?;
    if data.exists() {
        fs::remove_dir_all(data).with_context(|| format!("clearing {}", data.display()))?; // an earlier start was cut off
    }
    fs::create_dir(data)?;
    fs::set_permissions(data, fs::Permissions::from_mode(0o700))?;
    user.own(data)?;
    let made = user
        .command(&binaries.tool("initdb"))
        .args([
            "--username",
            USER,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
            "--no-instructions",
        ])
        .arg("--pwfile")
        .arg(&word_file)
        .arg("--pgdata")
        .arg(data)
        .current_dir(data)
        .stdin(Stdio::null())
        .output();
    let _ = fs::remove_file(&word_file);
    let made = made.with_context(|| format!("starting {}", binaries.tool("initdb").display()))?;
    if !made.status.success() {
        bail!(
            "initdb ended with {}: {}",
            made.status,
            tail(&String::from_utf8_lossy(&made.stderr))
        );
    }
    Ok(())
}

/// Whom the server runs as: PostgreSQL refuses to be root.
#[derive(Debug)]
enum RunAs {
    Ourselves,
    Other { name: String, uid: u32, gid: u32 },
}

impl RunAs {
    fn choose(dir: &Path, binaries: &Binaries) -> anyhow::Result<Self> {
        if fs::metadata("/proc/self").map_or(1, |m| m.uid()) != 0 {
            return Ok(Self::Ourselves);
        }
        let users = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
        let find = |wanted: &str| {
            users.lines().find_map(|line| {
                let fields: Vec<_> = line.split(':').collect();
                let (uid, gid) = (fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?);
                (fields[0] == wanted).then(|| Self::Other {
                    name: wanted.to_owned(),
                    uid,
                    gid,
                })
            })
        };
        let Some(user) = find("postgres").or_else(|| find("nobody")) else {
            bail!(
                "PostgreSQL does not run as root, and neither a user postgres nor nobody exists; run this as another user"
            );
        };
        for place in [dir, binaries.folder()] {
            let closed = place.ancestors().find(|parent| {
                let mode = fs::metadata(parent).map_or(0, |m| m.permissions().mode());
                mode & 0o001 == 0 && *parent != dir
            });
            if let Some(closed) = closed {
                bail!(
                    "PostgreSQL cannot run as root, and another user cannot enter {}, above {}; choose a folder all users can reach, such as one under {}",
                    closed.display(),
                    place.display(),
                    std::env::temp_dir().display()
                );
            }
        }
        fs::set_permissions(dir, fs::Permissions::from_mode(0o711))?;
        Ok(user)
    }

    fn own(&self, path: &Path) -> anyhow::Result<()> {
        if let Self::Other { uid, gid, .. } = self {
            std::os::unix::fs::chown(path, Some(*uid), Some(*gid))
                .with_context(|| format!("handing {} to another user", path.display()))?;
        }
        Ok(())
    }

    fn command(&self, program: &Path) -> Command {
        let Self::Other { name, uid, gid } = self else {
            return Command::new(program);
        };
        if let Some(setpriv) = binaries::on_path("setpriv") {
            let mut command = Command::new(setpriv);
            command.args([
                format!("--reuid={uid}"),
                format!("--regid={gid}"),
                "--clear-groups".into(),
                "--".into(),
            ]);
            command.arg(program);
            return command;
        }
        let runuser = binaries::on_path("runuser").unwrap_or_else(|| PathBuf::from("runuser"));
        let mut command = Command::new(runuser);
        command.args(["-u", name, "--"]).arg(program);
        command
    }
}
