"""The error that a user can cause, told apart from a mistake of the package's own."""


class UserError(ValueError):
    """Something given to the package is wrong: the message says what, and what to do.

    Everything that the package refuses, it refuses with this error. The command line shows
    its message in one line; any other exception is a mistake of the package's, and is
    reported as such. Files that are missing or cannot be written raise Python's own
    `FileNotFoundError`, `FileExistsError` or another `OSError`.
    """
