// Tells Headwater what happens in our product. Everything that a source has to get right is here.
import { Analytics } from '@segment/analytics-node'

// Which tool made a message, and which release of it. The slug is that of the Developer Portal.
const integration = { name: 'acme-mail', version: '1.0.0' }

export class Source {
  // Both are the customer's: the key that they copied from their source, and where their Headwater is.
  constructor({ writeKey, url }) {
    // The library sends in batches, and again when Headwater is away.
    this.analytics = new Analytics({ writeKey, host: url, maxRetries: 10 })
    this.failures = []
    this.analytics.on('error', (error) => this.failures.push(error))
  }

  // Something happened to a person.
  //   userId    the customer's own id of the person, as it came to us from the customer; never ours
  //   event     the Spec's name where the Spec has one
  //   cause     what names this happening for ever: the same cause is one event, however often we tell
  //   ip, userAgent   the person's own, when they did it in a browser; never our server's
  track({ userId, email, event, properties, cause, at = new Date(), ip, userAgent }) {
    this.analytics.track({
      userId,
      event,
      properties,
      messageId: cause,
      timestamp: at,
      context: { traits: { email }, integration, ...(ip && { ip }), ...(userAgent && { userAgent }) },
    })
  }

  // Sends what is still waiting. Call it before the process ends.
  async close() {
    await this.analytics.closeAndFlush({ timeout: 60_000 })
    if (this.failures.length > 0) throw new Error('Headwater did not take everything', { cause: this.failures[0] })
  }
}
