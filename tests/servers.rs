//! The servers that tests start for themselves: they answer, they ask for a password, and nothing stays of them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::net::TcpStream;

use environment::server::{Kind, Server, USER};
use environment::{needs_set_up, python_program};

#[test]
fn both_answer_and_know_their_user() {
    for (server, user) in
        [(Server::postgresql(), "session_user"), (Server::mariadb(), "substring_index(user(), '@', 1)")]
    {
        server.create_database("answers");
        let rows = server.execute("answers", &format!("SELECT 1, {user}"));
        assert_eq!(rows, format!("1\t{USER}\n"));
    }
}

#[test]
fn sqlalchemy_connects_with_the_url_and_not_with_another_password() {
    needs_set_up!();
    for (server, scheme, database) in [
        (Server::postgresql(), "postgresql+psycopg", "postgres"),
        (Server::mariadb(), "mysql+pymysql", "mysql"),
    ] {
        let connect = |url: &str| {
            let program = "import sqlalchemy, sys; sqlalchemy.create_engine(sys.argv[1]).connect()";
            environment::run(python_program("python"), &["-c", program, url], &environment::repository("."))
        };
        let url = server.url(scheme, database);
        connect(&url).succeeded();
        let refused = connect(&url.replace("s3cret", "guessed"));
        assert_ne!(refused.code, 0);
        assert!(refused.stderr.to_lowercase().contains(USER), "{}", refused.stderr);
    }
}

#[test]
fn a_dropped_server_is_gone() {
    for kind in [Kind::Postgresql, Kind::Mariadb] {
        let server = Server::start(kind);
        let port = server.port;
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(server);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "{kind:?} still listens");
    }
}
