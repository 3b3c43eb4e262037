"""The reference: tables made from the configuration and the code, at every build.

``docs/hooks.py`` puts each where a page says ``<!-- made: NAME -->``.
"""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import click
from diagrams import imports
from kedro.config import OmegaConfigLoader
from kedro.pipeline.node import Node

from fruit_features.cli import cli
from fruit_features.pipeline_registry import register_pipelines
from fruit_features.pipelines.reporting.fields import FIELDS, REASONS
from fruit_features.resolvers import OTHER_VARIABLES, SETTINGS
from fruit_features.settings import CONFIG_LOADER_ARGS
from kedro_emr.guardrails import GUARDRAILS
from kedro_emr.prices import price_table, priced_regions, table_prices

PROJECT = Path(__file__).parents[1]
CONF = PROJECT / "conf"


class Entry(NamedTuple):
    """A name of a YAML file, and the comment before it.

    Attributes:
        name: Dotted, such as ``reduction.components``.
        value: What the line itself says; empty for a group.
        comment: The lines before it that begin with ``#``, as one.
        section: The last ``# --- heading ---`` before it.
    """

    name: str
    value: str
    comment: str
    section: str


def entries(text: str) -> Iterator[Entry]:
    """Read the names of a YAML file, with what the comments say of them."""
    above: list[str] = []
    comment: list[str] = []
    section = ""
    for line in text.splitlines():
        if heading := re.match(r"# --- (.+?) -+$", line):
            section, comment = heading[1], []
        elif said := re.match(r" *# ?(.*)", line):
            comment.append(said[1])
        elif found := re.match(r"( *)([\w@]+):(?: +(.*))?$", line):
            above[len(found[1]) // 2 :] = [found[2]]
            name = ".".join(above)
            yield Entry(name, found[3] or "", " ".join(comment), section)
            comment = []
        else:
            comment = []


def table(header: str, rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table of Markdown; the header's cells are parted by ``|``."""
    names = header.split("|")
    lines = [names, ["---"] * len(names), *rows]
    # A cell is one line, however it was written.
    return "\n".join(" ".join(f"| {' | '.join(line)} |".split()) for line in lines)


def code(text: str | None) -> str:
    """Set text as code, whatever it holds, or nothing for nothing."""
    return f"<code>{escape(text).replace('|', '&#124;')}</code>" if text else ""


def catalog() -> str:
    """Every entry of the catalog: what, where, who writes and reads it."""
    arguments: dict[str, Any] = CONFIG_LOADER_ARGS
    loader = OmegaConfigLoader(str(CONF), **arguments)
    loaded = loader["catalog"]
    sections: dict[str, list[tuple[str, ...]]] = {}
    for entry in entries((CONF / "base" / "catalog.yml").read_text()):
        if entry.name not in loaded or entry.name.startswith("_"):
            continue
        kind, place = _dataset(loaded[entry.name])
        what = f"{entry.comment}<br>" if entry.comment else ""
        where = code(place).replace("/", "/<wbr>").replace("</<wbr>", "</")
        row = code(entry.name), f"{what}{kind}<br>{where}", _nodes_of(entry.name)
        sections.setdefault(entry.section or "images", []).append(row)
    header = "entry|what, class, place|made by → used by"
    return "\n\n".join(
        f"### {name}\n\n{table(header, rows)}" for name, rows in sections.items()
    )


def _dataset(declared: dict[str, Any]) -> tuple[str, str]:
    inner = declared.get("dataset")
    if isinstance(inner, dict):
        return _dataset(inner)
    place = declared.get("filepath") or declared.get("path") or "memory"
    if isinstance(declared.get("features"), dict):
        place = "a view of other entries"
    return declared["type"].rsplit(".", 1)[-1], str(place)


def _nodes_of(name: str) -> str:
    nodes = [node for pipeline in _pipelines() for node in pipeline.nodes]
    made = [_node(node) for node in nodes if name in node.outputs]
    used = [_node(node) for node in nodes if name in node.inputs]
    return f"{', '.join(made)} → {', '.join(used)}"


def _node(node: Node) -> str:
    return code(node.short_name.removesuffix("_node"))


def _pipelines() -> list[Any]:
    registered = register_pipelines()
    return [pipeline for name, pipeline in registered.items() if name != "__default__"]


def parameters() -> str:
    """Every parameter, its default and what the comment says of it."""
    parts = []
    for file in sorted((CONF / "base").glob("parameters_*.yml")):
        found = list(entries(file.read_text()))
        for group in (entry for entry in found if "." not in entry.name):
            rows = [
                (code(entry.name), code(entry.value), entry.comment)
                for entry in found
                if entry.name.startswith(f"{group.name}.")
            ]
            rows_table = table("parameter|default|meaning", rows)
            parts.append(f"### {group.name}\n\n{group.comment}\n\n{rows_table}")
    return "\n\n".join(parts)


def cluster() -> str:
    """Every setting of a cluster, its value and what the comment says of it."""
    text = (CONF / "emr" / "cluster.yml").read_text()
    rows = [
        (code(entry.name), code(entry.value), entry.comment) for entry in entries(text)
    ]
    return table("setting|as it is|meaning", rows)


def guardrails() -> str:
    """Every guardrail: what it is for and what to change."""
    rows = [(code(g.name), g.why, g.field) for g in GUARDRAILS]
    return table("guardrail|why|what to change", rows)


def prices() -> str:
    """What nodes cost an hour, EC2 and EMR together, in the project's table."""
    regions = priced_regions()
    types = list(table_prices("eu-west-1").nodes)
    rows = [
        (code(name), *(_hour(name, region) for region in regions)) for name in types
    ]
    return table("|".join(["an hour, $", *regions]), rows)


def _hour(name: str, region: str) -> str:
    node = table_prices(region).nodes.get(name)
    return f"{node.ec2 + node.emr:.3f}" if node else ""


def price_sources() -> str:
    """Where the figures of the table come from, as it says itself."""
    said = price_table()["sources"]
    return "\n".join(f"- {code(name)}: {source}" for name, source in said.items())


def pipelines() -> str:
    """Every node, by pipeline, with the first line of its docstring."""
    rows = [
        (
            code(min(node.tags)),
            _node(node),
            (node.func.__doc__ or "").strip().splitlines()[0],
        )
        for pipeline in _pipelines()
        for node in pipeline.nodes
    ]
    return table("pipeline|node|what it does", rows)


def commands() -> str:
    """The project's commands of ``kedro``, with their options."""
    return "\n\n".join(_command("kedro", cli))


def _command(path: str, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if inner := command.get_command(context, name):
                yield from _command_page(f"{path} {name}", inner)
                yield from _command(f"{path} {name}", inner)


def _command_page(path: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    yield f"### {path}\n\n{command.help or ''}\n\n`{usage}`"
    records = [option.get_help_record(context) for option in command.params]
    # Arguments are in the usage, and have no words of their own.
    rows = [(code(names), said) for names, said in filter(None, records) if said]
    if rows:
        yield table("option|meaning", rows)


def targets() -> str:
    """The Makefile's targets that say what they do, as ``make help`` does."""
    text = (PROJECT / "Makefile").read_text()
    found = re.findall(r"^([a-z0-9-]+):.*## (.+)$", text, re.M)
    return table("command|what it does", [(code(f"make {n}"), s) for n, s in found])


def settings() -> str:
    """The variables that configuration reads, their defaults, what they mean."""
    text = "\n".join(file.read_text() for file in sorted(CONF.glob("*/*.yml")))
    found = re.findall(r"\$\{setting:(\w+)(?:,([^}]*))?\}", text)
    needed = {name for name, default in found if not default}
    said = {
        # Quotes of nothing: only clusters ask for it.
        name: code(default.strip("'")) or "none: see `kedro emr plan`"
        for name, default in found
    } | dict.fromkeys(needed, "none: it must be set")
    rows = [(code(name), meaning, said[name]) for name, meaning in SETTINGS.items()]
    return table("variable|meaning|default", rows)


def other_variables() -> str:
    """The variables of Java, Spark, Hadoop and AWS that are read besides."""
    rows = [(code(name), meaning) for name, meaning in OTHER_VARIABLES.items()]
    return table("variable|meaning", rows)


def report_fields() -> str:
    """What ``run_report`` holds."""
    return table("field|meaning", [(code(n), said) for n, said in FIELDS.items()])


def quarantine_reasons() -> str:
    """Why images are in ``quarantine``."""
    return table("reason|the file", [(code(n), said) for n, said in REASONS.items()])


def packages() -> str:
    """List the packages with the first sentence of each one's docstring."""
    rows = []
    for package in sorted(imports()):
        said = inspect.getdoc(importlib.import_module(package)) or ""
        rows.append((code(package), said.split("\n\n")[0]))
    return table("package|what is in it", rows)


MADE: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (
        catalog,
        parameters,
        cluster,
        guardrails,
        prices,
        price_sources,
        pipelines,
        commands,
        targets,
        settings,
        other_variables,
        report_fields,
        quarantine_reasons,
        packages,
    )
}
