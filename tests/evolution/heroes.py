"""A project on SQLModel whose metadata has no naming convention: enums, foreign keys, a table that refers to itself, JSON."""

from stages import Project, Stage

MODELS = '''
import enum
from typing import Optional

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

metadata = SQLModel.metadata


class Team(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, index=True)
    city: str = Field(max_length=80)


class Hero(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, index=True)
    secret_name: Optional[str] = Field(default=None, max_length=80)
    age: Optional[int] = None
    badge: Optional[str] = Field(default=None, max_length=20)
'''

STAGES = [
    Stage(
        "start",
        models=[("import enum\n", "import enum\n")],
        rows=[
            "INSERT INTO team (id, name, city) VALUES (1, 'Preventers', 'Lund'), (2, 'Z-Force', 'Bergen')",
            "INSERT INTO hero (id, name, secret_name, age, badge) VALUES (1, 'Deadpond', 'Dive Wilson', 34, '17'),"
            " (2, 'Rusty-Man', 'Tommy Sharp', NULL, '4'), (3, 'Spider-Boy', 'Pedro Parqueador', 16, NULL)",
        ],
    ),
    Stage(
        "table with an enum",
        models=[
            (
                "class Team(",
                'class Status(enum.Enum):\n    planned = "planned"\n    done = "done"\n\n\nclass Mission(SQLModel, table=True):\n'
                "    id: Optional[int] = Field(default=None, primary_key=True)\n    title: str = Field(max_length=120)\n"
                "    status: Status\n    notes: Optional[str] = Field(default=None, max_length=200)\n\n\nclass Team(",
            )
        ],
        rows=["INSERT INTO mission (id, title, status) VALUES (1, 'Rescue', 'planned'), (2, 'Parade', 'done')"],
    ),
    Stage(
        "enum column",
        models=[
            ("class Hero(", 'class Rank(enum.Enum):\n    junior = "junior"\n    senior = "senior"\n\n\nclass Hero('),
            ("    age: Optional[int] = None\n", "    age: Optional[int] = None\n    rank: Optional[Rank] = None\n"),
        ],
        rows=["UPDATE hero SET rank = 'senior' WHERE id = 1"],
    ),
    Stage(
        "foreign key",
        models=[
            (
                "    badge: ",
                '    team_id: Optional[int] = Field(default=None, foreign_key="team.id")\n    badge: ',
            )
        ],
        rows=["UPDATE hero SET team_id = 1 WHERE id < 3"],
    ),
    Stage(
        "unique constraint",
        models=[("class Hero(SQLModel, table=True):\n", 'class Hero(SQLModel, table=True):\n    __table_args__ = (sa.UniqueConstraint("name", "secret_name"),)\n\n')],
        rows=["INSERT INTO hero (id, name, secret_name) VALUES (4, 'Tarantula', 'Natalia Roman-on')"],
    ),
    Stage(
        "many to many",
        models=[
            (
                "class Hero(",
                "class HeroMission(SQLModel, table=True):\n"
                '    hero_id: Optional[int] = Field(default=None, foreign_key="hero.id", primary_key=True)\n'
                '    mission_id: Optional[int] = Field(default=None, foreign_key="mission.id", primary_key=True)\n\n\nclass Hero(',
            )
        ],
        rows=["INSERT INTO heromission (hero_id, mission_id) VALUES (1, 1), (2, 1), (2, 2)"],
    ),
    Stage(
        "json",
        models=[("    badge: ", "    powers: Optional[dict] = Field(default=None, sa_type=sa.JSON)\n    badge: ")],
        rows=["UPDATE hero SET powers = '{\"web\": true}' WHERE id = 3"],
    ),
    Stage(
        "self reference",
        models=[("    badge: ", '    mentor_id: Optional[int] = Field(default=None, foreign_key="hero.id")\n    badge: ')],
        rows=["UPDATE hero SET mentor_id = 1 WHERE id = 3"],
    ),
    Stage(
        # NOT NULL on rows that are there needs a value that only the author knows.
        "another column in its place",
        models=[
            ('("name", "secret_name")', '("name", "alias")'),
            ("    secret_name: Optional[str] = Field(default=None, max_length=80)\n", '    alias: str = Field(max_length=80, sa_column_kwargs={"server_default": "unknown"})\n'),
        ],
        rows=["UPDATE hero SET alias = 'Weasel' WHERE id = 1"],
    ),
    Stage(
        "renamed column",
        models=[("    city: str = Field(max_length=80)", "    town: str = Field(max_length=80)")],
        renames=["team.city=town"],
        holds=("SELECT town FROM team WHERE id = 2", "Bergen"),
    ),
    Stage(
        "text becomes a number",
        models=[("    badge: Optional[str] = Field(default=None, max_length=20)", "    badge: Optional[int] = None")],
        rows=["UPDATE hero SET badge = 99 WHERE id = 3"],
    ),
    Stage(
        "index goes and another comes",
        models=[
            ("    town: str = Field(max_length=80)", "    town: str = Field(max_length=80, index=True)"),
            ("    name: str = Field(max_length=80, index=True)\n    alias", "    name: str = Field(max_length=80)\n    alias"),
        ],
    ),
    Stage(
        "required column",
        models=[("    notes: Optional[str] = Field(default=None, max_length=200)", "    notes: str = Field(max_length=200)")],
        edits=[
            ('    """Upgrade schema."""\n', '    """Upgrade schema."""\n    op.execute("UPDATE mission SET notes = \'\' WHERE notes IS NULL")\n'),
        ],
        rows=["INSERT INTO mission (id, title, status, notes) VALUES (3, 'Tea', 'done', 'with milk')"],
    ),
    Stage(
        "what a deleted team does to its heroes",
        models=[
            (
                'team_id: Optional[int] = Field(default=None, foreign_key="team.id")',
                'team_id: Optional[int] = Field(default=None, foreign_key="team.id", ondelete="SET NULL")',
            )
        ],
    ),
    Stage(
        "enum column goes",
        models=[("    rank: Optional[Rank] = None\n", "")],
    ),
    Stage(
        "missions go",
        models=[
            (
                "class HeroMission(SQLModel, table=True):\n"
                '    hero_id: Optional[int] = Field(default=None, foreign_key="hero.id", primary_key=True)\n'
                '    mission_id: Optional[int] = Field(default=None, foreign_key="mission.id", primary_key=True)\n\n\n',
                "",
            ),
            (
                "class Mission(SQLModel, table=True):\n"
                "    id: Optional[int] = Field(default=None, primary_key=True)\n    title: str = Field(max_length=120)\n"
                "    status: Status\n    notes: str = Field(max_length=200)\n",
                "",
            ),
        ],
    ),
]

PROJECT = Project(
    models=MODELS,
    stages=STAGES,
    configure={"sqlite": "render_as_batch=True"},
)
