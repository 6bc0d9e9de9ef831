"""32-bit Raspberry Pi OS, for which nobody publishes TVM's runtime: build it from the sources in TVM's wheel."""
