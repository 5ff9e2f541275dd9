"""The web server alone: reads the body of a POST and answers the same every time. Nothing on this stack is faster."""

from __future__ import annotations

from flask import Flask, Response, request

ANSWER = (
    '{"digit":7,"confidence":0.999999,"certain":true,"probabilities":'
    '[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.999999,0.0,0.000001],"model":"constant"}'
)

application = Flask(__name__)


@application.post("/predict")
def predict() -> Response:
    """Answer a constant as long as a real answer."""
    request.get_data(cache=False)
    return Response(ANSWER, mimetype="application/json")


@application.get("/health/ready")
def ready() -> Response:
    """Answer that the server is ready."""
    return Response("{}", mimetype="application/json")
