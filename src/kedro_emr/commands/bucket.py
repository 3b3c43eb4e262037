"""`kedro emr bucket`."""

import click

from kedro_emr.aws import Aws
from kedro_emr.bucket import Bucket, Check
from kedro_emr.commands.options import (
    env_option,
    json_option,
    project_settings,
)
from kedro_emr.commands.output import print_json, print_table

EXAMPLES = """\b
Examples:
  kedro emr bucket          create it, or say what differs
  kedro emr bucket --fix    and mend that
"""


@click.command(epilog=EXAMPLES)
@click.option("--fix", is_flag=True, help="Mend what differs.")
@env_option
@json_option
@click.pass_context
def bucket(context: click.Context, fix: bool, env: str, as_json: bool) -> None:
    """Create the bucket, or check it: region, access, encryption, retention.

    Leaves with exit code 1 while something differs.
    """
    aws = Aws(project_settings(env))
    name = aws.bucket()
    place = Bucket(aws.s3, aws.settings)
    created = not place.is_there()
    if created:
        place.create()
    elif fix:
        place.mend(place.checks())
    checks = place.checks()
    wrong = [check for check in checks if not check.fits]
    if as_json:
        print_json(
            {
                "bucket": name,
                "created": created,
                "checks": [_plain(check) for check in checks],
            }
        )
    else:
        click.echo(f"s3://{name} {'is created' if created else 'is there'}")
        print_table(("", "", "is", "should be"), [_row(check) for check in checks])
    if wrong:
        names = ", ".join(check.name for check in wrong)
        click.echo(f"differs: {names}{_remedy(wrong)}", err=True)
        context.exit(1)


def _plain(check: Check) -> dict[str, object]:
    return {
        "name": check.name,
        "is": check.found,
        "should": check.should,
        "fits": check.fits,
    }


def _row(check: Check) -> list[str]:
    if check.fits:
        return ["ok", check.name, check.found, ""]
    return ["differs", check.name, check.found, check.should]


def _remedy(wrong: list[Check]) -> str:
    if any(check.mend for check in wrong):
        return "; `kedro emr bucket --fix` mends it"
    return "; only another bucket will do"
