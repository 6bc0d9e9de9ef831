"""The board in a box: a real arm64 userland with the real aarch64 runtimes, under qemu's user-mode emulator."""
