"""A served site for the walks, in a process and data folder of its own: `python -m tests.web.pages.site PORT KIND`.

The audit log can't be emptied between tests (its triggers refuse), so the site is filled once and kept for the session.
"""

import os
import sys


def main(port: int, kind: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "doudi.web.settings.base"
    import django

    django.setup()
    from django.core.management import call_command
    from waitress import serve

    from doudi.web.wsgi import application
    from tests.web.pages.county import make_county, make_regions, make_users

    call_command("migrate", verbosity=0)
    if kind == "full":
        make_county()
    else:
        make_regions(villages=kind == "empty")
        make_users()
    serve(application, listen=f"127.0.0.1:{port}", threads=6, _quiet=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "full")
