"""Sends one of each of our events, as if somebody had just read a mail. In your product, call
`source.track` from where things happen."""

import os
import sys
import uuid

from source import Source

WRITE_KEY, URL = os.environ.get("WRITE_KEY"), os.environ.get("HEADWATER_URL")
if not WRITE_KEY or not URL:
    print("set WRITE_KEY and HEADWATER_URL", file=sys.stderr)
    sys.exit(2)
source = Source(WRITE_KEY, URL)

person = {"user_id": "97980cfea0067", "email": "ada@example.com"}
browser = {"ip": "203.0.113.7", "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
mail = {
    "email_id": str(uuid.uuid4()),
    "email_subject": "Spring is here",
    "campaign_id": "campaign-1",
    "campaign_name": "Spring",
}
link = {"link_id": "link-1", "link_url": "https://example.com/spring"}
list_left = {"list_id": "newsletter", "list_name": "Newsletter"}


def cause(what):
    return f"{mail['email_id']}.{what}"


source.track(**person, event="Email Delivered", properties=mail, cause=cause("delivered"))
source.track(**person, **browser, event="Email Opened", properties=mail, cause=cause("opened"))
source.track(
    **person, **browser, event="Email Link Clicked", properties={**mail, **link}, cause=cause("clicked")
)
source.track(
    **person, **browser, event="Unsubscribed", properties={**mail, **list_left}, cause=cause("unsubscribed")
)
source.close()
print("sent 4 messages")
