"""`kedro emr plan`."""

import dataclasses
from typing import Any

import click
import yaml

from kedro_emr.commands import options
from kedro_emr.commands.output import (
    duration,
    print_heading,
    print_json,
    print_table,
)
from kedro_emr.drift import Part, stack_drift
from kedro_emr.guardrails import Verdict
from kedro_emr.planning import Plan, Size, make_plan
from kedro_emr.settings import Nodes

EXAMPLES = """\b
Examples:
  kedro emr plan
  kedro emr plan --images 50000000 --deadline 15
  kedro emr plan --images 22688 --allow unencrypted-logs --json
"""


@click.command(epilog=EXAMPLES)
@options.images_option
@options.deadline_option
@options.allow_option
@options.env_option
@options.json_option
def plan(env: str, as_json: bool, **sizing: Any) -> None:
    """Show what would be created, its hours and price, the guardrails.

    Touches nothing. Works without credentials, too: what only an account can tell is
    then named as unknown.
    """
    options.check_deadline(sizing["images"], sizing["deadline"])
    made = make_plan(options.project_settings(env), **sizing)
    parts = _account(made)
    if as_json:
        print_json({**as_data(made), "account": [part._asdict() for part in parts]})
        return
    print_table((), _summary(made))
    if made.sizes:
        _print_sizes(made)
    _print_guardrails(made)
    print_heading("The account beside account.yml")
    print_table(["", "part", "found"], [[p.state, p.name, p.found] for p in parts])
    print_heading("The request")
    text = yaml.safe_dump(
        made.request, default_flow_style=None, sort_keys=False, width=88
    )
    click.echo(text.rstrip())


def _account(made: Plan) -> list[Part]:
    # Who did not answer before is not asked again.
    if made.out_of_reach:
        return [Part("account", "unknown", made.out_of_reach)]
    return stack_drift(made.settings)


def as_data(made: Plan) -> dict[str, Any]:
    """Return a plan as what JSON can say."""
    expected = made.estimate
    return {
        "settings": dataclasses.asdict(made.settings),
        "prices": made.prices and made.prices.source,
        "dollars_per_hour": made.dollars_per_hour,
        "estimate": expected
        and {
            **dataclasses.asdict(expected),
            "hours_to_result": expected.hours_to_result,
            "hours": expected.hours,
            "dollars": expected.dollars,
            "executors": expected.executors,
        },
        "sizes": {
            images: [size._asdict() for size in sizes]
            for images, sizes in made.sizes.items()
        },
        "break_even": made.break_even,
        "guardrails": [dataclasses.asdict(verdict) for verdict in made.verdicts],
        "request": made.request,
    }


def _summary(made: Plan) -> list[tuple[str, str]]:
    settings, expected = made.settings, made.estimate
    pairs = [("cluster", f"{settings.name}, {settings.region}, {settings.release}")]
    pairs += [(nodes.role, _nodes(nodes)) for nodes in settings.groups]
    if made.prices is None or made.dollars_per_hour is None:
        said = f"not known for these nodes in {settings.region}, nor their hours"
        return [*pairs, ("price", said)]
    hour = f"{made.dollars_per_hour:,.2f} $ an hour"
    if expected is None:
        budget = settings.budget.per_run
        lasts = duration(budget / made.dollars_per_hour)
        said = f"{hour}, --images says for how long; {budget:g} $ last {lasts}"
        pairs.append(("price", said))
    else:
        rate = (
            f"{expected.images_per_second:,.0f} a second on {expected.vcpus} vCPUs, "
            f"FRUIT_FEATURES_EXECUTORS={expected.executors}"
        )
        parts = (
            f"{duration(expected.startup_hours)} start, "
            f"{duration(expected.listing_hours)} listing, "
            f"{duration(expected.work_hours)} work"
        )
        idle = duration(expected.idle_hours)
        pairs += [
            ("images", f"{expected.images:,}, {rate}"),
            ("result in", f"{duration(expected.hours_to_result)}: {parts}"),
            ("price", f"{expected.dollars:,.2f} $ with {idle} idle at the end; {hour}"),
        ]
    pairs.append(("prices", f"{made.prices.source}; before tax, spot as on demand"))
    return pairs


def _nodes(nodes: Nodes) -> str:
    market = nodes.market.replace("_", " ")
    return f"{nodes.count} {nodes.instance_type}, {market}, {nodes.volume_gb} GB"


def _print_sizes(made: Plan) -> None:
    print_heading("Hours to the result, and what the cluster costs")
    cores = made.settings.pace.local_cores
    this = made.settings.core.count + made.settings.task.count
    workers = [size.workers for size in next(iter(made.sizes.values()))][1:]
    named = [f"{n} node{'s' * (n > 1)}{', this' * (n == this)}" for n in workers]
    rows = [
        [f"{images:,}", *(_size(size) for size in sizes)]
        for images, sizes in made.sizes.items()
    ]
    print_table(["images", f"{cores} cores here", *named], rows)
    if made.break_even is None:
        click.echo("the cluster is never faster than the machine here")
    else:
        click.echo(f"the cluster is faster from {made.break_even:,} images on")


def _size(size: Size) -> str:
    if not size.workers:
        return duration(size.hours)
    return f"{duration(size.hours)}, {size.dollars:,.2f} $"


def _print_guardrails(made: Plan) -> None:
    print_heading("Guardrails")
    rows = [[each.state, each.name, _said(each)] for each in made.verdicts]
    print_table(["", "guardrail", "found"], rows)
    failed = [verdict for verdict in made.verdicts if verdict.state == "failed"]
    if failed:
        click.echo(f"`kedro emr create` would refuse this: {len(failed)} failed")


def _said(verdict: Verdict) -> str:
    if verdict.state in ("failed", "allowed"):
        return f"{verdict.found}: {verdict.why}; change {verdict.field}"
    return verdict.found
