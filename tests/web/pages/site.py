"""A served site for the walks, in a process and data folder of its own: `python -m tests.web.pages.site PORT [empty]`.

The audit log can't be emptied between tests (its triggers refuse), so the site is filled once and kept for the session.
"""

import os
import sys


def main(port: int, *, empty: bool) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "doudi.web.settings.base"
    import django

    django.setup()
    from django.core.management import call_command
    from waitress import serve

    from doudi.web.wsgi import application
    from tests.web.pages.county import make_county, make_regions, make_users

    call_command("migrate", verbosity=0)
    if empty:
        make_regions()
        make_users()
    else:
        make_county()
    serve(application, listen=f"127.0.0.1:{port}", threads=6, _quiet=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), empty="empty" in sys.argv[2:])
