"""copy labels

Revision ID: 4ea1b3f50c26
Revises: 3d90a2e4fb15
Create Date: 2026-03-09 09:30:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '4ea1b3f50c26'
down_revision: Union[str, Sequence[str], None] = '3d90a2e4fb15'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # alembic-lint: allow[raw-sql, update-without-where] -- every row gets its label, agreed with the data team
    op.execute("UPDATE sensor SET label = old_label")


def downgrade() -> None:
    """Downgrade schema."""
    pass
