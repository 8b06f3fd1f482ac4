"""The command line, as scripts written for Envoy use it."""
import json
import os
import re
import signal

import jsonschema
import pytest
import yaml

from harness import wait
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


# Every flag of Envoy's that scripts pass, with a value it takes there.
ENVOY_FLAGS = """
--concurrency 2
--cpuset-threads
-l debug
--log-level warning
--component-log-level upstream:trace,config:off
--log-format %v
--log-format-escaped
--log-path ./log
--enable-fine-grain-logging
--log-stacktrace-single-entry
--admin-address-path ./admin
--base-id 3
--use-dynamic-base-id
--base-id-path ./base-id
--restart-epoch 0
--disable-hot-restart
--skip-hot-restart-on-no-parent
--skip-hot-restart-parent-stats
--socket-path @envoy_domain_socket
--socket-mode 600
--drain-time-s 7
--drain-strategy immediate
--parent-shutdown-time-s 5
--service-cluster c
--service-node n
--service-zone z
--local-address-ip-version v6
--file-flush-interval-msec 100
--file-flush-min-size-kb 8
--stats-tag a:b
--disable-extensions envoy.filters.http/x
--enable-mutex-tracing
--enable-core-dump
--allow-unknown-static-fields
--allow-unknown-fields
--reject-unknown-dynamic-fields
--ignore-unknown-dynamic-fields
--skip-deprecated-logs
--ignore_rest --whatever
-- --whatever
""".strip().splitlines()


@pytest.mark.parametrize("flag", ENVOY_FLAGS)
def test_flag_of_envoy_scripts_parses(config, flag, tmp_path):
    done = run(["-c", config, "--mode", "validate", *flag.split()], cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_help_names_every_flag_of_envoys():
    text = run(["--help"]).stdout
    missing = [f for f in (line.split()[0] for line in ENVOY_FLAGS) if f not in text and "rest" not in f]
    assert not missing


def test_flags_that_change_nothing_say_so(tmp_path):
    log = tmp_path / "log"
    flags = ["--enable-mutex-tracing", "--socket-mode", "600", "--log-path", str(log)]
    assert run(["--config-yaml", MINIMAL, "--mode", "validate", *flags]).returncode == 0
    for flag in ("--enable-mutex-tracing", "--socket-mode"):
        assert f"{flag} is accepted and changes nothing" in log.read_text()


def test_hot_restart_version_is_printed_and_that_is_all():
    done = run(["--hot-restart-version"])
    assert (done.returncode, done.stdout) == (0, "disabled\n")


@pytest.mark.parametrize(
    "flags",
    [
        ["--mode", "maybe"],
        ["-l", "loud"],
        ["--component-log-level", "upstream"],
        ["--component-log-level", "upstream:loud"],
        ["--concurrency", "many"],
        ["--concurrency", "-1"],
        ["--drain-strategy", "slow"],
        ["--drain-time-s", "soon"],
        ["--local-address-ip-version", "v5"],
        ["--stats-tag", "a"],
        ["--format", "xml"],
        ["stray"],
        ["-c"],
        [],
    ],
    ids=" ".join,
)
def test_nonsense_is_refused_in_words(flags):
    done = run([*flags, "--config-yaml", MINIMAL] if flags not in ([], ["-c"]) else flags)
    assert done.returncode != 0 and done.stderr.strip() and not done.stdout


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


def test_what_the_command_line_says_goes_over_the_file_and_the_overlay():
    base = "node: {id: file, cluster: file, locality: {zone: file}}\nstatic_resources: {}\n"
    overlay = "node: {id: overlay, cluster: overlay}\nstatic_resources: {clusters: [{name: one}]}"
    with Sluice(base, args=["--config-yaml", overlay, "--service-node", "flag"]) as sluice:
        node = sluice.admin.get("/server_info").json()["node"]
        assert (node["id"], node["cluster"], node["locality"]["zone"]) == ("flag", "overlay", "file")
        assert "one::observability_name::one" in sluice.admin.get("/clusters").body
    with Sluice(base, args=["--service-cluster", "c", "--service-zone", "z"]) as sluice:
        node = sluice.admin.get("/server_info").json()["node"]
        assert (node["id"], node["cluster"], node["locality"]["zone"]) == ("file", "c", "z")


@pytest.mark.parametrize("name, good", [("a.yaml", True), ("a.yml", True), ("a.json", True), ("a.pb", False), ("a.pb_text", False)])
def test_the_suffix_says_what_a_file_is(tmp_path, name, good):
    path = tmp_path / name
    path.write_text('{"static_resources": {}}')
    done = run(["-c", str(path), "--mode", "validate"])
    assert (done.returncode == 0) == good
    assert done.stdout == (f"configuration '{path}' OK\n" if good else "")


def test_the_log_goes_where_and_as_it_is_told(tmp_path):
    path = tmp_path / "own.log"
    flags = ["--log-path", str(path), "--log-format", "<%l|%v>", "-l", "error", "--component-log-level", "main:info"]
    with Sluice(MINIMAL, args=flags) as sluice:
        assert path.read_text().startswith("<info|all clusters initialized")
        assert "admin address" not in path.read_text()  # another component
        assert sluice.log() == ""
        # Reopened after a rotation.
        path.rename(tmp_path / "own.log.1")
        sluice.signal(signal.SIGUSR1)
        wait.until(path.exists, "the log is opened again")
        sluice.signal(signal.SIGHUP)
        wait.until(lambda: "SIGHUP" in path.read_text(), "and written")


def test_unknown_fields_may_be_let_pass_and_are_counted():
    text = "static_resources: {clusterz: []}\nadmn: {}\n"
    assert run(["--config-yaml", text, "--mode", "validate"]).returncode == 1
    with Sluice(text, args=["--allow-unknown-static-fields"]) as sluice:
        assert sluice.admin.stat("server.static_unknown_fields") == 2
        assert "clusterz" in sluice.log() and "admn" in sluice.log()


def concurrency(*command: str, args=()) -> int:
    sluice = Sluice(MINIMAL)
    at = sluice.command.index("--concurrency")
    sluice.command = [*command, *sluice.command[:at], *sluice.command[at + 2 :], *args]
    with sluice:
        return sluice.admin.stat("server.concurrency")


def test_workers_are_as_many_as_processors_may_be_used():
    first = str(min(os.sched_getaffinity(0)))
    assert concurrency("taskset", "-c", first) == 1
    assert 1 <= concurrency() <= len(os.sched_getaffinity(0))
    assert concurrency(args=["--concurrency", "3"]) == 3
    assert concurrency(args=["--concurrency", "0"]) == 1  # as Envoy reads it


def test_the_same_flag_twice_is_refused_not_guessed(config):
    done = run(["-c", config, "-c", config, "--mode", "validate"])
    assert done.returncode != 0 and "--config-path" in done.stderr
