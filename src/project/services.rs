//! The databases that a project starts for its developers: images of compose files, URLs of sample environments.

use std::fs;
use std::path::Path;

use super::dialect::Database;
use super::disk::Disk;
use super::loader::Printer;
use crate::operation::Dialect;

/// A database that a file names.
pub(super) struct Service {
    pub(super) database: Database,
    /// The driver, where a URL names one.
    pub(super) driver: Option<String>,
    /// What says so and where: "`image: postgres:16` in compose.yaml".
    pub(super) place: String,
}

/// Sample environments, which are committed; `.env` itself differs between machines.
const SAMPLES: [&str; 8] = [
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "env.example",
    "env.sample",
    "example.env",
    "sample.env",
];

/// Names of images by the database that they hold.
const IMAGES: [(&str, Dialect); 14] = [
    ("postgres", Dialect::Postgresql),
    ("postgresql", Dialect::Postgresql),
    ("postgis", Dialect::Postgresql),
    ("pgvector", Dialect::Postgresql),
    ("timescaledb", Dialect::Postgresql),
    ("timescaledb-ha", Dialect::Postgresql),
    ("cloudnative-pg", Dialect::Postgresql),
    ("spilo", Dialect::Postgresql),
    ("mysql", Dialect::Mysql),
    ("mysql-server", Dialect::Mysql),
    ("percona", Dialect::Mysql),
    ("percona-server", Dialect::Mysql),
    ("mariadb", Dialect::Mariadb),
    ("mariadb-galera", Dialect::Mariadb),
];

/// The databases of the nearest directory at or above `start` whose files name any: URLs go before images.
pub(super) fn find(start: &Path, disk: &Disk, printer: &Printer) -> Vec<Service> {
    let in_directory = |directory: &Path| {
        let Ok(entries) = disk.entries(directory) else { return Vec::new() };
        let (mut urls, mut images) = (Vec::new(), Vec::new());
        for entry in entries.iter() {
            let name = entry.name.to_string_lossy();
            let (is_sample, is_compose) = (SAMPLES.contains(&&*name), is_compose(&name));
            if !is_sample && !is_compose {
                continue;
            }
            let path = directory.join(&entry.name);
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let shown = printer.show(&path);
            urls.extend(text.lines().filter_map(|line| url(line, &shown)));
            if is_compose {
                images.extend(text.lines().filter_map(|line| image(line, &shown)));
            }
        }
        if urls.is_empty() { images } else { urls }
    };
    let upward = disk.upward(start);
    upward.iter().map(|directory| in_directory(directory)).find(|found| !found.is_empty()).unwrap_or_default()
}

fn is_compose(name: &str) -> bool {
    let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    is_yaml && (name.starts_with("docker-compose") || name.starts_with("compose"))
}

fn url(line: &str, place: &str) -> Option<Service> {
    let code = line.split(" #").next().filter(|line| !line.trim_start().starts_with('#'))?;
    let before = code.split("://").next().filter(|before| before.len() < code.len())?;
    let is_scheme = |char: char| char.is_ascii_alphanumeric() || char == '+' || char == '_';
    let scheme = before.rsplit(|char| !is_scheme(char)).next()?;
    let database = Database::of_scheme(scheme)?;
    let driver = scheme.split_once('+').map(|(_, driver)| driver.to_owned());
    Some(Service { database, driver, place: format!("the URL in {place}") })
}

fn image(line: &str, place: &str) -> Option<Service> {
    let image = line.trim().strip_prefix("image:")?.trim().trim_matches(['"', '\'']);
    let path = image.split('@').next()?;
    let name = path.rsplit('/').next()?.split(':').next()?;
    let (_, dialect) = IMAGES.iter().find(|(known, _)| *known == name)?;
    Some(Service {
        database: Database::Known(*dialect),
        driver: None,
        place: format!("`image: {image}` in {place}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_their_last_name() {
        let of = |line: &str| image(line, "compose.yaml").map(|service| service.database);
        assert_eq!(of("    image: postgres:16-alpine"), Some(Database::Known(Dialect::Postgresql)));
        assert_eq!(of("image: \"ghcr.io/x/postgis:15\""), Some(Database::Known(Dialect::Postgresql)));
        assert_eq!(of("image: mariadb@sha256:ab"), Some(Database::Known(Dialect::Mariadb)));
        assert_eq!(of("image: mysql/mysql-server:8.0"), Some(Database::Known(Dialect::Mysql)));
        assert_eq!(of("image: postgrest/postgrest"), None);
        assert_eq!(of("# image: postgres"), None);
    }

    #[test]
    fn urls_are_read_where_they_are_not_commented_out() {
        let of = |line: &str| url(line, ".env.example").map(|service| (service.database, service.driver));
        let mysql = Database::Known(Dialect::Mysql);
        assert_eq!(of("DATABASE_URL=mysql+aiomysql://u:p@db/x"), Some((mysql, Some("aiomysql".to_owned()))));
        assert_eq!(of("      DATABASE_URL: \"mssql://u\""), Some((Database::Other, None)));
        for line in ["# DATABASE_URL=mysql://u", "REDIS_URL=redis://h", "A=1"] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
