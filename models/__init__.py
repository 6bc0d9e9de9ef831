"""The models: the zoo, the data they are evaluated on, and their training.  Knows nothing of TVM."""
