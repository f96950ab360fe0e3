"""What the blocks of systems that a person connects by consent have in common."""

from typing import TYPE_CHECKING

from pydantic import SecretStr

from blocks.forms import Form


class HoldsGrant(Form):
    """A block whose ``refresh_token`` the vendor may replace. Each declares it itself: a form shows inherited fields first."""

    if TYPE_CHECKING:
        refresh_token: SecretStr | None

    async def keep_refresh_token(self, refresh_token: str) -> None:
        """Save a refresh token that the vendor has put in the place of the old one."""
        self.refresh_token = SecretStr(refresh_token)
        await self.save_again()
