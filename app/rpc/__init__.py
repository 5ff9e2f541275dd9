"""The Open Inference Protocol over gRPC: a process of its own, which asks the app as HTTP does. Needs grpcio."""
