"""Errors, one leaf for each thing the caller should do."""


class FusionError(Exception):
    """A fault told to a person in one sentence: what, where, what to do."""


class RetryLater(FusionError):  # noqa: N818 - named after what the caller should do
    """Nothing is wrong with the request; the other side cannot take it now."""


class FixTheReport(FusionError):  # noqa: N818 - as above
    """The input is wrong and will stay wrong until somebody mends it."""


class NotAllowed(FusionError):  # noqa: N818 - as above
    """The caller is known and may not do this."""


class Misconfigured(FusionError):  # noqa: N818 - as above
    """A setting, a file or a password is wrong on this machine."""
