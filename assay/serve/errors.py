"""What a request can meet instead of its answer, and the HTTP status that says so.

    Exception
    └── ServiceError
        ├── Malformed      400   the body is not the JSON it claims to be
        ├── Unauthorised   401   no key, or one that this server does not know
        ├── Forbidden      403   the key may not do this
        ├── NotFound       404   no such session, task or page
        ├── Conflict       409   the session is busy with another action
        ├── Gone           410   the session was here and is over; the message says why
        ├── TooLarge       413   body or batch above what the server takes
        ├── Refused        422   understood, and wrong: the user's input is at fault
        ├── TooMany        429   a queue or a limit is full; ask again after ``retry_after_s``
        ├── Broken         500   a bug of ours
        ├── Unavailable    503   the sandbox is not to be had, or the server is draining
        └── Late           504   not done within its deadline, waiting included

Over the wire each is ``{"error": {"type", "message"}}``. A verdict is never one of these: what a
response did wrong is a verdict, and so is what kept a verifier from deciding.
"""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """A request that gets no answer.

    Attributes:
        status: of HTTP.
        kind: the ``type`` that clients branch on.
        retry_after_s: seconds after which asking again may succeed; None where it will not.
    """

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "internal"

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    def to_json(self) -> dict[str, dict[str, str]]:
        return {"error": {"type": self.kind, "message": str(self)}}


class Malformed(ServiceError):
    """The body cannot be read."""

    status, kind = 400, "malformed"


class Unauthorised(ServiceError):
    """Nobody is known by this key."""

    status, kind = 401, "unauthorised"


class Forbidden(ServiceError):
    """The key's owner may not do this."""

    status, kind = 403, "forbidden"


class NotFound(ServiceError):
    """There is no such thing here, or it is another key's."""

    status, kind = 404, "not_found"


class Conflict(ServiceError):
    """The session is in the middle of another action."""

    status, kind = 409, "conflict"


class Gone(ServiceError):
    """The session is over."""

    status, kind = 410, "gone"


class TooLarge(ServiceError):
    """More than the server takes at once."""

    status, kind = 413, "too_large"


class Refused(ServiceError):
    """The input is at fault; the message names the mend."""

    status, kind = 422, "invalid"


class TooMany(ServiceError):
    """No room now."""

    status, kind = 429, "too_many"

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message, retry_after_s)


class Broken(ServiceError):
    """A bug of ours; the log has more."""


class Unavailable(ServiceError):
    """What this needs is not to be had here and now."""

    status, kind = 503, "unavailable"

    def __init__(self, message: str, retry_after_s: float | None = 5.0) -> None:
        super().__init__(message, retry_after_s)


class Late(ServiceError):
    """The deadline, which includes waiting, is over."""

    status, kind = 504, "deadline"


KINDS: dict[str, type[ServiceError]] = {
    each.kind: each
    for each in (
        Malformed,
        Unauthorised,
        Forbidden,
        NotFound,
        Conflict,
        Gone,
        TooLarge,
        Refused,
        TooMany,
        Broken,
        Unavailable,
        Late,
    )
}
"""Every error by the name it has on the wire, for whoever reads one back."""
