//! A `libnvidia-ml.so.1` for tests, which answers from a recording.
