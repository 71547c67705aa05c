//! What can go wrong outside the simulated cluster: its file on disk, and its loopback server.
//!
//! A request that the cluster refuses is not an error but an answer: see [`crate::status`].

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why the sandbox could not do its work. Paths and causes are data, so that a program can say it in its own words.
#[derive(Debug)]
pub enum Error {
    /// The path of the state file is a folder, a pipe or a device.
    NotRegularFile {
        /// The state file.
        path: PathBuf,
    },
    /// The operating system refused to let the state file, its folder or its lock be used.
    StateFile {
        /// What was attempted.
        operation: FileOperation,
        /// The state file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The lock file is a symbolic link, which may lead to somebody else's file: it is not followed.
    LockIsSymlink {
        /// The state file.
        path: PathBuf,
    },
    /// The state file has more bytes than are read.
    TooLong {
        /// The state file.
        path: PathBuf,
    },
    /// The state file is not what was written. It was left as it is.
    Damaged {
        /// The state file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// The state file has a format version that this version of the crate does not know.
    UnknownVersion {
        /// The state file.
        path: PathBuf,
    },
    /// Another process held the lock for too long.
    Locked {
        /// The state file.
        path: PathBuf,
    },
    /// The thread that works on the state file ended without an answer.
    NoAnswer,
    /// The loopback server can't start: no port, no randomness, or no certificate.
    #[cfg(feature = "kubectl")]
    Listen {
        /// Which of these, and why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kubeconfig is that of another server which still answers: whoever uses that one would lose it.
    #[cfg(feature = "kubectl")]
    KubeconfigInUse {
        /// The file.
        path: PathBuf,
    },
    /// There is a file already where the kubeconfig should go, and no sandbox wrote it. It was left as it is.
    #[cfg(feature = "kubectl")]
    KubeconfigTaken {
        /// The kubeconfig.
        path: PathBuf,
    },
    /// The kubeconfig can't be written.
    #[cfg(feature = "kubectl")]
    KubeconfigWrite {
        /// The kubeconfig.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// What was attempted on the state file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOperation {
    /// Making its folder.
    MakeFolder,
    /// Opening its lock.
    OpenLock,
    /// Taking its lock.
    Lock,
    /// Reading it.
    Read,
    /// Writing it.
    Write,
}

/// What is wrong with a state file. Holds none of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is not JSON.
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is JSON of some other kind.
    NotASandbox,
    /// A part of it is missing.
    MissingPart,
    /// An object in it is of no resource that the sandbox has.
    UnknownObject,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegularFile { path } => write!(f, "the sandbox can't be kept in {}: not a regular file", path.display()),
            Self::StateFile { operation, path, .. } => write!(f, "can't {operation} the sandbox file {}", path.display()),
            Self::LockIsSymlink { path } => write!(f, "the lock of the sandbox file {} is a symbolic link", path.display()),
            Self::TooLong { path } => write!(f, "the sandbox file {} is too long", path.display()),
            Self::Damaged { path, damage } => write!(f, "the sandbox file {} is damaged: {damage}", path.display()),
            Self::UnknownVersion { path } => write!(f, "the sandbox file {} has an unknown format version", path.display()),
            Self::Locked { path } => write!(f, "the sandbox file {} is in use by another process", path.display()),
            Self::NoAnswer => f.write_str("the sandbox did not come to an answer"),
            #[cfg(feature = "kubectl")]
            Self::Listen { .. } => f.write_str("the sandbox can't listen"),
            #[cfg(feature = "kubectl")]
            Self::KubeconfigInUse { path } => write!(f, "{} is the kubeconfig of a sandbox that is being served", path.display()),
            #[cfg(feature = "kubectl")]
            Self::KubeconfigTaken { path } => write!(f, "{} exists, and no sandbox wrote it", path.display()),
            #[cfg(feature = "kubectl")]
            Self::KubeconfigWrite { path, .. } => write!(f, "can't write the kubeconfig {}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::StateFile { source, .. } => Some(source),
            #[cfg(feature = "kubectl")]
            Self::KubeconfigWrite { source, .. } => Some(source),
            #[cfg(feature = "kubectl")]
            Self::Listen { source } => Some(&**source),
            _ => None,
        }
    }
}

impl fmt::Display for FileOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MakeFolder => "make the folder of",
            Self::OpenLock => "open the lock of",
            Self::Lock => "lock",
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, column } => write!(f, "no JSON at line {line}, column {column}"),
            Self::NotASandbox => f.write_str("it is not a sandbox file"),
            Self::MissingPart => f.write_str("a part of it is missing"),
            Self::UnknownObject => f.write_str("an object in it is of an unknown resource"),
        }
    }
}
