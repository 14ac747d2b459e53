"""`python -m doudi.web COMMAND`: Django's management commands with doudi's settings."""

import os
import sys


def manage(arguments: list[str]) -> None:
    """Run one management command; `arguments` are what follows the program's name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doudi.web.settings.base")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["doudi manage", *arguments])


if __name__ == "__main__":
    manage(sys.argv[1:])
