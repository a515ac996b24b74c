"""Stand-ins for Fabric's processes, made of the official descriptors and grpcio, for tests without its binaries."""
