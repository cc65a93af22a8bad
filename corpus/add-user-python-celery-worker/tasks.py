import os

from celery import Celery
from celery.signals import task_success, worker_ready

app = Celery("tasks", broker=os.environ.get("BROKER_URL", "memory://"))


@app.task
def add(x, y):
    return x + y


@worker_ready.connect
def first_task(**kwargs):
    if os.environ.get("RUN_ONCE"):
        add.delay(19, 23)


@task_success.connect
def stop_after_first(result=None, **kwargs):
    if os.environ.get("RUN_ONCE"):
        app.control.shutdown()
