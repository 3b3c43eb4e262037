import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from cluster import yarn


@pytest.fixture
def site(tmp_path: Path) -> dict[str, str]:
    conf, work = tmp_path / "conf", tmp_path / "a & b"
    page = yarn.write_configuration(conf, work, tmp_path / "logs", 4096)
    properties = ET.parse(conf / "yarn-site.xml").getroot().iter("property")
    found = {p.findtext("name", ""): p.findtext("value", "") for p in properties}
    assert page == f"http://{found['yarn.resourcemanager.webapp.address']}"
    return found


def test_every_address_is_on_loopback_and_no_port_twice(site: dict[str, str]) -> None:
    addresses = [text for name, text in site.items() if name.endswith(".address")]
    hosts, ports = zip(*(text.split(":") for text in addresses), strict=True)
    assert set(hosts) == {"127.0.0.1"}
    fixed = [port for port in ports if port != "0"]
    assert len(fixed) == len(set(fixed)) == 6


def test_folders_are_in_it_whatever_their_names(
    site: dict[str, str], tmp_path: Path
) -> None:
    assert site["yarn.nodemanager.local-dirs"] == str(tmp_path / "a & b" / "local")
    assert site["yarn.nodemanager.resource.memory-mb"] == "4096"
    assert site["yarn.nodemanager.vmem-check-enabled"] == "false"


def test_no_node_where_nobody_answers() -> None:
    assert yarn.running_nodes("http://127.0.0.1:9") == 0
