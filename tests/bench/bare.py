"""The least that reads digits: FastAPI, uvicorn and LiteRT, and a picture that is only resized.

BENCH_BARE=model.tflite python -m tests.bench.bare
"""

from __future__ import annotations

import io
import os
import socket
from typing import Any

import numpy as np
import uvicorn
from ai_edge_litert.interpreter import Interpreter
from fastapi import FastAPI, Request
from PIL import Image

app = FastAPI()
interpreter = Interpreter(os.environ["BENCH_BARE"], num_threads=1)
interpreter.allocate_tensors()
(taken,) = interpreter.get_input_details()
answered = next(output for output in interpreter.get_output_details() if output["shape"][-1] == 10)


@app.post("/predict")
async def predict(request: Request) -> dict[str, Any]:
    """Answer with the digit of the picture that is the body: dark ink, made small as it is."""
    grey = Image.open(io.BytesIO(await request.body())).convert("L").resize((28, 28))
    interpreter.set_tensor(taken["index"], (1 - np.asarray(grey, np.float32) / 255)[None, ..., None])
    interpreter.invoke()
    probabilities = interpreter.get_tensor(answered["index"])[0].tolist()
    confidence = max(probabilities)
    return {"digit": probabilities.index(confidence), "confidence": confidence, "probabilities": probabilities}


@app.get("/health/ready")
async def ready() -> dict[str, Any]:
    """Answer that the server is ready."""
    return {}


if __name__ == "__main__":
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    print(f"Digits on http://127.0.0.1:{port}", flush=True)  # as the others begin
    workers = max(2, os.cpu_count() or 1)  # as many
    uvicorn.run("tests.bench.bare:app", port=port, workers=workers, access_log=False, loop="uvloop", http="httptools")
