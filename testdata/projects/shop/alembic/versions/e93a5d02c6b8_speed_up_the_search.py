"""speed up the search

Revision ID: e93a5d02c6b8
Revises: c40d8b7e21fa
Create Date: 2026-03-30 09:30:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'e93a5d02c6b8'
down_revision: Union[str, Sequence[str], None] = 'c40d8b7e21fa'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    pass


def downgrade() -> None:
    """Downgrade schema."""
    pass
