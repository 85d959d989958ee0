"""The stages in which a project is evolved: what its author changes, and how revisions come about."""

from dataclasses import dataclass, field

ALL = ("postgresql", "mariadb", "sqlite")


@dataclass
class Stage:
    """One change. Autogenerate writes its revision, unless it has statements of its own: then the author does."""

    name: str
    # What is replaced in the models, once each.
    models: list[tuple[str, str]] = field(default_factory=list)
    # Statements of a revision that the author writes; `None` for a function leaves it out.
    upgrade: str | None = ""
    downgrade: str | None = ""
    # What the author replaces in the revision before alembic-lint sees it, once each.
    edits: list[tuple[str, str]] = field(default_factory=list)
    # `TABLE.OLD=NEW`: what the author says got another name.
    renames: list[str] = field(default_factory=list)
    # A query and the value that it must give when all is done.
    holds: tuple[str, str] | None = None
    # Statements that put rows into the tables afterwards.
    rows: list[str] = field(default_factory=list)
    servers: tuple[str, ...] = ALL
    # Whether the catalog stays as it is.
    keeps_catalog: bool = False
    # Whether the revision stands beside the newest one instead of behind it.
    is_branch: bool = False

    @property
    def is_written_by_hand(self):
        return not self.models


@dataclass
class Project:
    """A project with its first models and what becomes of them."""

    models: str
    stages: list[Stage]
    # What `env.py` gives to `context.configure`, by server.
    configure: dict[str, str] = field(default_factory=dict)
    # Further lines of `alembic-lint.toml`.
    settings: str = ""
    # Other modules of the project, by file name.
    modules: dict[str, str] = field(default_factory=dict)
