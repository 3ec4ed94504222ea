"""Sends every kind of call with the Python SDK: python.py <host> <writeKey>"""
import datetime
import sys

import segment.analytics as analytics

analytics.host, analytics.write_key = sys.argv[1:3]
analytics.gzip = True
failures = []
analytics.on_error = lambda error, items: failures.append(error)
user = "python-user"
analytics.identify(user, {"email": "joe@example.com", "born": datetime.date(1990, 1, 2), "plan": None})
analytics.group(user, "python-group", {"name": "Größe"})
analytics.page(user, "Docs", "Index", {"url": "https://example.com/"})
analytics.screen(user, "App", "Home", {"big": 12345678901234567890})
analytics.alias("python-before", user)
for n in range(40):
    when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=n)
    analytics.track(user, f"Song Played {n % 3}", {"n": n, "rate": 1e-7}, timestamp=when,
                    context={"ip": "203.0.113.8"}, integrations={"All": True})
analytics.flush()
analytics.shutdown()
sys.exit(f"failed: {failures}" if failures else 0)
