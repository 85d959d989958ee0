//! Real PostgreSQL and MariaDB servers that the tests start for themselves: on the loopback interface, on a free port, in
//! a temporary directory, with a password. Asserts nothing, and knows nothing of Alembic.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Who may connect to the servers, with [`PASSWORD`]; may do everything there.
pub(crate) const USER: &str = "tester";

/// The password of [`USER`]. It has characters that a URL must escape.
pub(crate) const PASSWORD: &str = "s3cret/pass:word@";

/// [`PASSWORD`] as a URL spells it.
pub(crate) const PASSWORD_IN_URL: &str = "s3cret%2Fpass%3Aword%40";

/// PostgreSQL refuses to run as root: tests that root started lend the servers this identity.
const NOBODY: u32 = 65534;

/// How often a start is tried: somebody else may take the port between its choice and its use.
const ATTEMPTS: usize = 5;

/// How long a server may take until it accepts connections.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a server until standard input ends: the test lets go of it, or its process has ended, however that came about.
/// Nothing stays of the server then, neither processes nor files.
const WATCHDOG: &str = r#"
    trap : INT TERM HUP
    directory=$1 stop=$2
    shift 2
    "$@" </dev/null &
    server=$!
    exec 2>/dev/null
    cat
    kill -s "$stop" "$server"
    wait "$server"
    rm -rf "$directory"
"#;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// PostgreSQL.
    Postgresql,
    /// PostgreSQL of this major release.
    Release(u32),
    /// MariaDB.
    Mariadb,
}

/// A server that runs and accepts connections until this value is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    kind: Kind,
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    watchdog: Child,
}

