"""The command line, as scripts written for Envoy use it."""
import json
import re

import jsonschema
import pytest
import yaml

from harness.process import ROOT, Sluice, run

MINIMAL = "static_resources: {}\n"


@pytest.fixture(name="config")
def fixture_config(tmp_path):
    path = tmp_path / "sluice.yaml"
    path.write_text(MINIMAL)
    return str(path)


def test_version_names_commit_build_type_and_libraries():
    done = run(["--version"])
    assert done.returncode == 0
    assert re.match(r"sluice  version: [0-9a-f]{40}/\d+\.\d+\.\d+/(Clean|Modified|Distribution)/", done.stdout)
    for library in ("openssl", "libuv", "nghttp2", "llhttp"):
        assert re.search(rf"\b{library} \d", done.stdout), library


def test_help_names_every_flag_of_the_manual_page():
    page = (ROOT / "packaging/sluice.1").read_text().replace("\\-", "-")
    flags = set(re.findall(r"--[a-z][a-z-]+", page)) - {"--version", "--help"}
    missing = sorted(flag for flag in flags if flag not in run(["--help"]).stdout)
    assert not missing


def test_unknown_flag_is_an_error_with_the_nearest_name(config):
    done = run(["-c", config, "--concurency", "1"])
    assert done.returncode != 0
    assert "--concurency" in done.stderr and "--concurrency" in done.stderr


@pytest.mark.parametrize(
    "flags",
    [
        ["--base-id", "3", "--restart-epoch", "0", "--disable-hot-restart"],
        ["--parent-shutdown-time-s", "5", "--drain-time-s", "7", "--drain-strategy", "immediate"],
        ["--service-cluster", "c", "--service-node", "n", "--service-zone", "z"],
        ["--use-dynamic-base-id", "--skip-hot-restart-on-no-parent", "--socket-mode", "600"],
        ["-l", "debug", "--component-log-level", "upstream:trace,config:off"],
        ["--log-format", "%v", "--file-flush-interval-msec", "100", "--local-address-ip-version", "v6"],
        ["--shutdown-grace-s", "3", "--allow-unknown-static-fields", "--cpuset-threads"],
    ],
    ids=" ".join,
)
def test_flags_of_envoy_scripts_parse(config, flags):
    done = run(["-c", config, "--mode", "validate", *flags])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("flags", [["--mode", "maybe"], ["-l", "loud"], ["--concurrency", "many"], []])
def test_nonsense_is_refused_in_words(flags):
    done = run(flags)
    assert done.returncode != 0 and done.stderr.strip()


def test_config_file_that_is_not_there():
    done = run(["-c", "/nonexistent/sluice.yaml"])
    assert done.returncode == 1 and "/nonexistent/sluice.yaml" in done.stderr


def test_init_only_ends_by_itself(config):
    assert run(["-c", config, "--mode", "init_only"]).returncode == 0


def test_problems_as_json(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("static_resources: {clusterz: []}\nadmn: {}\n")
    done = run(["-c", str(path), "--mode", "validate", "--format", "json"])
    assert done.returncode == 1
    text = json.dumps(json.loads(done.stdout))
    assert "clusterz" in text and "admn" in text and "line" in text


def test_reference_and_schema_come_from_the_declarations():
    reference = run(["--config-reference"]).stdout
    assert "connect_timeout" in reference and "stat_prefix" in reference
    schema = json.loads(run(["--config-schema"]).stdout)
    root = schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    assert "static_resources" in root["properties"] and "$schema" in schema


def test_schema_takes_what_the_parser_takes_and_sees_what_is_wrong():
    schema = json.loads(run(["--config-schema"]).stdout)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    check = validator(schema)
    for path in (*ROOT.glob("config/*.yaml"), *ROOT.glob("config/tutorial/*.yaml")):
        assert not [error.message for error in check.iter_errors(yaml.safe_load(path.read_text()))], path
    for wrong in ({"admn": {}}, {"static_resources": {"clusters": [{"name": []}]}}, {"node": []}):
        assert list(check.iter_errors(wrong)), wrong


def test_reference_has_every_message_of_the_schema():
    schema = json.loads(run(["--config-schema"]).stdout)
    reference = run(["--config-reference"]).stdout
    missing = [name for name in schema["$defs"] if name not in reference]
    assert not missing


def test_a_hundred_megabytes_are_refused_at_once(tmp_path):
    path = tmp_path / "huge.yaml"
    with open(path, "wb") as file:
        file.truncate(100 << 20)
    done = run(["-c", str(path), "--mode", "validate"])
    assert done.returncode == 1 and "huge.yaml" in done.stderr and "16" in done.stderr


@pytest.mark.parametrize("suffix, text", [
    ("yaml", "[" * 10_000 + "]" * 10_000),
    ("yaml", "".join(" " * i + "a:\n" for i in range(2000))),
    ("yaml", "- " * 10_000 + "a"),
    ("json", '{"a":' * 10_000),
    ("json", "[" * 10_000 + "]" * 10_000),
], ids=["flow", "maps", "lists", "objects", "arrays"])  # fmt: skip
def test_deep_nesting_is_refused_with_its_place(tmp_path, suffix, text):
    path = tmp_path / f"deep.{suffix}"
    path.write_text(text)
    done = run(["-c", str(path), "--mode", "validate"])
    assert done.returncode == 1
    assert re.search(rf"deep\.{suffix}:\d+:\d+: .*(deep|nest)", done.stderr), done.stderr[:500]


def test_flags_are_reported_by_server_info(config):
    with Sluice(MINIMAL, args=["--service-cluster", "blue", "--drain-time-s", "11"]) as sluice:
        info = sluice.admin.get("/server_info").json()
    assert info["state"] == "LIVE"
    assert info["command_line_options"]["concurrency"] == 1
    assert info["command_line_options"]["service_cluster"] == "blue"
    assert info["command_line_options"]["drain_time"] == "11s"
    assert re.fullmatch(r"[0-9a-f]{40}/\S+/\S+/\S+/\S+", info["version"])
