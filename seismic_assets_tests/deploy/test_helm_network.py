"""Who reaches whom by the chart: nothing but what a policy names."""

import pytest

from seismic_assets_tests.deploy.charts import PORTS, Manifest, cases, container_of, one, release, selects


@cases("Deployment")
def test_nothing_comes_in_or_goes_out_that_no_rule_names(case: tuple[str, Manifest]) -> None:
    labels = case[1]["spec"]["template"]["metadata"]["labels"]
    policies = [each for each in release(case[0]) if each["kind"] == "NetworkPolicy" and selects(each, labels)]

    assert [set(each["spec"]["policyTypes"]) for each in policies] == [{"Ingress", "Egress"}] * 2
    for rule in (rule for each in policies for way in ("ingress", "egress") for rule in each["spec"].get(way, [])):
        assert rule["ports"] and (rule.get("from") or rule.get("to")), "a rule without ports or peers lets all through"
        assert all(peer for peer in rule.get("from", rule.get("to")))


@pytest.mark.parametrize(
    ("caller", "called"),
    [
        *(("daemon", "code"), ("page", "code"), ("viewers", "code")),
        *(("code", "mlflow"), ("run", "mlflow"), ("api", "mlflow")),
        ("code", "api"),  # where `seismic deploy --url` looks at the end
    ],
)
def test_who_must_reach_whom_may(caller: str, called: str) -> None:
    def peers(component: str, way: str, ends: str) -> set[tuple[str, int]]:
        return {
            (peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"], port["port"])
            for rule in one("prod", "NetworkPolicy", component)["spec"][way]
            for peer in rule[ends]
            if "podSelector" in peer
            for port in rule["ports"]
        }

    assert (called, PORTS[called]) in peers(caller, "egress", "to")
    assert (caller, PORTS[called]) in peers(called, "ingress", "from")


def test_mlflow_answers_to_the_name_that_the_others_use() -> None:
    address = one("prod", "ConfigMap", "settings")["data"]["MLFLOW_TRACKING_URI"].removeprefix("http://")
    words = container_of(one("prod", "Deployment", "mlflow"))["args"]
    from mlflow.server.security_utils import is_allowed_host_header

    assert is_allowed_host_header(words[words.index("--allowed-hosts") + 1].split(","), address)
    assert not is_allowed_host_header(words[words.index("--allowed-hosts") + 1].split(","), "evil.example.org")
