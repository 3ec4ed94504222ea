// Sends every kind of call with the Node SDK: node node.mjs <host> <writeKey>
import { Analytics } from '@segment/analytics-node'

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, flushAt: 7 })
analytics.on('error', (error) => {
  console.error(error)
  process.exitCode = 1
})
const userId = 'node-user'
const context = { ip: '203.0.113.7', app: { name: 'Shop "é" 漢字 🎈', build: null } }
analytics.identify({ userId, traits: { email: 'jane@example.com', plan: null, age: 41.5 }, context })
analytics.group({ userId, groupId: 'node-group', traits: { employees: 329 } })
analytics.page({ userId, category: 'Docs', name: 'Index', properties: { url: 'https://example.com/?a=1&b=2' } })
analytics.screen({ anonymousId: 'node-anonymous', name: 'Home' })
analytics.alias({ userId, previousId: 'node-before' })
for (let n = 0; n < 40; n++) {
  analytics.track({
    userId,
    event: `Order Completed ${n % 3}`,
    properties: { n, total: 0.1 + 0.2, products: [{ sku: 'a\u2028b' }, {}], nothing: null },
    timestamp: new Date(Date.now() - 86400000),
    integrations: n % 2 ? { All: true, Salesforce: false } : undefined,
  })
}
await analytics.closeAndFlush()
