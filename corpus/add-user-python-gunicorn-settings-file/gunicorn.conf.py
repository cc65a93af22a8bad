# gunicorn reads this file where it starts, without any option
bind = ["0.0.0.0:8000"]
accesslog = "/var/log/shop/access.log"
errorlog = "/var/log/shop/error.log"
pidfile = "gunicorn.pid"
