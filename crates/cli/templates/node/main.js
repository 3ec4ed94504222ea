// Sends one of each of our events, as if somebody had just read a mail. In your product, call
// `source.track` from where things happen.
import { randomUUID } from 'node:crypto'
import { Source } from './source.js'

const { WRITE_KEY: writeKey, HEADWATER_URL: url } = process.env
if (!writeKey || !url) {
  console.error('set WRITE_KEY and HEADWATER_URL')
  process.exit(2)
}
const source = new Source({ writeKey, url })

const person = { userId: '97980cfea0067', email: 'ada@example.com' }
const browser = { ip: '203.0.113.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' }
const mail = {
  email_id: randomUUID(),
  email_subject: 'Spring is here',
  campaign_id: 'campaign-1',
  campaign_name: 'Spring',
}
const cause = (what) => `${mail.email_id}.${what}`

source.track({ ...person, event: 'Email Delivered', properties: mail, cause: cause('delivered') })
source.track({ ...person, ...browser, event: 'Email Opened', properties: mail, cause: cause('opened') })
const link = { link_id: 'link-1', link_url: 'https://example.com/spring' }
source.track({
  ...person,
  ...browser,
  event: 'Email Link Clicked',
  properties: { ...mail, ...link },
  cause: cause('clicked'),
})
const list = { list_id: 'newsletter', list_name: 'Newsletter' }
source.track({
  ...person,
  ...browser,
  event: 'Unsubscribed',
  properties: { ...mail, ...list },
  cause: cause('unsubscribed'),
})

await source.close()
console.log('sent 4 messages')
