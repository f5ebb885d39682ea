//! The emulator's process: started in a group of its own, ended with everything it has started.

use anyhow::{Context, Result, bail};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LAUNCHER: &str = include_str!("launch.py");
const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A running emulator.
#[derive(Debug)]
pub struct Ministack {
    child: Option<Child>,
    endpoint: String,
    log: PathBuf,
}

/// How the emulator is started.
#[derive(Debug)]
pub struct MinistackOptions<'a> {
    /// The interpreter of the virtual environment it is installed in.
    pub python: &'a Path,
    /// Its scratch folder.
    pub folder: &'a Path,
    /// Where its log goes.
    pub log: PathBuf,
    /// Factor on the waits of the state machine; 1 keeps them.
    pub wait_scale: f64,
}

impl Ministack {
    /// Starts the emulator on a free loopback port and waits until it answers.
    pub async fn start(options: MinistackOptions<'_>) -> Result<Self> {
        let mut last = None;
        // Between finding a free port and listening on it another process may take it.
        for _ in 0..3 {
            match Self::try_start(&options).await {
                Ok(running) => return Ok(running),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("the emulator was never started")?)
    }

    async fn try_start(options: &MinistackOptions<'_>) -> Result<Self> {
        let port = free_port()?;
        std::fs::create_dir_all(options.folder)?;
        let launcher = options.folder.join("launch.py");
        std::fs::write(&launcher, LAUNCHER)?;
        let log = File::create(&options.log)
            .with_context(|| format!("creating {}", options.log.display()))?;
        let child = Command::new(options.python)
            .arg(&launcher)
            // Functions inherit this environment: nothing of the caller's may leak into them.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", crate::aws::REGION)
            .env("AUTH", "true")
            .env("TMPDIR", options.folder)
            .env("SFN_WAIT_SCALE", options.wait_scale.to_string())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {}", options.python.display()))?;
        let mut running = Self {
            child: Some(child),
            endpoint: format!("http://127.0.0.1:{port}"),
            log: options.log.clone(),
        };
        running.wait_until_healthy().await?;
        Ok(running)
    }

    async fn wait_until_healthy(&mut self) -> Result<()> {
        let url = format!("{}/_ministack/health", self.endpoint);
        let http = reqwest::Client::builder().no_proxy().build()?;
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok()?) {
                bail!("the emulator ended with {status}: {}", self.log_tail());
            }
            let answer = http.get(&url).timeout(Duration::from_secs(2)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!(
            "the emulator did not answer within {} s: {}",
            START_LIMIT.as_secs(),
            self.log_tail()
        )
    }

    /// Where it answers.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(8)..].join("\n");
        format!("see {}\n{tail}", self.log.display())
    }

    /// Ends the emulator and the function processes under it.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            return;
        };
        // The leader alone: it ends the functions itself and takes their exits.
        let _ = kill_process(group, Signal::TERM);
        let asked = Instant::now();
        // Looked at, not reaped: as long as the leader is not reaped, no other group can get its number.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while asked.elapsed() < STOP_LIMIT {
            match waitid(WaitId::Pid(group), look) {
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                _ => break,
            }
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = child.wait();
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("finding a free port")?;
    Ok(listener.local_addr()?.port())
}
