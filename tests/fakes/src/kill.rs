//! Ends the process at the other end of a loopback connection, as a machine that dies would. Linux only: it reads
//! `/proc`.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// Kills every process, other than this one, that holds the socket with local address `peer` and remote port `port`.
///
/// # Errors
/// No process was killed, and why.
pub(crate) fn kill_peer(peer: SocketAddr, port: u16) -> Result<(), String> {
    if !peer.ip().is_loopback() {
        return Err(format!("{peer} is not on this machine"));
    }
    let inode = inode(peer.port(), port)
        .ok_or_else(|| format!("/proc/net/tcp lists no connection from {peer} to port {port}"))?;
    let own = std::process::id();
    let victims: Vec<u32> = holders(&inode)
        .into_iter()
        .filter(|&pid| pid > 1 && pid != own)
        .collect();
    if victims.is_empty() {
        return Err(format!(
            "no process but the server itself holds the connection from {peer}"
        ));
    }
    for pid in victims {
        let killed = Command::new("kill")
            .args(["-9", &pid.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !killed {
            return Err(format!("process {pid} could not be killed"));
        }
    }
    Ok(())
}

/// The socket's number in the kernel's tables; a client may have spoken IPv4 over an IPv6 socket.
fn inode(local: u16, remote: u16) -> Option<String> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .find_map(|text| {
            text.lines()
                .skip(1)
                .find_map(|line| inode_of(line, local, remote))
        })
}

fn inode_of(line: &str, local: u16, remote: u16) -> Option<String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = |address: &str| {
        let (_, port) = address.rsplit_once(':')?;
        u16::from_str_radix(port, 16).ok()
    };
    let fits = port(fields.get(1)?)? == local && port(fields.get(2)?)? == remote;
    let inode = fields.get(9).filter(|inode| **inode != "0")?;
    fits.then(|| (*inode).to_owned())
}

/// The processes that have the socket open.
fn holders(inode: &str) -> Vec<u32> {
    let wanted = format!("socket:[{inode}]");
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let holds = |pid: u32| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
        let mut links = files
            .flatten()
            .filter_map(|file| std::fs::read_link(file.path()).ok());
        links
            .any(|link| link.as_os_str() == wanted.as_str())
            .then_some(pid)
    };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(holds)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernels_table_is_read() {
        let line = "  31: 0100007F:A3F2 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 812345 1 x";
        assert_eq!(inode_of(line, 0xA3F2, 0x1F90).as_deref(), Some("812345"));
        assert_eq!(inode_of(line, 0x1F90, 0xA3F2), None);
    }

    #[test]
    fn the_server_itself_is_never_killed() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let refused = kill_peer(client.local_addr().unwrap(), port).unwrap_err();
        assert!(refused.contains("the server itself"), "{refused}");
    }
}
