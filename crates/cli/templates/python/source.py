"""Tells Headwater what happens in our product. Everything that a source has to get right is here."""

import datetime

from segment.analytics.client import Client

# Which tool made a message, and which release of it. The slug is that of the Developer Portal.
INTEGRATION = {"name": "acme-mail", "version": "1.0.0"}


class Source:
    """Sends to one customer's Headwater."""

    def __init__(self, write_key, url):
        """Both are the customer's: the key of their source, and where their Headwater is."""
        self._failures = []
        # The library sends in batches, and again when Headwater is away.
        self._client = Client(
            write_key,
            host=url,
            max_retries=10,
            on_error=lambda error, messages: self._failures.append(error),
        )

    def track(self, user_id, email, event, properties, cause, at=None, ip=None, user_agent=None):
        """Something happened to a person.

        user_id: the customer's own id of the person, as it came to us from the customer; never ours
        event: the Spec's name where the Spec has one
        cause: what names this happening for ever: the same cause is one event, however often we tell
        ip, user_agent: the person's own, when they did it in a browser; never our server's
        """
        context = {"traits": {"email": email}, "integration": INTEGRATION}
        if ip:
            context["ip"] = ip
        if user_agent:
            context["userAgent"] = user_agent
        self._client.track(
            user_id,
            event,
            properties,
            context=context,
            timestamp=at or datetime.datetime.now(datetime.timezone.utc),
            message_id=cause,
        )

    def close(self):
        """Sends what is still waiting. Call it before the process ends."""
        self._client.flush()
        self._client.shutdown()
        if self._failures:
            raise RuntimeError("Headwater did not take everything") from self._failures[0]
