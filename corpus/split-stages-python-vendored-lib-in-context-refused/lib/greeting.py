text = "vendored greeting"
