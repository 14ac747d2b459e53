"""A refusal: the request was understood, the answer is no. It carries a code for machines, a sentence for people."""


class ActionRefused(Exception):  # noqa: N818 - the name the whole project uses
    """An action that may not be done now. `message` says in Chinese what to do instead; `status` is the HTTP answer."""

    status = 409

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NotAllowed(ActionRefused):
    """The actor's posts do not include this action here."""

    status = 403


class NotFound(ActionRefused):
    """There is no such thing within the actor's regions; whether it exists elsewhere is not told."""

    status = 404
