"""Built figures and other JSON, kept so that the second browser to ask does not wait.

In this process when it serves alone; in Redis when several do, and there as JSON, where the default would pickle.
"""

from cachelib.serializers import JSONSerializer
from flask import Flask
from flask_caching import Cache
from flask_caching.backends.rediscache import RedisCache

from workers import __version__
from workers.engine import Engine
from workers.names import PREFIX

KEEP_SECONDS = 24 * 3600
KEPT_FIGURES = 200


class JsonRedisCache(RedisCache):
    """Flask-Caching's Redis backend without pickle."""

    serializer = JSONSerializer()

    @classmethod
    def factory(cls, app, config, args, kwargs) -> "JsonRedisCache":
        return cls(
            config["CACHE_REDIS_CLIENT"], default_timeout=KEEP_SECONDS, key_prefix=f"{PREFIX}cache:{__version__}:"
        )


def make_cache(server: Flask, engine: Engine, alone: bool) -> Cache:
    """The cache of a page that is served by this process alone, or by several."""
    config = {"CACHE_DEFAULT_TIMEOUT": KEEP_SECONDS, "CACHE_THRESHOLD": KEPT_FIGURES, "CACHE_NO_NULL_WARNING": True}
    if alone:
        config |= {"CACHE_TYPE": "SimpleCache"}
    else:
        config |= {"CACHE_TYPE": "dashboard.cache.JsonRedisCache", "CACHE_REDIS_CLIENT": engine.client}
    return Cache(server, config=config)
