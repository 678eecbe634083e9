"""The Celery app: it carries doorbells and calls, nothing that may not be lost.

No result backend, JSON only, and none of Celery's own promises about delivery: the job's record in Redis is the truth
(see `workers.jobs`).
"""

from celery import Celery

from workers.names import PREFIX

RUN_JOB = "darkroom.run"
ANSWER_CALL = "darkroom.call"


def make_celery(redis_url: str) -> Celery:
    """The app for the server at `redis_url`: redis://, rediss:// or unix://."""
    broker = redis_url.replace("unix://", "redis+socket://", 1)
    app = Celery("darkroom", broker=broker, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            # The page must not hang on a server that is away: its notice says so at once.
            "max_retries": 1,
            "interval_start": 0.1,
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
            "socket_keepalive": True,
            "health_check_interval": 5,
            "queue_order_strategy": "priority",
            "global_keyprefix": PREFIX + "celery:",  # reconcile.lua looks at the length of these lists
        },
        task_publish_retry=False,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_redirect_stdouts=False,
    )
    return app
