"""A real YARN and an S3 API on this machine, on loopback, to rehearse ``--env emr``.

``make cluster-up`` starts them, ``make cluster-down`` stops them and leaves nothing.
For a machine of one's own: whoever is on it may use both. Not part of the package.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class LocalClusterError(Exception):
    """Something the user can mend; the message says what and how."""
