"""`kedro emr bucket`."""

import click

from kedro_emr.bucket import Bucket
from kedro_emr.commands import options
from kedro_emr.commands.output import print_json, print_table

EXAMPLES = """\b
Examples:
  kedro emr bucket          create it, or say what differs
  kedro emr bucket --fix    and mend that
"""


@click.command(epilog=EXAMPLES)
@click.option("--fix", is_flag=True, help="Mend what differs.")
@options.env_option
@options.json_option
@click.pass_context
def bucket(context: click.Context, fix: bool, env: str, as_json: bool) -> None:
    """Create the bucket, or check it: region, access, encryption, retention.

    Leaves with exit code 1 while something differs.
    """
    aws = options.project_aws(env)
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
        said = [
            {"name": c.name, "is": c.found, "should": c.should, "fits": c.fits}
            for c in checks
        ]
        print_json({"bucket": name, "created": created, "checks": said})
    else:
        click.echo(f"s3://{name} {'is created' if created else 'is there'}")
        rows = [
            ["ok", c.name, c.found, ""]
            if c.fits
            else ["differs", c.name, c.found, c.should]
            for c in checks
        ]
        print_table(("", "", "is", "should be"), rows)
    if wrong:
        names = ", ".join(check.name for check in wrong)
        remedy = "only another bucket will do"
        if any(check.mend for check in wrong):
            remedy = "`kedro emr bucket --fix` mends it"
        click.echo(f"differs: {names}; {remedy}", err=True)
        context.exit(1)
