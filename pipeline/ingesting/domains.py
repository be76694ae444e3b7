"""Web domains: the host of a URL without a leading `www.`.

`blog.example.org` and `example.org` are two domains: where a registered domain begins is known only
from a list that changes from week to week (publicsuffix.org), and a count that changed with it
would not be the same in the next build.
"""

import pyarrow as pa
import pyarrow.compute as pc

from haybale.quality.urls import Urls

ADDRESS = "IP address"
"""Group of the hosts that are numbers; no top-level domain has a space in its name."""

_HOST = (
    r"^(?:(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}"
    r"|(?:[0-9]{1,3}\.){3}[0-9]{1,3}|\[[0-9a-f:.]{2,45}\])$"
)
_MAX_HOST = 253
"""Characters of a host, and of each of its labels 63: RFC 1035, section 2.3.4."""


def domains_of(urls: Urls) -> pa.Array:
    """string[rows]: lower case, Punycode; empty where there is no URL or it names no host.

    A host is an IP address, or labels of letters, digits, hyphens and underscores with dots between
    them, the last of which begins with a letter. Fields of URLs hold anything: titles, scripts,
    a megabyte of one letter.
    """
    hosts = pc.fill_null(urls.hosts, "")
    # First the length: of a long text the pattern need not be tried.
    hosts = pc.if_else(pc.less_equal(pc.binary_length(hosts), _MAX_HOST), hosts, "")
    hosts = pc.if_else(pc.match_substring_regex(hosts, _HOST), hosts, "")
    # `www.com` is itself a registered domain.
    return pc.replace_substring_regex(hosts, r"^www\.([^.]+\.)", r"\1")


def top_level_domains(domains: pa.Array) -> pa.Array:
    """string[n]: the last label of each domain, ADDRESS for IP addresses."""
    numbers = pc.match_substring_regex(domains, r"^(\[.*|[0-9.]+)$")
    return pc.if_else(numbers, ADDRESS, pc.replace_substring_regex(domains, r"^.*\.", ""))
