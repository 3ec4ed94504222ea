// A filter as people make one: a slip in its condition, a look at what it would do, and what it stops afterwards.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { barriers, browserOf, complaints, expect, test } from './fixtures'
import { pause, send } from './headwater.mjs'

const ws = 'shop'

let receiver: Server
interface Message {
  type: string
  event: string
  userId: string
  properties?: Record<string, unknown>
}
/** What the destination got, in its order. */
const received: Message[] = []
test.beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      received.push(JSON.parse(body))
      response.writeHead(200).end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
})
test.afterAll(async () => {
  receiver.close()
  await once(receiver, 'close')
})

test('a filter is made, previewed, and stops what it is about', async ({ browser, headwater }) => {
  const { customer, url } = headwater
  const { source } = await customer.post(
    '/sources',
    { metadataId: 'http-api', slug: 'pings', name: 'Pings' },
    { ws },
  )
  const { destination } = await customer.post(
    '/destinations',
    {
      sourceId: source.id,
      metadataId: 'webhook',
      name: 'Agency',
      enabled: true,
      settings: { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}` },
    },
    { ws },
  )
  const fares = () =>
    customer.get(`/destinations/${destination.id}/delivery`, { ws }).then(
      (answer) => answer.destination,
      () => undefined,
    )
  for (let tries = 0; tries < 200 && (await fares())?.state !== 'active'; tries += 1) await pause(50)
  const track = (event: string, at: number) => ({ type: 'track', event, userId: `user_${at}` })
  await send(url, source.writeKeys[0], [track('Ping', 1), track('Ping', 2), track('Order Completed', 3)])
  for (let tries = 0; tries < 200 && (await fares())?.delivered !== 3; tries += 1) await pause(50)
  expect(received.map(({ event }) => event).sort()).toEqual(['Order Completed', 'Ping', 'Ping'])
  /** Sends until the destination got `wanted` of a fresh message: until then the filter before may hold. */
  let fresh = 10
  const gets = async (event: string, wanted: (message: Message) => boolean) => {
    for (let tries = 0; tries < 100; tries += 1) {
      fresh += 1
      await send(url, source.writeKeys[0], [track(event, fresh)])
      const mine = () => received.find(({ userId }) => userId === `user_${fresh}`)
      for (let waits = 0; waits < 10 && !mine(); waits += 1) await pause(50)
      if (mine() && wanted(mine()!)) return
    }
    throw new Error(`${event} never came as wanted: ${JSON.stringify(received.slice(-3))}`)
  }

  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const found = complaints(page)
  const looked = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [360, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        const file = `filters-${name}.${colorScheme}.${width}.png`
        await page.screenshot({ path: join(import.meta.dirname, 'screenshots', file), fullPage: true })
      }
      expect(await barriers(page), colorScheme).toEqual([])
    }
  }

  await test.step('a slip in the condition is shown where it is', async () => {
    await page.goto(`/w/${ws}/destinations/${destination.id}/filters`)
    await page.getByRole('link', { name: 'New filter' }).click()
    await page.getByLabel('Title').fill('No pings')
    await page.getByLabel('If', { exact: true }).fill("event == 'Ping'")
    await page.getByRole('button', { name: 'Preview', exact: true }).click()
    await expect(page.locator('mark')).toHaveText("== 'Ping'")
    await expect(page.getByText('Write = to ask whether two values are the same.')).toBeVisible()
    await looked('slip')
  })

  await test.step('the preview counts, and shows before and after', async () => {
    await page.getByLabel('If', { exact: true }).fill("event = 'Ping'")
    await page.getByRole('button', { name: 'Preview', exact: true }).click()
    const preview = page.getByRole('status').filter({ hasText: 'looked at' })
    await expect(preview).toContainText(/looked at\s*3/)
    await expect(preview).toContainText(/are not sent\s*2/)
    await page.getByLabel('Send a share of them, or change them').check()
    await page.getByLabel('What to do').selectOption('SET_VALUES')
    await page.getByLabel('Field 1: name').fill('kind')
    await page.getByLabel('Field 1: value').fill('ping')
    await page.getByRole('button', { name: 'Preview', exact: true }).click()
    await expect(preview).toContainText(/go on changed\s*2/)
    await expect(page.getByRole('region', { name: 'After, message 1' })).toContainText('"kind": "ping"')
    await looked('preview')
  })

  await test.step('saved, it keeps messages back, and the overview says so', async () => {
    await page.getByLabel('Do not send them').check()
    await page.getByRole('button', { name: 'Create filter' }).click()
    const list = page.getByRole('table', { name: 'Filters' })
    await expect(list.getByRole('row', { name: /No pings/ })).toContainText('does not send them')
    await looked('list')
    // Until the data plane knows of it, pings go out: those sent later than that do not.
    const filtered = async () => {
      await send(url, source.writeKeys[0], [track('Ping', 4)])
      await pause(100)
      return (await fares())?.discarded > 0
    }
    for (let tries = 0; tries < 100 && !(await filtered()); tries += 1);
    await expect.poll(async () => (await fares())?.pending).toBe(0)
    received.length = 0
    await send(url, source.writeKeys[0], [track('Ping', 5), track('Order Completed', 6), track('Ping', 7)])
    await expect.poll(() => received.length).toBe(1)
    await expect.poll(async () => (await fares())?.pending).toBe(0)
    expect(received).toMatchObject([{ event: 'Order Completed', userId: 'user_6' }])
    await page.goto(`/w/${ws}/destinations/${destination.id}/delivery`)
    await page.getByRole('button', { name: 'Filtered at destination' }).click()
    const reasons = page.getByRole('list', { name: 'Reasons' })
    await expect(reasons).toContainText('FILTERED_BY_RULES')
    await expect(reasons).toContainText('No pings')
  })

  await test.step('changed, it sends them with what it sets', async () => {
    await page.getByRole('link', { name: 'Filters' }).click()
    await page.getByRole('link', { name: 'No pings' }).click()
    await page.getByLabel('Send a share of them, or change them').check()
    await page.getByLabel('What to do').selectOption('SET_VALUES')
    await page.getByLabel('Field 1: name').fill('kind')
    await page.getByLabel('Field 1: value').fill('ping')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(
      page.getByRole('table', { name: 'Filters' }).getByRole('row', { name: /No pings/ }),
    ).toContainText('sets properties.kind')
    await gets('Ping', ({ properties }) => properties?.kind === 'ping')
    // What it is not about goes on as it came.
    await gets('Order Completed', ({ properties }) => properties === undefined)
  })

  await test.step('it sends only them', async () => {
    await page.getByRole('link', { name: 'No pings' }).click()
    await page.getByLabel('Send only them').check()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(
      page.getByRole('table', { name: 'Filters' }).getByRole('row', { name: /No pings/ }),
    ).toContainText('sends only those within')
    await gets('Ping', ({ properties }) => properties === undefined)
    await expect.poll(async () => (await fares())?.pending).toBe(0)
    received.length = 0
    await send(url, source.writeKeys[0], [track('Order Completed', 8), track('Ping', 9)])
    await expect.poll(() => received.length).toBe(1)
    await expect.poll(async () => (await fares())?.pending).toBe(0)
    expect(received).toMatchObject([{ event: 'Ping', userId: 'user_9' }])
  })

  await test.step('it is switched off, and deleted', async () => {
    await page.getByRole('switch', { name: 'Filter No pings' }).click()
    await expect(page.getByRole('switch', { name: 'Filter No pings' })).toHaveText('Off')
    await gets('Order Completed', () => true)
    await page.getByRole('link', { name: 'No pings' }).click()
    await expect(page.getByLabel('If', { exact: true })).toHaveValue("event = 'Ping'")
    await page.getByRole('button', { name: 'Delete filter' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await expect(page.getByRole('heading', { name: 'No filters' })).toBeVisible()
  })
  expect(found).toEqual([])
  await context.close()
})
