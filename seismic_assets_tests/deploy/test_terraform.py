"""Terraform's files: what they refer to is there, what they keep is closed and encrypted, and the chart takes it over.

The provider's plugin cannot be had where the tests run, so `terraform validate` cannot; what needs no provider is
Terraform's own: the format, the types and conditions of variables.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from seismic_assets.settings.profiles import ENVIRONMENTS
from seismic_assets_tests.deploy.charts import CHART, NAMESPACE, release, rendered
from seismic_assets_tests.deploy.hcl import TERRAFORM, Block, blocks, of, references

# What a resource must say, by its type; a callable judges.
REQUIRED: dict[str, dict[str, Any]] = {
    "aws_s3_bucket_versioning": {"versioning_configuration": [{"status": "Enabled"}]},
    "aws_s3_bucket_public_access_block": dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
    ),
    "aws_s3_bucket_ownership_controls": {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
    "aws_db_instance": {
        "storage_encrypted": True,
        "publicly_accessible": False,
        "manage_master_user_password": True,
        "backup_retention_period": "${var.backup_days}",
        "deletion_protection": '${var.environment != "dev"}',
        "multi_az": '${var.environment == "prod"}',
    },
    "aws_efs_file_system": {"encrypted": True},
    "aws_kms_key": {"enable_key_rotation": True},
    "aws_eks_cluster": {"encryption_config": lambda said: said[0]["resources"] == ["secrets"]},
    "aws_launch_template": {
        "metadata_options": lambda said: said[0]["http_tokens"] == "required",
        "block_device_mappings": lambda said: said[0]["ebs"][0]["encrypted"] is True,
    },
}


def named(block: Block) -> str:
    return block.address


def test_the_files_are_read() -> None:
    assert len(of("resource")) > 25 and len(of("variable")) > 8 and len(of("output")) == 5


@pytest.mark.parametrize("block", blocks(), ids=named)
def test_what_is_referred_to_is_there(block: Block) -> None:
    known = {each.address for each in blocks()} | {f"local.{name}" for each in of("locals") for name in each.body}

    assert references(block.body) - known == set()


@pytest.mark.parametrize("block", [*of("variable"), *of("data"), *of("resource")], ids=named)
def test_nothing_is_said_for_nobody(block: Block) -> None:
    if block.kind == "resource" or block.address == "data.aws_vpc.main":
        return
    assert any(block.address in references(each.body) for each in blocks() if each is not block)


def test_a_reference_to_nothing_would_be_found() -> None:
    assert references({"policy": '${jsonencode({a = "var.text", b = aws_kms_key.none.arn})}'}) == {"aws_kms_key.none"}
    assert references("${var.x}-${local.y[0]}") == {"var.x", "local.y"}


@pytest.mark.parametrize("block", of("variable"), ids=named)
def test_a_variable_says_what_it_is_and_what_it_may_be(block: Block) -> None:
    assert block.body["description"].endswith(".") and block.body["type"]
    free = {"var.node_type"}  # machines come and go
    assert block.address in free or block.body["validation"]
    assert "password" not in block.address and "secret" not in block.address


@pytest.mark.parametrize("kind", sorted(REQUIRED))
def test_what_is_kept_is_closed_and_encrypted(kind: str) -> None:
    found = of("resource", kind)

    assert found
    for block in found:
        for argument, wanted in REQUIRED[kind].items():
            said = block.body[argument]
            assert wanted(said) if callable(wanted) else said == wanted, f"{block.address}.{argument}"


def test_every_bucket_is_versioned_encrypted_closed_and_tidied() -> None:
    for bucket in of("resource", "aws_s3_bucket"):
        about = {each.labels[0] for each in of("resource") if each.body.get("bucket") == f"${{{bucket.address}.id}}"}
        assert about >= {
            f"aws_s3_bucket_{part}"
            for part in (
                *("versioning", "server_side_encryption_configuration", "public_access_block"),
                *("lifecycle_configuration", "ownership_controls", "policy"),
            )
        }


def test_nothing_is_open_to_the_internet() -> None:
    rules = of("resource", "aws_vpc_security_group_ingress_rule")

    assert rules
    for rule in rules:
        assert "referenced_security_group_id" in rule.body and "cidr_ipv4" not in rule.body
    assert not [each for each in of("resource", "aws_security_group") if {"ingress", "egress"} & set(each.body)]


def test_pods_may_use_the_bucket_and_nothing_else() -> None:
    (policy,) = of("data", "aws_iam_policy_document", "storage")
    actions = {action for statement in policy.body["statement"] for action in statement["actions"]}
    resources = [statement["resources"] for statement in policy.body["statement"]]

    assert not {action for action in actions if "*" in action}
    assert actions & {"s3:DeleteBucket", "s3:DeleteObjectVersion", "s3:PutBucketPolicy"} == set()
    assert references(resources) <= {"aws_s3_bucket.main", "aws_kms_key.main", "local.prefixes"}
    assert all(references(each) for each in resources), "a statement about everything"


def test_providers_are_pinned_and_the_state_of_others_is_not_ours() -> None:
    (terraform,) = of("terraform")
    (providers,) = terraform.body["required_providers"]

    assert re.fullmatch(r">= [\d.]+, < [\d.]+", terraform.body["required_version"])
    assert re.fullmatch(r"~> \d+\.\d+", providers["aws"]["version"])
    assert "backend" not in terraform.body
    assert "# backend" in (TERRAFORM / "versions.tf").read_text()


# What the cloud would say, by the end of the reference; anything else is a word.
_ANSWERS = {"cidr_block}": "10.1.0.0/16", "services_cidr}": "10.1.0.0/16", ".port}": 5432, "var.environment}": "prod"}


def filled(value: Any) -> Any:
    """An output as Terraform would give it, with something in the place of what the cloud says."""
    if isinstance(value, dict):
        return {name: filled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each) for each in value]
    if not isinstance(value, str):
        return value
    known = next((answer for end, answer in _ANSWERS.items() if value.endswith(end)), None)
    return re.sub(r"\$\{[^{}]*\}", "filled", value.strip('"')) if known is None else known


def output(name: str) -> Any:
    (found,) = of("output", name)
    return filled(found.body["value"])


def test_the_chart_takes_the_values_over() -> None:
    values = output("helm_values")
    manifests = rendered(values)

    accounts = {
        each["metadata"]["name"].rpartition("-")[2]: each["metadata"].get("annotations", {})
        for each in manifests
        if each["kind"] == "ServiceAccount"
    }
    assert {name for name, said in accounts.items() if "eks.amazonaws.com/role-arn" in said} == {
        "api",
        "pipeline",
        "run",
    }
    (claim,) = [each for each in manifests if each["kind"] == "PersistentVolumeClaim"]
    assert claim["spec"]["storageClassName"] == output("storage_class")["metadata"]["name"]


def test_the_role_is_of_the_accounts_that_the_chart_makes() -> None:
    (local,) = [each for each in of("locals") if "accounts" in each.body]
    parts = re.search(r'for part in \[([^\]]*)\] : "([^"]*)"', local.body["accounts"]["storage"])
    assert parts is not None
    release_of = next(each.body["default"] for each in of("variable", "release"))
    namespace = next(each.body["default"] for each in of("variable", "namespace"))
    trusted = {
        parts[2].replace("${var.namespace}", namespace).replace("${var.release}", release_of).replace("${part}", part)
        for part in re.findall(r"\w+", parts[1])
    }

    import helm_python

    with helm_python.Chart.load(CHART) as chart:
        text = chart.render({}, name=release_of, namespace=namespace)["seismic-assets/templates/accounts.yaml"]
    made = {f"system:serviceaccount:{namespace}:{name}" for name in re.findall(r"name: (seismic-assets-\w+)\n", text)}
    assert trusted <= made and len(trusted) == 3


def test_kubernetes_takes_the_class_of_the_claim_and_its_owner_is_the_pods_user() -> None:
    said = output("storage_class")

    kubernetes_validate.validate(said, "1.36", strict=True)
    (user,) = {
        each["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
        for each in release("prod")
        if each["kind"] == "Deployment"
    }
    assert said["parameters"]["uid"] == said["parameters"]["gid"] == str(user)


def test_environments_are_those_of_the_settings() -> None:
    (variable,) = of("variable", "environment")

    assert re.findall(r'"(\w+)"', variable.body["validation"][0]["condition"]) == list(ENVIRONMENTS)
    assert NAMESPACE != "default"


def terraform(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Terraform itself, where the machine has it; no registry has a package of it."""
    if shutil.which("terraform") is None:
        pytest.skip("needs terraform, which no package index has")
    settings = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "CHECKPOINT_DISABLE": "1"}
    command = ["terraform", *words]
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False, timeout=120)


