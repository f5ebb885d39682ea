//! Which function is at the other end of a connection, and its end: what a crash at that very moment leaves behind.

use rustix::process::{Pid, Signal, kill_process};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// A function's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pid: i32,
    /// The name it is deployed under.
    pub function: String,
}

impl Caller {
    /// The function that holds the other end of a connection; `None` for anything else, this process above all. Linux only.
    pub fn of(peer: SocketAddr) -> Option<Self> {
        let inode = inode_of(peer)?;
        let socket = format!("socket:[{inode}]");
        for entry in std::fs::read_dir("/proc").ok()?.flatten() {
            let Some(pid) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            let Some(function) = function_of(&entry.path()) else {
                continue;
            };
            let Ok(files) = std::fs::read_dir(entry.path().join("fd")) else {
                continue;
            };
            let holds = files.flatten().any(|file| {
                std::fs::read_link(file.path())
                    .is_ok_and(|link| link.as_os_str() == socket.as_str())
            });
            if holds {
                return Some(Self { pid, function });
            }
        }
        None
    }

    /// Every process of a function that speaks to the emulator at `endpoint` and whose name contains `text`. Linux only.
    pub fn running(endpoint: &str, text: &str) -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        let mut found: Vec<_> = entries
            .flatten()
            .filter_map(|entry| {
                let pid = entry.file_name().to_str()?.parse().ok()?;
                let function = function_of(&entry.path()).filter(|name| name.contains(text))?;
                let of = variable(&entry.path(), "AWS_ENDPOINT_URL_S3")?;
                (of == endpoint).then_some(Self { pid, function })
            })
            .collect();
        found.sort_unstable_by_key(|one| one.pid);
        found
    }

    /// Ends the process as the kernel does when memory runs out: at once, with nothing put in order. False when it is gone
    /// already.
    pub fn kill(&self) -> bool {
        let folder = format!("/proc/{}", self.pid);
        let is_it = function_of(Path::new(&folder)).is_some_and(|name| name == self.function);
        is_it && Pid::from_raw(self.pid).is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
    }
}

/// The name of the function a process runs, by its environment.
fn function_of(process: &Path) -> Option<String> {
    variable(process, "AWS_LAMBDA_FUNCTION_NAME")
}

fn variable(process: &Path, name: &str) -> Option<String> {
    let environment = std::fs::read(process.join("environ")).ok()?;
    let value = environment.split(|byte| *byte == 0).find_map(|pair| {
        let value = pair.strip_prefix(name.as_bytes())?;
        value.strip_prefix(b"=")
    })?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// The socket whose own address this is.
fn inode_of(address: SocketAddr) -> Option<String> {
    let IpAddr::V4(ip) = address.ip() else {
        return None;
    };
    let own = format!(
        "{:08X}:{:04X}",
        u32::from_ne_bytes(ip.octets()),
        address.port()
    );
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let (local, inode) = (columns.get(1)?, columns.get(9)?);
        (*local == own && *inode != "0").then(|| (*inode).to_owned())
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::process::{Command, Stdio};

    const CONNECTS: &str = "import os, socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.recv(1)";

    #[test]
    fn the_caller_is_named_and_ended_and_this_process_is_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let mut child = Command::new("python3")
            .args(["-c", CONNECTS, &at.port().to_string()])
            .env("AWS_LAMBDA_FUNCTION_NAME", "tributary-load")
            .env("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let (mut stream, peer) = listener.accept().unwrap();
        let caller = Caller::of(peer).unwrap();
        assert_eq!(caller.function, "tributary-load");
        assert_eq!(
            Caller::running("http://127.0.0.1:1", "load"),
            std::slice::from_ref(&caller)
        );
        assert_eq!(Caller::running("http://127.0.0.1:2", "load"), []);
        assert!(caller.kill());
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
        assert!(!child.wait().unwrap().success());
        assert!(!caller.kill());

        let own = std::net::TcpStream::connect(at).unwrap();
        assert_eq!(Caller::of(own.local_addr().unwrap()), None);
    }
}
