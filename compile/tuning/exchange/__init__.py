"""Records in the files of TVM's own tuners, there and back."""
