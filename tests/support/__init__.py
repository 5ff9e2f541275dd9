"""What tests of several kinds share: drawings, scenes, servers and processes."""
