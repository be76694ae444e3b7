"""Web domains: the host of a URL without a leading `www.`.

`blog.example.org` and `example.org` are two domains: where a registered domain begins is known only
from a list that changes from week to week (publicsuffix.org), and a count that changed with it
would not be the same in the next build.
"""

import pyarrow as pa
import pyarrow.compute as pc

from haybale.quality.urls import Urls

ADDRESS = "address"
"""Group of the hosts that are numbers; no top-level domain has this name."""


def domains_of(urls: Urls) -> pa.Array:
    """string[rows]: lower case, Punycode; empty where there is no URL or it names no host."""
    hosts = pc.fill_null(urls.hosts, "")
    # `www.com` is itself a registered domain.
    return pc.replace_substring_regex(hosts, r"^www\.([^.]+\.)", r"\1")


def top_level_domains(domains: pa.Array) -> pa.Array:
    """string[n]: the last label of each domain, ADDRESS for IP addresses."""
    numbers = pc.match_substring_regex(domains, r"^(\[.*|[0-9.]+)$")
    return pc.if_else(numbers, ADDRESS, pc.replace_substring_regex(domains, r"^.*\.", ""))
