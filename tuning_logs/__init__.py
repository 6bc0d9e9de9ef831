"""The tuning records that ship: `<target>/*.jsonl`, keyed by workload, target and TVM version."""
