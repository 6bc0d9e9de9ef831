"""Training, one recipe a file: `python -m tilewright.models.training.lenet5 --help`."""
