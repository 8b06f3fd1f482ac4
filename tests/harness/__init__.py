"""The process-level test harness: it starts the built sluice, plays its clients and backends over
loopback, and looks at it from outside. Only the standard library and PyYAML; everything is bounded
in time. docs/testing.md says how to use it."""
