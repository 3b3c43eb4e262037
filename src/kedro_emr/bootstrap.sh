#!/usr/bin/env bash
# Makes the Python that runs this project on a node: EMR runs this as a bootstrap action
# on every node, `make cluster-up` for the local cluster.
#
#   bootstrap.sh <place> <requirements.lock> <wheel>
#
# Lock and wheel are paths, or s3:// of what the node's role may read. PYTHON names
# another Python than python3.11.
#
# Every node gets all that the project needs, at the versions of the lock and without its
# tools for development. Only the driver loads TensorFlow, but any node may be the
# driver's, and 1.5 GB of disk are cheaper than a second set of packages to keep right.
# PySpark comes along for the driver; the cluster's own Spark stays as it is, and its
# executors use their own: Spark puts it before this Python's packages.
set -euo pipefail

if [ $# != 3 ]; then
  echo "usage: bootstrap.sh <place> <requirements.lock> <wheel>" >&2
  exit 2
fi
place=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() {
  case $1 in
    s3://*) aws s3 cp --only-show-errors "$1" "$work/" ;;
    *) cp -- "$1" "$work/" ;;
  esac
}
fetch "$2"
fetch "$3"
lock=$work/${2##*/}
wheel=$work/${3##*/}

# A place such as /opt is root's, and a bootstrap action is not root.
if ! mkdir -p "$place" 2>/dev/null || ! [ -w "$place" ]; then
  sudo mkdir -p "$place"
  sudo chown "$(id -un)" "$place"
fi

"${PYTHON:-python3.11}" -m venv "$place"
python=$place/bin/python
"$python" -m pip install --quiet --disable-pip-version-check "$(grep '^uv==' "$lock")"
install=("$place/bin/uv" pip install --quiet --python "$python" --constraint "$lock")
# Whoever has installed the lock before has it all at hand.
"${install[@]}" --offline "$wheel" 2>/dev/null || "${install[@]}" "$wheel"

# What workers load, loaded once: it shows that it is all there, and leaves it compiled
# for containers, which may not write here.
"$python" -c 'import fruit_features.workers.daemon'