def test_terraform_finds_the_files_well_formed() -> None:
    done = terraform("fmt", "-check", "-recursive", "-diff", ".", folder=TERRAFORM)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The variables alone, which need no provider."""
    folder = tmp_path_factory.mktemp("variables")
    for name in ("variables.tf", "example.tfvars"):
        shutil.copy(TERRAFORM / name, folder)
    done = terraform("init", "-backend=false", "-input=false", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_terraform_takes_the_example(variables: Path) -> None:
    done = terraform("plan", "-input=false", "-var-file=example.tfvars", folder=variables)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("environment=qa", "Give dev, staging or prod"),
        ("name=A", "Give 4 to 32 small letters"),
        ("region=north", "Give a region"),
        ("vpc_id=net-1", "Give the id of a VPC"),
        ('private_subnet_ids=["subnet-1"]', "Give two subnets"),
        ('api_allowed_cidrs=["0.0.0.0/0"]', "the whole internet is none"),
        ("kubernetes_version=1.20", "Give 1.27 or later"),
        ("release=other", "Give a name that holds seismic-assets"),
        ("nodes={least=3,most=2}", "the most no less than that"),
        ("database_gb=5", "Give 20 to 10,000 GB"),
        ("backup_days=0", "Give 1 to 35 days"),
    ],
)
def test_terraform_refuses_a_wrong_value_in_our_words(value: str, said: str, variables: Path) -> None:
    done = terraform("plan", "-input=false", "-var-file=example.tfvars", "-var", value, folder=variables)

    assert done.returncode == 1
    assert said in " ".join(done.stderr.replace("│", " ").split())
