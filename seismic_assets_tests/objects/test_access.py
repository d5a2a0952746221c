from seismic_assets.objects import ObjectAccess


def test_every_client_is_told_what_is_named():
    told: dict[str, str] = {}

    ObjectAccess("http://127.0.0.1:9000", "eu-north-1", "key", "secret").tell(told)

    assert told == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9000",
        "MLFLOW_S3_ENDPOINT_URL": "http://127.0.0.1:9000",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "eu-north-1",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }


def test_what_is_not_named_is_left_as_it_is():
    told = {"AWS_ACCESS_KEY_ID": "of the machine"}

    ObjectAccess().tell(told)

    assert told == {"AWS_ACCESS_KEY_ID": "of the machine"}


def test_an_endpoint_that_the_environment_names_is_told_to_all():
    told = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"}

    ObjectAccess().tell(told)

    assert told["MLFLOW_S3_ENDPOINT_URL"] == "http://127.0.0.1:9000" and told["AWS_ALLOW_HTTP"] == "true"


def test_a_secret_is_not_shown():
    assert "hush" not in repr(ObjectAccess(secret="hush"))
