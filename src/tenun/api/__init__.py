"""The node's API over HTTP: routes, headers and streams around `tenun.exchange`. No rule of its own.

Knows Django and gunicorn, and how an answer that breaks off must look. What is allowed, what is signed and what is
logged is decided below, in `exchange.admission`; nothing here opens data by itself.
"""