impl Server {
    /// The PostgreSQL server of this test process.
    pub(crate) fn postgresql() -> &'static Self {
        static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start(Kind::Postgresql));
        &SERVER
    }

    /// The MariaDB server of this test process.
    pub(crate) fn mariadb() -> &'static Self {
        static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start(Kind::Mariadb));
        &SERVER
    }

    /// Starts a server of one's own, for a test that stops it.
    pub(crate) fn start(kind: Kind) -> Self {
        let mut log = String::new();
        for _ in 0..ATTEMPTS {
            match Self::try_start(kind) {
                Ok(server) => return server,
                Err(text) => log = text,
            }
        }
        panic!("{kind:?} does not start:\n{log}");
    }

    /// A URL as SQLAlchemy writes it, such as `postgresql+psycopg://tester:..@127.0.0.1:5432/name`.
    pub(crate) fn url(&self, scheme: &str, database: &str) -> String {
        format!("{scheme}://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{}/{database}", self.port)
    }

    /// Creates an empty database.
    pub(crate) fn create_database(&self, name: &str) {
        let administration = match self.kind {
            Kind::Postgresql | Kind::Release(_) => "postgres",
            Kind::Mariadb => "mysql",
        };
        self.execute(administration, &format!("CREATE DATABASE {name}"));
    }

    /// Executes SQL in a database and gives what it returns: one line for a row, tabs between values.
    pub(crate) fn execute(&self, database: &str, sql: &str) -> String {
        let port = self.port.to_string();
        let mut client = match self.kind {
            Kind::Postgresql | Kind::Release(_) => {
                let mut psql = Command::new(program("psql"));
                psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t"]);
                psql.args(["--set=ON_ERROR_STOP=1", "--host=127.0.0.1", "--port", &port]);
                psql.args(["--username", USER, "--command", sql, database]).env("PGPASSWORD", PASSWORD);
                psql
            }
            Kind::Mariadb => {
                let mut mariadb = Command::new(program("mariadb"));
                mariadb.args(["--no-defaults", "--batch", "--skip-column-names", "--protocol=tcp"]);
                mariadb.args([
                    "--host=127.0.0.1",
                    "--port",
                    &port,
                    "--user",
                    USER,
                    "--execute",
                    sql,
                    database,
                ]);
                mariadb.env("MYSQL_PWD", PASSWORD);
                mariadb
            }
        };
        succeed(&mut client)
    }

    fn try_start(kind: Kind) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("alembic-lint-").tempdir().unwrap();
        if let Kind::Release(major) = kind {
            copy_release(major, &directory.path().join(RELEASE));
        }
        let identity = identity(directory.path());
        prepare(kind, directory.path(), &identity);

        let port = free_port();
        // From here on the watchdog removes the directory.
        let directory = directory.keep();
        let mut watchdog = Command::new("sh");
        let stop = match kind {
            Kind::Postgresql | Kind::Release(_) => "QUIT",
            // Its data go with it; a regular end would write them first.
            Kind::Mariadb => "KILL",
        };
        watchdog.args(["-c", WATCHDOG, "watchdog"]).arg(&directory).arg(stop);
        watchdog.args(command(kind, &directory, port));
        identity.lend(&mut watchdog);
        // An interrupt from the terminal is for the test alone; the server ends after it.
        watchdog.current_dir(&directory).process_group(0);
        watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = Self { kind, port, watchdog: watchdog.spawn().unwrap() };
        server.wait_until_ready().map(|()| server)
    }

    /// Reads what the server says until it says that it is ready; an error is what it said instead.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        let ready = match self.kind {
            Kind::Postgresql | Kind::Release(_) => "ready to accept connections",
            Kind::Mariadb => "ready for connections",
        };
        let said = BufReader::new(self.watchdog.stderr.take().unwrap());
        let (sender, lines) = channel();
        // It goes on reading to the end, or the server would stop when nobody takes its words.
        std::thread::spawn(move || {
            for line in said.split(b'\n').map_while(Result::ok) {
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let until = Instant::now() + PATIENCE;
        let mut log = String::new();
        while let Ok(line) = lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if line.contains(ready) {
                return Ok(());
            }
            log += &line;
            log.push('\n');
        }
        Err(log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// Makes an empty data directory, with [`USER`] and nobody else who may connect.
fn prepare(kind: Kind, directory: &Path, identity: &Identity) {
    let data = directory.join("data");
    let mut install = match kind {
        Kind::Postgresql | Kind::Release(_) => {
            let password = directory.join("password");
            fs::write(&password, PASSWORD).unwrap();
            let mut initdb = Command::new(server_program(kind, directory, "initdb"));
            initdb.args(["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
            initdb.arg("--no-sync").arg("--pwfile").arg(password).arg("--pgdata").arg(data);
            initdb
        }
        Kind::Mariadb => {
            let statements = format!(
                "CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n\
                 GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
            );
            fs::write(directory.join("init.sql"), statements).unwrap();
            let mut install = Command::new(program("mariadb-install-db"));
            install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
            install.args(["--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"]);
            // Two installations at once that share a directory for temporary tables take them from each other.
            install
                .arg(format!("--datadir={}", data.display()))
                .arg(format!("--tmpdir={}", directory.display()));
            install
        }
    };
    identity.lend(&mut install);
    succeed(install.current_dir(directory));
}

/// The command that runs the server in the foreground.
fn command(kind: Kind, directory: &Path, port: u16) -> Vec<String> {
    let (name, arguments) = match kind {
        Kind::Postgresql | Kind::Release(_) => (
            "postgres",
            vec![
                "-D".to_owned(),
                directory.join("data").display().to_string(),
                format!("--port={port}"),
                "--listen_addresses=127.0.0.1".to_owned(),
                "--unix_socket_directories=".to_owned(),
                "--fsync=off".to_owned(),
                "--full_page_writes=off".to_owned(),
            ],
        ),
        Kind::Mariadb => (
            "mariadbd",
            vec![
                "--no-defaults".to_owned(),
                format!("--datadir={}", directory.join("data").display()),
                format!("--tmpdir={}", directory.display()),
                format!("--socket={}", directory.join("socket").display()),
                format!("--pid-file={}", directory.join("pid").display()),
                format!("--init-file={}", directory.join("init.sql").display()),
                format!("--port={port}"),
                "--bind-address=127.0.0.1".to_owned(),
                "--skip-name-resolve".to_owned(),
                "--character-set-server=utf8mb4".to_owned(),
                "--innodb-flush-log-at-trx-commit=0".to_owned(),
            ],
        ),
    };
    std::iter::once(server_program(kind, directory, name).display().to_string()).chain(arguments).collect()
}

/// Who runs the servers.
enum Identity {
    /// Whoever runs the tests.
    Own,
    /// Nobody, since root runs the tests.
    Nobody,
}

impl Identity {
    /// Makes a command run under this identity.
    fn lend(&self, command: &mut Command) {
        if matches!(self, Self::Nobody) {
            command.uid(NOBODY).gid(NOBODY);
        }
    }
}

/// Who shall run a server in a directory that the test just made; it is theirs afterwards.
fn identity(directory: &Path) -> Identity {
    if fs::metadata(directory).unwrap().uid() != 0 {
        return Identity::Own;
    }
    chown(directory, Some(NOBODY), Some(NOBODY)).unwrap();
    Identity::Nobody
}

/// Makes a file of the test one that servers alone may read.
pub(crate) fn hand_over(file: &Path) {
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    identity(file);
}

/// A port where nobody listens now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Where a downloaded release lies beside its data: whoever the server runs as may not read the checkout.
const RELEASE: &str = "release";

/// Copies what `tests/set_up.sh` has downloaded.
fn copy_release(major: u32, target: &Path) {
    let release = super::repository("target/postgresql").join(major.to_string());
    assert!(release.is_dir(), "PostgreSQL {major} is missing: run tests/set_up.sh once");
    succeed(Command::new("cp").arg("-R").arg(release).arg(target));
}

/// A program of the server itself.
fn server_program(kind: Kind, directory: &Path, name: &str) -> PathBuf {
    match kind {
        Kind::Release(_) => directory.join(RELEASE).join("bin").join(name),
        Kind::Postgresql | Kind::Mariadb => program(name),
    }
}

/// A program of the database packages. Debian keeps the newest PostgreSQL apart from `PATH`.
fn program(name: &str) -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.map(|entry| entry.unwrap().path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort_by_key(|path| {
        let version = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        std::cmp::Reverse(version.and_then(|version| version.parse::<u32>().ok()))
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("{name} is missing: run tests/set_up.sh once"))
}

/// Runs a program to its end; anything but success is a failure of the test.
fn succeed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}\n{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
