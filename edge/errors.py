"""Errors that a person can act on.

Every message is whole sentences: what is wrong, then what to do. The command line prints the
message alone and ends with `exit_code`; a traceback means a bug in this package.
"""


class EdgeError(Exception):
    """Something that the user can put right."""

    exit_code = 1


class UsageError(EdgeError):
    """Wrong usage or configuration."""

    exit_code = 2


class SoundError(EdgeError):
    """A sound file or a microphone that gives no usable sound."""

    exit_code = 3


class BundleError(EdgeError):
    """A bundle that is missing, damaged, or not what it claims to be."""

    exit_code = 4


class DeviceError(EdgeError):
    """A display, a runtime or an accelerator that is missing or refuses to work."""

    exit_code = 5


class WindowClosedError(DeviceError):
    """The user closed the window or pressed Esc: the wish to end, not a trouble."""
