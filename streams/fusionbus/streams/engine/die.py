"""The one way out: leave without committing. A supervisor starts the worker again, Kafka replays."""

import os
import traceback
from datetime import UTC, datetime
from typing import NoReturn

# 70 is EX_SOFTWARE of sysexits.h; supervisors treat it like any other failure and start again.
EXIT_CODE = 70
RESTART = "nothing was committed; the supervisor starts the worker again and Kafka replays"


def last_words(reason: str, what_to_do: str, at: datetime) -> str:
    """The one line that goes to stderr."""
    told = f"engine: exit {EXIT_CODE}: {reason}; {what_to_do}. ({at:%Y-%m-%dT%H:%M:%SZ})"
    return " ".join(told.split()) + "\n"


def fault_of(error: BaseException) -> str:
    """Type and place of an error, without its text: pydantic and json put the record's body into theirs."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119
    return f"{type(error).__name__}{place}"


def die(reason: str, what_to_do: str = RESTART) -> NoReturn:
    """Ends the process at once, from any thread.

    Works around: Faust acknowledges the message of a failed handler in a `finally` and commits it (streams.py:1336),
    and every softer way out (exception, CrashingSupervisor, sys.exit) runs that code. May go when Faust doesn't.
    """
    os.write(2, last_words(reason, what_to_do, datetime.now(UTC)).encode())
    os._exit(EXIT_CODE)
