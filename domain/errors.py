"""What a person entered that cannot be used, said in one sentence that names the fix."""


class BadInput(ValueError):
    """Something entered by a person cannot be used. The message is one plain sentence, safe to show anywhere."""
