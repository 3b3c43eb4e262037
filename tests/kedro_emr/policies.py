"""What policies allow, by the rules that AWS's documentation gives.

moto's own enforcement knows actions and resources, but of conditions only
``StringEquals``, and takes one that does not hold for a denial. So conditions are
judged here, and what is left of a statement by moto's own class.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.iam.access_control import IAMPolicyStatement, PermissionResult

Test = Callable[[str, str], bool]


def _like(pattern: str, value: str) -> bool:
    parts = re.split(r"([*?])", pattern)
    wild = {"*": ".*", "?": "."}
    return bool(re.fullmatch("".join(wild.get(p, re.escape(p)) for p in parts), value))


OPERATORS: dict[str, Test] = {
    "StringEquals": str.__eq__,
    "StringLike": _like,
    "ArnLike": _like,
    "ArnEquals": _like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
}


def allows(
    policies: Iterable[Mapping[str, Any]],
    action: str,
    resource: str = "*",
    context: Mapping[str, str] | None = None,
) -> bool:
    """Tell whether policies together allow something.

    What is denied anywhere is denied; what is allowed nowhere is denied, too.

    Args:
        policies: Documents.
        action: Such as ``s3:GetObject``.
        resource: Its ARN.
        context: Keys of conditions, and what they are in the request.
    """
    results = {
        _judge(statement, action, resource, context or {})
        for policy in policies
        for statement in policy["Statement"]
    }
    return (
        PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results
    )


def _judge(
    statement: Mapping[str, Any],
    action: str,
    resource: str,
    context: Mapping[str, str],
) -> PermissionResult:
    conditions = statement.get("Condition", {})
    if not all(_holds(name, keys, context) for name, keys in conditions.items()):
        return PermissionResult.NEUTRAL
    plain = {k: v for k, v in statement.items() if k != "Condition"}
    return IAMPolicyStatement(plain).is_action_permitted(action, resource)


def _holds(operator: str, keys: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    negated = "Not" in operator
    # An operator that is not known here is an error, not a guess.
    test = OPERATORS[operator.replace("Not", "")]
    for key, wanted in keys.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        # A key that a request does not have matches nothing.
        matches = key in context and any(test(str(v), context[key]) for v in values)
        if matches == negated:
            return False
    return True
