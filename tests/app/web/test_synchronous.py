"""Requests as this app sees them: what Flask would find, found once."""

from __future__ import annotations

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from app.web.synchronous import MAX_KEPT, MAX_KEPT_BYTES, Asked, parse_query


@pytest.mark.parametrize(
    "query",
    (
        "",
        "hand=a-hand-of-the-tests-0",
        "model=robust&explain=1&model=lenet5",
        "a=&b&=c&&d=%C3%A4+%20%zz",
        "hand=%ff%fe",
        "digit=4;hand=1",
        "long=" + "x" * MAX_KEPT_BYTES,
    ),
)
def test_a_query_says_what_it_says_to_flask(query: str) -> None:
    environ = EnvironBuilder(query_string=query).get_environ()
    for _ in range(2):
        found, expected = Asked(environ).args, Request(environ).args
        assert list(found.items(multi=True)) == list(expected.items(multi=True))
        assert type(found) is type(expected)


def test_long_queries_are_not_kept_and_of_short_ones_not_many() -> None:
    parse_query.cache_clear()
    Asked(EnvironBuilder(query_string="x" * (MAX_KEPT_BYTES + 1)).get_environ()).args.get("x")
    assert parse_query.cache_info().currsize == 0
    for number in range(MAX_KEPT + 10):
        Asked(EnvironBuilder(query_string=f"number={number}").get_environ()).args.get("number")
    assert parse_query.cache_info().currsize == MAX_KEPT
